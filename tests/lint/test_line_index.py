"""Lines of places in a JSON text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from payflow_cfn.aws.parsed_set import walk
from payflow_cfn.lint.line_index import line_numbers, nearest_line

TEXT = """{
  "Outputs": {
    "A": {"Value": {"Fn::Join": [
      "{,}:\\"[",
      ["b", 1.5e3, null]
    ]}}
  },

  "Resources": {}
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 1),
        ("Outputs", 2),
        ("Outputs/A/Value/Fn::Join", 3),
        ("Outputs/A/Value/Fn::Join/0", 4),
        ("Outputs/A/Value/Fn::Join/1/2", 5),
        ("Resources", 9),
    ],
)
def test_line_of_a_place(path: str, line: int) -> None:
    assert line_numbers(TEXT, "a.json")[path] == line


def test_place_that_is_not_there_is_the_nearest_around_it() -> None:
    lines = line_numbers(TEXT, "a.json")
    assert nearest_line(lines, "Outputs/A/Value/Fn::Join/7/Properties") == 3
    assert nearest_line(lines, "Nowhere/B") == 1
    assert nearest_line({}, "Resources") == 1


_VALUES: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=12,
)


@given(_VALUES, some.sampled_from([None, 2]))
def test_every_place_of_every_document_is_found(value: Any, indent: int | None) -> None:
    found = line_numbers(json.dumps(value, indent=indent, ensure_ascii=False), "a.json")
    assert set(found) == {path.removeprefix("/") for path, _ in _walked(value)}


def _walked(value: Any, path: str = "") -> list[tuple[str, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(one for key, each in pairs for one in _walked(each, f"{path}/{key}"))]


def test_paths_are_those_of_the_rules() -> None:
    assert set(line_numbers(TEXT, "a.json")) == {path for path, _ in walk(json.loads(TEXT))}


LOOPS = """Transform: AWS::LanguageExtensions
Resources:
  Plain: {Type: A}
  Fn::ForEach::Outer:
    - X
    - [a, b]
    - Fn::ForEach::Inner:
        - Y
        - [c]
        - Topic${X}&{Y}:
            Type: B
            Properties:
              Name: x
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("Resources/Plain/Type", 3),
        ("Resources/Topicac/Properties/Name", 13),
        ("Resources/Topicbc/Metadata", 10),
        ("Resources/Topic", 2),
        ("Outputs/Topicac", 1),
    ],
)
def test_what_a_loop_makes_has_the_line_of_its_body(path: str, line: int) -> None:
    assert nearest_line(line_numbers(LOOPS, "a.yaml"), path) == line
