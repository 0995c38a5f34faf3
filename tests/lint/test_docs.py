"""docs/lint.md says what the rules say."""

from __future__ import annotations

from pathlib import Path

from payflow_cfn.lint.cloudformation_validate import NOT_HEEDED
from payflow_cfn.lint.rules import explanations

PAGE = (Path(__file__).parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")


def test_the_page_has_every_rule_with_its_reason_and_no_other() -> None:
    told = [line for line in PAGE.splitlines() if line.startswith("| PF")]
    assert told == [f"| {key} | {why.full} |" for key, why in explanations().items()]


def test_the_page_names_what_the_faster_validator_says_in_vain() -> None:
    assert f"({', '.join(NOT_HEEDED)})" in PAGE
