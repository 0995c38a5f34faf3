"""A report as SARIF 2.1.0, which code scanning services read (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from payflow_cfn.lint.findings import Explanation, Finding, Report
from payflow_cfn.lint.line_index import line_numbers, nearest_line

_LEVELS = {"error": "error", "warning": "warning", "informational": "note"}


def sarif_log(report: Report, rendered: Mapping[str, str], *, folder: str = "") -> dict[str, Any]:
    """One run with a descriptor of every rule; file addresses are relative, below `folder` (a relative path).

    `rendered` holds the texts that were checked, by file name: lines are counted in them.
    """
    found = {each.file for each in report.findings} & set(rendered)
    lines = {name: line_numbers(rendered[name], name) for name in found}
    ids = sorted(report.rules)
    prefix = "" if folder in ("", ".") else f"{folder.replace(chr(92), '/').rstrip('/')}/"
    results = [
        _result(each, ids, address=quote(prefix + each.file), line=nearest_line(lines.get(each.file, {}), each.path))
        for each in report.findings
    ]
    driver = {"name": "payflow_cfn", "rules": [_descriptor(key, report.rules[key]) for key in ids]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _descriptor(key: str, why: Explanation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": key,
        "shortDescription": {"text": why.short or key},
        "fullDescription": {"text": why.full or why.short or key},
    }
    return {**found, "helpUri": why.url} if why.url else found


def _result(finding: Finding, ids: list[str], *, address: str, line: int) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": address, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": line}}
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
    }
