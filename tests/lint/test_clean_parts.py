"""The list of templates that cfn-lint need not check again."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint.cfn_lint import lint_templates
from payflow_cfn.lint.clean_parts import FILE, clean_reports, part_hash
from payflow_cfn.lint.parts import parts
from payflow_cfn.stacks.render import build_set

PARTS = parts(parse_set(build_set(Settings()).templates))


def test_it_is_the_list_of_the_shipped_set() -> None:
    """`PYTHONPATH=src python docs/tables.py` writes it."""
    known = json.loads(Path(FILE).read_text())
    assert known["parts"] == sorted(map(part_hash, PARTS.values()))
    assert known["cfn-lint"] == version("cfn-lint")


@pytest.mark.slow
def test_cfn_lint_finds_every_one_of_them_clean_but_for_what_a_day_brings() -> None:
    found = [each for report in lint_templates(PARTS, regions=["us-east-1"]).values() for each in report.findings]
    assert [each for each in found if each.rule != "W2531"] == []


def test_another_text_region_or_release_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert set(clean_reports(PARTS, ["us-east-1"])) == set(PARTS)
    assert clean_reports(PARTS, ["eu-west-1"]) == {}
    changed = {name: {**files, name: files[name] + "\n"} for name, files in PARTS.items()}
    assert clean_reports(changed, ["us-east-1"]) == {}
    other = tmp_path / "list.json"
    other.write_text(json.dumps({**json.loads(Path(FILE).read_text()), "cfn-lint": "1.0.0"}))
    monkeypatch.setattr("payflow_cfn.lint.clean_parts.FILE", str(other))
    assert clean_reports(PARTS, ["us-east-1"]) == {}
