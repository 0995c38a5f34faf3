"""The pages of lint say what the rules say."""

from __future__ import annotations

import re
from pathlib import Path

from payflow_cfn.lint.cloudformation_validate import NOT_HEEDED
from payflow_cfn.lint.ours import OURS_ALONE
from payflow_cfn.lint.rules import explanations

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "lint" / "rules.md").read_text(encoding="utf-8")


def test_a_rule_that_names_its_source_has_its_address() -> None:
    found = explanations()
    assert found["PF006"].url == ""
    assert found["PF080"].url.startswith("https://docs.aws.amazon.com/AWSCloudFormation/")
    assert [key for key, why in found.items() if bool(why.url) != ("https://" in why.full)] == []


def test_every_rule_has_an_example_of_both_sides() -> None:
    page = (DOCS / "lint" / "examples.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| [")]
    assert [name for name, *_ in rows] == [f"[{key}](rules.md#{key.lower()})" for key in explanations()]
    assert all(wrong.strip("`") and right.strip("`") and wrong != right for _, wrong, right in rows)


def test_the_page_names_the_rules_that_hold_for_our_sets_alone() -> None:
    listed = PAGE.partition("these rules report nothing: ")[2].partition(". ")[0]
    assert re.findall(r"PF\d+", listed) == sorted(OURS_ALONE)


def test_the_page_names_what_the_faster_validator_says_in_vain() -> None:
    assert f"({', '.join(NOT_HEEDED)})" in (DOCS / "lint" / "speed.md").read_text(encoding="utf-8")
