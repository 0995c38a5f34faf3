"""What our own table of regions says of a set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from payflow_cfn.check.findings import Finding
from payflow_cfn.check.templates import ParsedSet
from payflow_cfn.regions import missing_features


def features_exist(templates: ParsedSet, regions: Sequence[str]) -> Iterator[Finding]:
    """PF060: the region has what the set uses.

    cfn-lint knows which resource types a region has, but not which properties a service honours there.
    """
    for region in regions:
        for each in missing_features(templates.templates, region):
            severity = "error" if each.feature.certain else "warning"
            yield Finding("PF060", severity, f"{each.stack}.json", each.path, each.text)
