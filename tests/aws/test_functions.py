"""The functions of templates, on what is known and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.functions import call, find_in_map, substitute
from payflow_cfn.aws.values import Call, Pseudo, Text, shown

REGION = Pseudo("AWS::Region")


def test_a_substitution_of_known_values_is_plain_text() -> None:
    assert substitute("a-${X}-${!Y}", {"X": 5}.__getitem__) == "a-5-${Y}"


def test_a_substitution_of_one_symbol_is_that_symbol() -> None:
    assert substitute("${X}", {"X": REGION}.__getitem__) is REGION


def test_a_substitution_keeps_what_is_unknown() -> None:
    found = substitute("a-${X}", {"X": REGION}.__getitem__)
    assert found == Text(("a-", REGION))
    assert shown(found) == "a-${AWS::Region}"


@pytest.mark.parametrize(
    ("name", "argument", "wanted"),
    [
        ("Fn::Join", ["-", ["a", 1, True]], "a-1-true"),
        ("Fn::Join", ["-", ["a", REGION]], Text(("a-", REGION))),
        ("Fn::Join", ["-", REGION], Call("Fn::Join", ["-", REGION])),
        ("Fn::Join", [REGION, ["a", "b"]], Call("Fn::Join", [REGION, ["a", "b"]])),
        ("Fn::Select", [1, ["a", "b"]], "b"),
        ("Fn::Select", ["1", ["a", "b"]], "b"),
        ("Fn::Select", [2, ["a", "b"]], Call("Fn::Select", [2, ["a", "b"]])),
        ("Fn::Split", [",", "a,b"], ["a", "b"]),
        ("Fn::Split", [",", REGION], Call("Fn::Split", [",", REGION])),
        ("Fn::Base64", "a", "YQ=="),
        ("Fn::Length", [1, 2], 2),
        ("Fn::Length", REGION, Call("Fn::Length", REGION)),
        ("Fn::Base64", REGION, Call("Fn::Base64", REGION)),
        ("Fn::ToJsonString", {"a": 1}, '{"a":1}'),
        ("Fn::ToJsonString", {"a": REGION}, Call("Fn::ToJsonString", {"a": REGION})),
        ("Fn::GetAZs", "", Call("Fn::GetAZs", "")),
        ("Fn::Join", "wrong", Call("Fn::Join", "wrong")),
    ],
)
def test_a_function_gives_its_value_or_stays(name: str, argument: Any, wanted: Any) -> None:
    assert call(name, argument) == wanted


def test_a_map_is_looked_up_by_known_keys() -> None:
    mappings = {"M": {"a": {"b": "c"}}}
    assert find_in_map(mappings, ["M", "a", "b"]) == "c"
    assert isinstance(find_in_map(mappings, ["M", "x", "b"]), Call)
    assert isinstance(find_in_map(mappings, ["M", REGION, "b"]), Call)
