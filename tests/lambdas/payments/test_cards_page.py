"""Tests that the pages about card data say what the search does: each example of each table is searched."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from payments.card_data import is_card_number
from payments.privacy import refusal

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "cards" / "forms.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its two head lines."""
    section = PAGE[PAGE.index(f"## {heading}\n") :].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def examples(heading: str) -> list[Any]:
    found = [pytest.param(json.loads(row[1].strip("`")), id=row[0]) for row in rows(heading)]
    assert found
    return found


@pytest.mark.parametrize("value", examples("What is found"))
def test_what_the_page_says_is_found_is_found(value: object) -> None:
    assert refusal({"metadata": {"x": value}}) == "card_data"


@pytest.mark.parametrize("value", examples("What is not found"))
def test_what_the_page_says_is_not_found_is_not_found(value: object) -> None:
    assert refusal({"metadata": {"x": value}}) is None


@pytest.mark.parametrize("value", examples("What is taken for something else"))
def test_what_the_page_takes_for_something_else_passes(value: object) -> None:
    assert refusal({"metadata": {"x": value}}) is None


def with_luhn_s_digit(digits: str) -> str:
    total = sum(sum(divmod(int(each) * (2 if place % 2 == 0 else 1), 10)) for place, each in enumerate(digits[::-1]))
    return digits + str(-total % 10)


def numbers(text: str) -> list[int]:
    """Return the numbers that "4, 51 to 53" names."""
    spans = re.findall(r"(\d+)(?: to (\d+))?", text)
    return [number for first, last in spans for number in range(int(first), int(last or first) + 1)]


ISSUED = {
    (str(first), length)
    for row in rows("What a card number is")
    for first in numbers(row[0])
    for length in numbers(row[1])
}


@pytest.mark.slow
def test_the_page_has_the_table_of_first_digits_and_lengths() -> None:
    wrong = []
    for first in map(str, range(1000, 10_000)):
        for length in range(12, 20):
            digits = with_luhn_s_digit(first.ljust(length - 1, "7"))
            said = any((first[:size], length) in ISSUED for size in range(1, 5))
            if is_card_number(digits) != said:
                wrong.append(digits)
    assert wrong == []


def test_as_many_hidden_forms_are_missed_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[3] / "benchmarks"))
    forms = importlib.import_module("hidden_cards").FORMS
    missed = [name for name, value in forms if refusal({"metadata": {"form": value}}) != "card_data"]
    said = re.search(r"Of (\d+) hidden forms .* (\d+)\nare missed now", (DOCS / "cards.md").read_text(encoding="utf-8"))
    assert said is not None
    assert (len(forms), len(missed)) == (int(said[1]), int(said[2])), missed
