"""The projects of examples/: their own tests pass, they are short, and their pages show their code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from example_project import LINES, NAMES, length, run_tests, shown


# docs/tutorial has a step with a function and a gateway of one's own; the suite goes through it.
@pytest.mark.local
@pytest.mark.whole
@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(name: str, tmp_path: Path) -> None:
    last = run_tests(name, tmp_path).splitlines()[-1]
    assert re.fullmatch(r"[0-9]+ passed in [0-9.]+s.*", last), "none is skipped"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_and_its_page_shows_its_code(name: str) -> None:
    assert length(name) < LINES
    assert shown(name) == []
