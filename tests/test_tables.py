"""The tables of the pages that follow from the code are what docs/tables.py makes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
MADE = runpy.run_path(str(DOCS / "tables.py"))
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "made by docs/tables.py" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_s_tables_are_those_of_the_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == MADE["made"](text)


def test_every_table_is_in_a_page() -> None:
    found = [found[1] for path in PAGES for found in MADE["BLOCK"].finditer(path.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(MADE["BLOCKS"])
