"""The page of threats names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parents[1]


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", (TOP / "docs" / "threats" / "who.md").read_text())
    assert len(named) > 20
    sources = "\n".join(path.read_text() for path in (TOP / "tests").rglob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in sources] == []


def test_every_threat_has_a_test() -> None:
    rows = re.findall(r"^\| (?!who|---)(.+) \|$", (TOP / "docs" / "threats" / "who.md").read_text(), re.MULTILINE)
    assert rows
    assert [row for row in rows if "`test_" not in row.split(" | ")[-1]] == []
