"""A scanner passes over exactly what we say, where we say it, and docs/security.md gives the same reasons."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.lint_suppressions import REASONS
from payflow_cfn.stacks.render import build_set

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def skipped(settings: Settings) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in build_set(settings).templates.values():
        resources: dict[str, Any] = json.loads(text)["Resources"]
        for logical, resource in resources.items():
            if skips := resource.get("Metadata", {}).get("checkov", {}).get("skip"):
                found[logical] = {each["id"]: each["comment"] for each in skips}
    return found


def test_only_the_functions_pass_over_anything_and_each_with_its_reason() -> None:
    assert skipped(Settings()) == {"ValidationFunction": dict(REASONS), "ProcessingFunction": dict(REASONS)}


@pytest.mark.parametrize(
    ("settings", "check"),
    [(Settings(vpc=True), "CKV_AWS_117"), (Settings(reserved_concurrency=True), "CKV_AWS_115")],
)
def test_what_a_setting_gives_is_not_passed_over(settings: Settings, check: str) -> None:
    assert all(check not in each and len(each) == len(REASONS) - 1 for each in skipped(settings).values())


def test_the_page_lists_the_same_reasons() -> None:
    rows = re.findall(r"^\| (CKV_\w+) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert dict(rows) == dict(REASONS)
