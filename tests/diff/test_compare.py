"""Where two values differ."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as some

from payflow_cfn.aws.values import ABSENT, Pseudo, Text
from payflow_cfn.diff.compare import Difference, differences, same

SCALARS = some.booleans() | some.integers() | some.text(max_size=5)
VALUES = some.recursive(
    SCALARS, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=4), inner, max_size=4)
)


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert list(differences(value, copy.deepcopy(value))) == []
    assert list(differences(value, copy.deepcopy(value), typed=True)) == []


@given(VALUES, VALUES)
@pytest.mark.slow
def test_values_differ_somewhere_exactly_when_they_are_not_the_same(one: Any, other: Any) -> None:
    assert (list(differences(one, other)) == []) is same(one, other)


@given(VALUES, VALUES)
@example([[], False], [{}, False, []])
def test_the_other_way_round_before_and_after_are_swapped(one: Any, other: Any) -> None:
    there = [(each.before, each.after) for each in differences(one, other)]
    back = [(each.after, each.before) for each in differences(other, one)]
    assert sorted(map(repr, there)) == sorted(map(repr, back))


@given(some.dictionaries(some.text(max_size=4), SCALARS, min_size=1), some.data())
def test_one_change_in_a_map_is_one_difference(value: dict[str, Any], data: some.DataObject) -> None:
    key = data.draw(some.sampled_from(sorted(value)))
    new = data.draw(SCALARS)
    assume(not same(value[key], new))
    assert list(differences(value, {**value, key: new})) == [Difference((key,), value[key], new)]


@pytest.mark.parametrize(("one", "other"), [(5, "5"), (True, "true"), (2.0, "2"), (False, "false")])
def test_a_scalar_is_the_text_that_cloudformation_makes_of_it(one: Any, other: Any) -> None:
    assert list(differences(one, other)) == []
    assert len(list(differences(one, other, typed=True))) == 1


def test_tags_are_found_by_key_in_any_order() -> None:
    one = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    other = [{"Key": "b", "Value": "3"}, {"Key": "a", "Value": "1"}]
    assert list(differences(one, other, path=("Tags",))) == [Difference(("Tags", "[Key=b]", "Value"), "2", "3")]


def test_the_order_of_a_key_schema_is_a_difference() -> None:
    one = [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}]
    assert [each.path for each in differences(one, one[::-1], path=("KeySchema",))] == [("KeySchema",)]


def test_an_item_put_in_front_is_one_difference() -> None:
    one = [{"a": {"x": 1}}, {"b": {"y": 2}}]
    other = [{"c": {"z": 3}}, *one]
    assert list(differences(one, other)) == [Difference(("[0]",), ABSENT, {"c": {"z": 3}})]
    assert list(differences(other, one)) == [Difference(("[0]",), {"c": {"z": 3}}, ABSENT)]


def test_a_list_of_scalars_differs_as_a_whole() -> None:
    assert list(differences(["a", "b"], ["a"], path=("x",))) == [Difference(("x",), ["a", "b"], ["a"])]


def test_json_in_a_text_is_looked_into() -> None:
    region = Pseudo("AWS::Region")
    one, other = (Text(('{"region": "', region, f'", "widgets": [{{"x": {number}}}]}}')) for number in (1, 2))
    assert list(differences(one, other, path=("Body",))) == [Difference(("Body", "widgets", "[0]", "x"), 1, 2)]


def test_a_symbol_is_not_the_text_that_it_is_shown_as() -> None:
    assert len(list(differences(Pseudo("AWS::Region"), "${AWS::Region}"))) == 1
