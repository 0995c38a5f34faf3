"""examples/frontdoor: its own tests pass, it is short, and its page shows its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from example_project import LINES, length, run_tests, shown

NAME = "frontdoor"


@pytest.mark.local
@pytest.mark.slow
def test_its_own_tests_pass(tmp_path: Path) -> None:
    assert "5 passed" in run_tests(NAME, tmp_path)


def test_it_is_short_and_its_page_shows_its_code() -> None:
    assert length(NAME) < LINES
    assert shown(NAME) == []
