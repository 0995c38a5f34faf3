"""What the parameters' values hide is told all the same, with where it holds."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from payflow_cfn.diff import Effect, InterfaceChange, ResourceChange, diff_sets, text

from .conftest import Templates, properties

PARAMETERS = {"Flag": {"Type": "String", "Default": "off"}, "Size": {"Type": "String", "Default": "1"}}
CONDITIONS = {
    "On": {"Fn::Equals": [{"Ref": "Flag"}, "on"]},
    "Big": {"Fn::Equals": [{"Ref": "Size"}, "9"]},
    "Both": {"Fn::And": [{"Condition": "On"}, {"Condition": "Big"}]},
}


def root(topic: Any = "a", *, condition: str = "", conditions: Any = None, **more: Any) -> Templates:
    """A set of one topic with this display name."""
    made = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": topic}}
    made |= {"Condition": condition} if condition else {}
    found = {"Parameters": PARAMETERS, "Conditions": {**CONDITIONS, **(conditions or {})}, "Resources": {"A": made}}
    return {"root.json": {**found, **more}}


def either(name: str, yes: Any, no: Any) -> dict[str, Any]:
    return {"Fn::If": [name, yes, no]}


def where(old: Templates, new: Templates, **values: str) -> dict[str, str]:
    """{action: where it holds} of the topic's changes."""
    changes = diff_sets(old, new, old_parameters=values, new_parameters=values, hidden=True)
    return {each.action: each.only for each in changes if isinstance(each, ResourceChange)}


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (root("a", condition="On"), root("b", condition="On"), {"modify": "Condition On is true"}),
        (root("a", condition="Both"), root("b", condition="Both"), {"modify": "Condition Both is true"}),
        (root(either("On", "a", "c")), root(either("On", "b", "c")), {"modify": "Condition On is true"}),
        (
            root(either("On", either("Big", "a", "c"), "c")),
            root(either("On", either("Big", "b", "c"), "c")),
            {"modify": "Condition On is true and Condition Big is true"},
        ),
        (
            root(either("Big", "a", "c"), condition="On"),
            root(either("Big", "b", "c"), condition="On"),
            {"modify": "Condition On is true and Condition Big is true"},
        ),
        (root("a"), root(either("On", "b", "a")), {"modify": "Condition On is true"}),
        (root("1"), root({"Ref": "Size"}), {"modify": "Size has another value"}),
        (
            root("a", condition="On"),
            root("a", condition="Big"),
            {"remove": "Condition On is true", "add": "Condition Big is true"},
        ),
        (root("a", condition="On"), root("a"), {"add": ""}),
        (
            root("a", condition="On", conditions={}),
            root("a", condition="Same", conditions={"Same": CONDITIONS["On"]}),
            {},
        ),
    ],
)
def test_a_change_that_needs_another_value_says_which(old: Templates, new: Templates, wanted: dict[str, str]) -> None:
    assert where(old, new) == wanted


def test_a_condition_is_decided_by_the_value_that_is_given() -> None:
    old, new = root(either("On", "a", "x")), root(either("On", "b", "y"))
    changed = [
        [(each.properties[0].after, each.only) for each in diff_sets(old, new, hidden=True, **values)]  # type: ignore[arg-type, union-attr]
        for values in ({}, {"old_parameters": {"Flag": "on"}, "new_parameters": {"Flag": "on"}})
    ]
    assert changed == [
        [("y", ""), ("b", "Condition On is true")],
        [("b", ""), ("y", "Condition On is false")],
    ]


def test_a_value_that_is_handed_into_a_nested_stack_is_followed() -> None:
    def nested(value: str) -> Templates:
        child = {
            "Parameters": {"Name": {"Type": "String"}, "Flag": {"Type": "String"}},
            "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Flag"}, "yes"]}},
            "Resources": {
                "T": {"Type": "AWS::SNS::Topic", "Condition": "Wanted", "Properties": {"TopicName": {"Ref": "Name"}}}
            },
        }
        given = {"Name": either("On", value, "z"), "Flag": {"Ref": "Size"}}
        stack = {"TemplateURL": "./child.json", "Parameters": given}
        made = {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": stack}}
        return {"root.json": root()["root.json"] | {"Resources": made}, "child.json": child}

    (change,) = diff_sets(nested("a"), nested("b"), hidden=True)
    assert isinstance(change, ResourceChange)
    assert (change.path, change.effect) == (("Child", "T"), Effect.REPLACES)
    assert set(change.only.split(" and ")) == {"Condition On is true", "Condition Child/Wanted is true"}


def test_a_condition_that_asks_something_else_is_told_with_what_hangs_on_it() -> None:
    other = {"On": {"Fn::Equals": [{"Ref": "Flag"}, "yes"]}}
    changes = diff_sets(root(condition="On"), root(condition="On", conditions=other), hidden=True)
    asked = [each for each in changes if isinstance(each, InterfaceChange)]
    assert [(each.kind, each.name) for each in asked] == [("condition", "On")]
    assert {each.only for each in changes if each not in asked} == {
        "Condition On of the old set is true",
        "Condition On of the new set is true",
    }


def test_a_mapping_of_another_key_is_told() -> None:
    def made(value: str) -> Templates:
        topic = {"Fn::FindInMap": ["Names", {"Ref": "Size"}, "name"]}
        return root(topic, Mappings={"Names": {"1": {"name": "a"}, "9": {"name": value}}})

    mapping, topic = diff_sets(made("b"), made("c"), hidden=True)
    assert isinstance(mapping, InterfaceChange)
    assert (mapping.kind, mapping.name) == ("mapping", "Names")
    assert isinstance(topic, ResourceChange)
    (found,) = topic.properties
    assert (found.path[-1], found.before, found.after) == ("[Names.9.name]", "b", "c")
    assert topic.only == "a parameter has another value"


def test_a_parameter_that_is_empty_at_hand_is_named_where_its_condition_is_turned() -> None:
    def made(topic: str) -> Templates:
        conditions = {"Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]}}
        found = root({"Fn::Sub": topic}, condition="Named", conditions=conditions)
        found["root.json"]["Parameters"] = {**PARAMETERS, "Name": {"Type": "String", "Default": ""}}
        return found

    (change,) = diff_sets(made("a/${Name}"), made("b/${Name}"), hidden=True)
    assert isinstance(change, ResourceChange)
    assert [(each.before, each.after) for each in change.properties] == [("a/${Name}", "b/${Name}")]


def test_a_change_at_hand_is_not_listed_again_with_the_name_of_an_empty_parameter() -> None:
    def made(topic: str) -> Templates:
        conditions = {"Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]}}
        other = {"B": {"Type": "AWS::SNS::Topic", "Condition": "Named", "Properties": {"DisplayName": topic}}}
        found = root({"Fn::Sub": f"{topic}/${{Name}}"}, conditions=conditions)
        found["root.json"]["Parameters"] = {**PARAMETERS, "Name": {"Type": "String", "Default": ""}}
        found["root.json"]["Resources"] |= other
        return found

    changes = diff_sets(made("a"), made("b"), hidden=True)
    assert [each.path for each in changes if isinstance(each, ResourceChange)] == [("A",), ("B",)]


def test_an_output_of_a_false_condition_is_told() -> None:
    def made(value: str) -> Templates:
        return root(Outputs={"O": {"Condition": "On", "Value": value}})

    (change,) = diff_sets(made("a"), made("b"), hidden=True)
    assert isinstance(change, InterfaceChange)
    assert (change.name, change.only) == ("O", "Condition On is true")


def test_without_being_asked_only_the_values_at_hand_count() -> None:
    assert diff_sets(root("a", condition="On"), root("b", condition="On")) == []


@pytest.mark.slow
def test_what_is_told_already_is_not_told_again(shipped: Templates) -> None:
    new = copy.deepcopy(shipped)
    properties(new, "storage", "TransactionsTable")["TableName"] = "other"
    properties(new, "functions", "ProcessingFunction")["Timeout"] = 17
    assert diff_sets(shipped, new, hidden=True) == diff_sets(shipped, new)


@pytest.mark.slow
def test_no_resource_changes_unseen(shipped: Templates) -> None:
    """Whatever the condition that it hangs on."""
    new = copy.deepcopy(shipped)
    stacks = {
        name: each["Properties"]["TemplateURL"].removeprefix("./")
        for name, each in new["root.json"]["Resources"].items()
    }
    changed = set()
    for stack, file in stacks.items():
        for name, made in new[file]["Resources"].items():
            made.setdefault("Properties", {})["Changed"] = "yes"
            changed.add((stack, name))
    found = diff_sets(shipped, new, hidden=True)
    assert {each.path for each in found if isinstance(each, ResourceChange)} == changed
    hidden = {each.path[1] for each in found if isinstance(each, ResourceChange) and each.only}
    assert {"GatewaySecret", "GatewaySecretPolicy"} <= hidden


def test_a_hidden_change_stands_below_where_it_holds() -> None:
    lines = text(diff_sets(root("a", condition="On"), root("b", condition="On"), hidden=True)).splitlines()
    assert lines[0] == "no differences with the values at hand"
    assert "only where Condition On is true:" in lines
    assert '          DisplayName: "a" -> "b"' in lines
