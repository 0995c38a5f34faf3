"""cfn-lint over a whole set, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from payflow_cfn.check.finding import Finding


def lint_folder(folder: Path, *, region: str) -> list[Finding]:
    """Every match of cfn-lint, informational rules included; nested templates are followed by their local paths.

    W3002 (a path that only `package` can turn into a location) is what every set is before it is packaged.
    """
    from cfnlint.config import ConfigMixIn
    from cfnlint.runner import Runner

    names = [str(each) for each in sorted(folder.glob("*.json")) if each.name != "manifest.json"]
    config = ConfigMixIn(
        [], templates=names, regions=[region], include_checks=["I"], ignore_checks=["W3002"], configure_rules={}
    )
    return [
        Finding(
            file=Path(match.filename).name,
            path="/".join(map(str, getattr(match, "path", None) or [])),
            rule=match.rule.id,
            severity=match.rule.severity,
            message=match.message,
        )
        for match in Runner(config).run()
        if not _only_one_partition(match)
    ]


def _only_one_partition(match: Any) -> bool:
    """cfn-lint knows a service integration's ARN in the partition aws only, and warns of a correct one elsewhere."""
    return match.rule.id == "W1031" and ":states:::" in match.message
