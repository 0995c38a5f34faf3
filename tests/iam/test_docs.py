"""docs/access/wildcards.md says the reasons that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from payflow_cfn.iam import WILDCARDS

PAGE = (Path(__file__).parents[2] / "docs" / "access" / "wildcards.md").read_text(encoding="utf-8")


def test_the_wildcards_are_the_tables() -> None:
    rows = re.findall(r"^\| ([a-z0-9]+:\w+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert dict(rows) == dict(WILDCARDS)
