"""A whole check: cfn-lint together with our own rules, from texts and from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet, read_set
from payflow_cfn.lint import Finding, lint_set, report


@pytest.mark.slow
def test_shipped_set_is_clean(shipped: dict[str, str]) -> None:
    # One check of all four: the linter takes as long for one region.
    regions = ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"]
    assert lint_set(TemplateSet(shipped), regions=regions) == []


@pytest.mark.slow
def test_folder_is_read(shipped: dict[str, str], tmp_path: Path) -> None:
    for name, text in shipped.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    found = read_set(tmp_path, verify=False)
    assert found.templates == shipped
    assert report(found, checker="cloudformation_validate").findings == ()


def test_finding_is_one_line() -> None:
    finding = Finding("PF001", "error", "root.json", "Resources/A", "two\nlines")
    assert str(finding) == "root.json:Resources/A: PF001 error: two lines"
