"""Report features that a region lacks, from our own table of regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.regions import missing_features
from payflow_cfn.lint.findings import Finding


def features_exist(templates: ParsedSet, regions: Sequence[str]) -> Iterator[Finding]:
    """PF060: the region has the features that the set uses.

    cfn-lint knows the resource types of a region, but not the properties that a service supports there.
    Each finding says where its fact is from.
    """
    for region in regions:
        for each in missing_features(templates.templates, region):
            severity = "error" if each.feature.certain else "warning"
            yield Finding("PF060", severity, templates.file(each.stack), each.path, each.text)
