"""A whole check: cfn-lint together with our own rules, from texts and from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.check import Finding, check_folder, check_templates
from payflow_cfn.errors import FilesError


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_shipped_set_is_clean(shipped: dict[str, str], region: str) -> None:
    assert check_templates(shipped, regions=[region]) == []


def test_folder_is_read(shipped: dict[str, str], tmp_path: Path) -> None:
    for name, text in shipped.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    assert check_folder(tmp_path) == []


def test_folder_without_templates_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"no root\.json"):
        check_folder(tmp_path)


def test_finding_is_one_line() -> None:
    finding = Finding("PF001", "error", "root.json", "Resources/A", "two\nlines")
    assert str(finding) == "root.json:Resources/A: PF001 error: two lines"


def test_the_other_files_of_a_set_are_passed_over(shipped: dict[str, str]) -> None:
    """`render_set` gives the manifest and the bills of materials as well."""
    assert check_templates({**shipped, "manifest.json": "{}", "sbom/validation.cdx.json": "{}"}) == []
