"""Markdown for a pull request: nothing of a template is read as Markdown, and it is never too long."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from payflow_cfn.diff import AccessChange, Change, Effect, InterfaceChange, PropertyChange, ResourceChange
from payflow_cfn.diff.markdown import LONGEST, Block, code, document, markdown
from payflow_cfn.text import safe

TABLE = "AWS::DynamoDB::Table"


def resource(
    name: str = "A", effect: Effect = Effect.NO_INTERRUPTION, after: str = "b", **more: object
) -> ResourceChange:
    change = PropertyChange(("Properties", "Name"), "a", after, effect)
    return ResourceChange((name,), TABLE, "modify", effect, properties=(change,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "`a` ```b",
        "a|b",
        "a\\|b",
        "<script>&amp;<!--",
        "@team",
        "#123",
        "a\nb",
        "_a_ *b* ~c~",
        "[a](b)",
        "http://x www.y.z",
    ],
)
def test_nothing_of_a_template_is_read_as_markdown(text: str) -> None:
    made = code(text)
    inside = made.removeprefix("<code>").removesuffix("</code>")
    entities = re.sub(r"&#[0-9]+;", "", inside)
    assert not re.search(r"[`|<>&@#_*~\[\]\\\n]|://|www\.", entities)
    assert html.unescape(inside) == safe(text)


@given(some.text())
@example("\u0130\u0131\u017f\u212a")  # letters that are i, s or k when case is ignored
def test_any_text_is_shown_as_it_is(text: str) -> None:
    made = code(text)
    assert made.isascii()
    assert html.unescape(made.removeprefix("<code>").removesuffix("</code>")) == safe(text)


def test_no_difference_is_one_line() -> None:
    assert markdown([]) == "## no differences\n"
    hidden = resource(only="Condition On is true")
    assert markdown([hidden]).startswith("## no differences with the values at hand\n")


def test_the_headline_is_first_then_risks_then_the_rest() -> None:
    changes: list[Change] = [
        InterfaceChange("output", "O", "removed", "x", None, breaking=True),
        resource("A", Effect.REPLACES, stateful=True, losses=("lost",)),
        AccessChange((), "who", "who may now a:B", True),
    ]
    made = markdown(changes)
    assert made.startswith("## 1 replaced\n")
    titles = re.findall("^### (.*)", made, re.MULTILINE)
    assert titles == ["Data at risk", "Taken away", "Access", "Parameters and outputs", "Resources"]
    assert "details" not in made


def test_many_resources_are_folded_and_risks_never_are() -> None:
    changes = [resource(f"T{number}", Effect.REPLACES, stateful=True) for number in range(20)]
    made = markdown(changes)
    assert "<details><summary>Resources (20)</summary>\n\n| | resource | change |\n|---|---|---|\n" in made
    assert "### Data at risk" in made
    assert made.count("<details>") == made.count("</details>") == 1


def test_what_only_another_value_shows_says_so() -> None:
    made = markdown([resource(), resource("B", only="Condition A|B is true")])
    assert "### Resources, only where <code>Condition A&#124;B is true</code>" in made


def test_a_row_has_three_cells_whatever_is_in_it() -> None:
    made = markdown([resource("A|B", after="x|y\nz")])
    (row,) = [line for line in made.splitlines() if line.startswith("| <code>")]
    assert row.count("|") == 4


@pytest.mark.parametrize("count", [1, 400, 3000])
def test_a_comment_is_never_too_long_and_says_what_is_left_out(count: int) -> None:
    changes = [resource(f"T{number}", after="\u00e9|" * 60) for number in range(count)]
    made = markdown(changes)
    assert len(made.encode()) <= LONGEST
    rows = sum(line.startswith("| <code>") for line in made.splitlines())
    left = re.search(r"^(\d+) lines are left out", made, re.MULTILINE)
    assert rows + (int(left[1]) if left else 0) == count
    assert (left is None) is (count == 1)
    assert all(line.endswith(" |") for line in made.splitlines() if line.startswith("| <code>"))
    assert made.count("<details>") == made.count("</details>")


@given(some.lists(some.text(min_size=1, max_size=300), min_size=1, max_size=40), some.integers(400, 3000))
def test_any_document_fits_and_is_closed(texts: list[str], longest: int) -> None:
    rows = tuple(f"- {code(each)}\n" for each in texts)
    made = document("a", [Block("One", rows, is_folded=True), Block("Two", rows)], longest=longest)
    assert len(made.encode()) <= longest
    assert made.count("<details>") == made.count("</details>")
    assert all(
        line in ("", "</details>") or line.startswith(("- <code>", "<details>", "#")) or "left out" in line
        for line in made.splitlines()
    )


def test_a_resource_with_very_many_properties_is_cut() -> None:
    changes = tuple(PropertyChange(("Properties", f"P{each}"), 1, 2, Effect.NO_INTERRUPTION) for each in range(40))
    made = markdown([ResourceChange(("A",), TABLE, "modify", Effect.NO_INTERRUPTION, properties=changes)])
    assert "and 15 more" in made
