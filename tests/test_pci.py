"""The page of PCI DSS names tests and files that exist, and says of each requirement what is the team's."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parents[1]
PAGE = (TOP / "docs" / "pci.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| \d", line)]


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert len(named) > 10
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (TOP / "tests").rglob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in sources] == []


def test_every_file_that_it_names_exists() -> None:
    named = re.findall(r"(?:src|tests)/[\w/.]*\w", PAGE)
    assert named
    assert [name for name in named if not (TOP / name).exists()] == []


def test_every_requirement_says_how_what_shows_it_and_what_is_left() -> None:
    assert len(ROWS) > 10
    assert [row[0] for row in ROWS if len(row) != 4 or not all(row)] == []
