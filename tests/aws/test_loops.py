"""Loops of AWS::LanguageExtensions are written out where their list is known, and stay one entry where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.loops import not_looked_into
from payflow_cfn.aws.parsed_set import parse_set, unread
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.template import StackSource
from payflow_cfn.aws.values import ABSENT
from payflow_cfn.errors import CheckError

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}


def scope(template: dict[str, Any], **given: str) -> Scope:
    extended = {"Transform": "AWS::LanguageExtensions", **template}
    return Scope(StackSource(extended), (), lambda name: given.get(name, ABSENT), {"AWS::Region": "eu-west-2"})


def loop(collection: Any, body: Any = None, name: str = "Name") -> dict[str, Any]:
    return {"Fn::ForEach::Topics": [name, collection, body or {"Topic${Name}": TOPIC}]}


LISTS: dict[str, Any] = {
    "Parameters": {
        "Listed": {"Type": "CommaDelimitedList", "Default": "A, B"},
        "Stage": {"Type": "String", "Default": "dev"},
        "Open": {"Type": "CommaDelimitedList"},
    },
    "Mappings": {"Stages": {"dev": {"Names": ["A", "B"]}, "prod": {"Names": ["P"]}}},
    "Conditions": {"Dev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}},
}


@pytest.mark.parametrize(
    "collection",
    [
        ["A", "B"],
        ["A", {"Fn::Sub": "B"}],
        {"Ref": "Listed"},
        {"Fn::Split": ["-", "A-B"]},
        {"Fn::FindInMap": ["Stages", "dev", "Names"]},
        {"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "Names"]},
        {"Fn::FindInMap": ["Stages", "no", "Names", {"DefaultValue": ["A", "B"]}]},
        {"Fn::If": ["Dev", ["A", "B"], ["C"]]},
    ],
)
def test_a_known_list_is_written_out(collection: Any) -> None:
    found = scope({**LISTS, "Resources": loop(collection)}).template["Resources"]
    assert found == {
        f"Topic{each}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": each}} for each in ("A", "B")
    }


def test_a_given_value_makes_the_list() -> None:
    made = {**LISTS, "Resources": loop({"Ref": "Open"})}
    assert scope(made, Open="X,Y").resource_ids() == ["TopicX", "TopicY"]
    made["Resources"] = loop({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "Names"]})
    assert scope(made, Stage="prod").resource_ids() == ["TopicP"]


@pytest.mark.parametrize("collection", [{"Ref": "Open"}, {"Fn::GetAtt": ["X", "Y"]}, ["A", {"Ref": "AWS::StackName"}]])
def test_an_unknown_list_leaves_one_entry(collection: Any) -> None:
    found = scope({**LISTS, "Resources": loop(collection), "Outputs": loop(collection, {"O${Name}": {"Value": 1}})})
    assert found.resource_ids() == ["Fn::ForEach::Topics"]
    assert found.template["Resources"]["Fn::ForEach::Topics"]["Type"] == "Fn::ForEach"
    assert found.output_names() == ["Fn::ForEach::Topics"]
    assert not_looked_into(found.template) == ["Fn::ForEach::Topics, whose list is not known"] * 2


def test_loops_nest_in_every_section() -> None:
    body = {"${Name}${I}": {"Value": {"Fn::Sub": "${Name}-${I}-${AWS::Region}"}}}
    inner = {"Fn::ForEach::Inner": ["I", ["1", "2"], body]}
    found = scope({"Outputs": {"Fn::ForEach::Outer": ["Name", ["A", "B"], inner]}, "Resources": {}})
    assert [found.output(each) for each in ("A1", "A2", "B1", "B2")] == [
        "A-1-eu-west-2", "A-2-eu-west-2", "B-1-eu-west-2", "B-2-eu-west-2",
    ]  # fmt: skip
    conditions = loop(["A", "B"], {"Is${Name}": {"Fn::Equals": ["A", {"Ref": "Name"}]}})
    topics = loop(["A", "B"], {"T${Name}": {**TOPIC, "Condition": "Is${Name}"}})
    decided = scope({"Conditions": conditions, "Resources": topics})
    assert decided.resource_ids() == ["TA"]


def test_a_list_may_ask_for_a_condition_before_its_loop_made_it() -> None:
    conditions = loop(["A"], {"Is${Name}": {"Fn::Equals": ["A", {"Ref": "Name"}]}})
    resources = {**loop({"Fn::If": ["IsA", ["B"], ["C"]]}), "R": {**TOPIC, "Condition": "IsA"}}
    found = scope({"Conditions": conditions, "Resources": resources})
    assert found.resource_ids() == ["Fn::ForEach::Topics", "R"]
    assert found.condition("IsA") is True


def test_the_properties_of_a_resource_may_loop() -> None:
    tags = {"Fn::ForEach::Keys": ["Key", ["a", "b"], {"${Key}": {"Fn::Sub": "x-${Key}"}}], "Other": 1}
    made = scope({"Resources": {"R": {"Type": "T", "Properties": tags}}})
    assert made.value(made.template["Resources"]["R"]["Properties"]) == {"a": "x-a", "b": "x-b", "Other": 1}


def test_a_bare_variable_keeps_letters_and_digits_only() -> None:
    body = {"Topic&{Name}": {"Type": "T", "Properties": {"A": "&{Name} ${Name}", "DependsOn": "Topic&{Name}"}}}
    found = scope({"Resources": loop(["a.b-1", "c"], body)}).template["Resources"]
    assert found["Topicab1"]["Properties"] == {"A": "ab1 a.b-1", "DependsOn": "Topicab1"}
    assert list(found) == ["Topicab1", "Topicc"]


def test_a_reference_may_be_put_together() -> None:
    values = [{"Fn::GetAtt": [{"Fn::Sub": "Topic${Name}"}, "TopicArn"]}, {"Ref": {"Fn::Sub": "Topic${Name}"}}]
    outputs = loop(["A"], {"O${Name}": {"Value": values}})
    found = scope({"Resources": {**loop(["A"])}, "Outputs": outputs})
    assert found.output("OA") == found.value([{"Fn::GetAtt": ["TopicA", "TopicArn"]}, {"Ref": "TopicA"}])


@pytest.mark.parametrize(("stage", "kept"), [("dev", "Delete"), ("prod", "Retain")])
def test_a_deletion_policy_may_depend_on_a_condition(stage: str, kept: str) -> None:
    policy = {"Fn::If": ["Dev", "Delete", "Retain"]}
    resource = {"Type": "T", "DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    found = scope({**LISTS, "Resources": {"R": resource}}, Stage=stage).template["Resources"]["R"]
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == (kept, kept)


def test_length_and_json_text_are_worked_out() -> None:
    made = scope({**LISTS, "Resources": {}})
    assert made.value({"Fn::Length": {"Ref": "Listed"}}) == 2
    assert made.value({"Fn::ToJsonString": {"a": {"Fn::Length": [1, 2]}}}) == '{"a":2}'


def test_a_macro_in_the_place_of_a_logical_id_is_one_resource() -> None:
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}
    macro = {"Fn::Transform": include}
    found = Scope(StackSource({"Resources": macro, "Outputs": macro}), (), lambda _: ABSENT, {})
    assert found.template["Resources"] == {"Fn::Transform": {"Type": "Fn::Transform", "Properties": include}}
    assert found.output_names() == ["Fn::Transform"]
    assert not_looked_into(found.template) == ["the transform in the place of a logical id"]


def test_names_that_meet_are_refused() -> None:
    with pytest.raises(CheckError, match="makes TopicA, which is there already"):
        scope({"Resources": {"TopicA": TOPIC, **loop(["A"])}})


def test_a_loop_that_makes_no_object_is_refused() -> None:
    with pytest.raises(CheckError, match="Resources/TopicA, which a loop makes, is not an object"):
        scope({"Resources": loop(["A"], {"Topic${Name}": 5})})


@pytest.mark.slow
def test_loops_without_end_are_refused() -> None:
    names = [str(each) for each in range(60)]
    body: Any = {"T${a}${b}${c}": TOPIC}
    for each in ("a", "b", "c"):
        body = {f"Fn::ForEach::{each}": [each, names, body]}
    with pytest.raises(CheckError, match="more than 100000 values: use shorter lists"):
        scope({"Resources": body})


def test_a_child_gets_its_list_from_its_parent() -> None:
    child = """{"Transform": "AWS::LanguageExtensions", "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
      "Resources": {"Fn::ForEach::T": ["N", {"Ref": "Names"}, {"T${N}": {"Type": "AWS::SNS::Topic"}}]}}"""
    root = """{"Parameters": {"Names": {"Type": "String", "Default": "A"}}, "Resources": {"C": {
      "Type": "AWS::CloudFormation::Stack",
      "Properties": {"TemplateURL": "./child.json", "Parameters": {"Names": {"Ref": "Names"}}}}}}"""
    texts = {"child.json": child, "root.json": root}
    assert list(parse_set(texts).templates["child"]["Resources"]) == ["TA"]
    assert list(parse_set(texts, {"Names": "B,C"}).templates["child"]["Resources"]) == ["TB", "TC"]
    assert unread(texts) == []


@pytest.mark.parametrize(
    ("transform", "told"),
    [
        ('"AWS::Serverless-2016-10-31"', ["AWS::Serverless-2016-10-31"]),
        ('["AWS::LanguageExtensions", "Own"]', ["Own"]),
        ('{"Name": "Own", "Parameters": {}}', ["Own"]),
        ('"AWS::LanguageExtensions"', []),
        ("[]", []),
    ],
)
def test_what_only_cloudformation_sees_is_told(transform: str, told: list[str]) -> None:
    said = [f"root.json: the transform {each}: what it makes is not looked into" for each in told]
    assert unread({"root.json": f'{{"Transform": {transform}, "Resources": {{}}}}'}) == said
