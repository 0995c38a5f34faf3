"""The page of cases has every case once, and each is held by tests that exist and are run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TOP = Path(__file__).parents[1]
ROWS = re.findall(r"^\| (O\d\d) \| (.+) \| (.+) \|$", (TOP / "docs" / "cases.md").read_text(), re.MULTILINE)
NAMED = [(case, name) for case, _, tests in ROWS for name in re.findall(r"`(\w+)`", tests)]


def defined() -> set[str]:
    sources = [path.read_text() for path in (TOP / "tests").rglob("test_*.py")]
    return {name for text in sources for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)}


def test_every_case_is_there_once_and_in_order() -> None:
    assert [case for case, _, _ in ROWS] == [f"O{number:02}" for number in range(1, 39)]


def test_every_case_is_one_sentence_and_has_tests_alone() -> None:
    assert [case for case, says, _ in ROWS if says.count(". ") or not says.endswith(".")] == []
    assert [case for case, _, tests in ROWS if re.sub(r"`test_\w+`", "", tests).strip(", ")] == []
    assert min(Counter(case for case, _ in NAMED)[case] for case, _, _ in ROWS) >= 3


def test_every_test_that_the_page_names_exists() -> None:
    found = defined()
    assert len(found) > 1000
    assert [(case, name) for case, name in NAMED if name not in found] == []


def test_no_test_that_the_page_names_is_left_out_of_the_run() -> None:
    names = {name for _, name in NAMED}
    skipped = re.compile(r"@pytest\.mark\.(?:skip|xfail)\w*(?:\(.*\))?\n(?:@.*\n)*def (test_\w+)\(")
    texts = [path.read_text() for path in (TOP / "tests").rglob("test_*.py")]
    assert names & {name for text in texts for name in skipped.findall(text)} == set()
