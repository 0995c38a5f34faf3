"""A whole check: cfn-lint together with our own rules, from texts and from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet, read_set
from payflow_cfn.lint import Finding, lint_set


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_shipped_set_is_clean(shipped: dict[str, str], region: str) -> None:
    assert lint_set(TemplateSet(shipped), regions=[region]) == []


def test_folder_is_read(shipped: dict[str, str], tmp_path: Path) -> None:
    for name, text in shipped.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    assert lint_set(read_set(tmp_path, verify=False)) == []


def test_finding_is_one_line() -> None:
    finding = Finding("PF001", "error", "root.json", "Resources/A", "two\nlines")
    assert str(finding) == "root.json:Resources/A: PF001 error: two lines"
