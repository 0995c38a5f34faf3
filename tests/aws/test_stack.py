"""Values are followed through parameters, conditions and nested stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import ABSENT, Attribute, Call, Either, Given, Pseudo, shown
from payflow_cfn.diff.stack_tree import stack_tree
from payflow_cfn.errors import PlanError

STACK = "AWS::CloudFormation::Stack"


def scope(files: Mapping[str, Any], **given: Any) -> Scope:
    return Scope(stack_tree(files), (), lambda name: given.get(name, ABSENT), {})


def single(**parts: Any) -> dict[str, Any]:
    return {"root.json": parts}


def nested(child: Any, **parameters: Any) -> dict[str, Any]:
    properties = {"TemplateURL": "./child.json", "Parameters": parameters}
    root = {"Resources": {"Child": {"Type": STACK, "Properties": properties}}}
    return {"root.json": root, "child.json": child}


def test_a_parameter_is_what_was_given_or_its_default() -> None:
    files = single(Parameters={"A": {"Type": "String", "Default": "d"}, "B": {"Type": "String"}})
    assert scope(files).value({"Ref": "A"}) == "d"
    assert scope(files, A="x").value({"Ref": "A"}) == "x"
    assert scope(files).value({"Ref": "B"}) == Given((), "B")


def test_a_secret_is_compared_and_never_shown() -> None:
    files = single(Parameters={"A": {"Type": "String", "NoEcho": True}})
    one, other = (scope(files, A=each).value({"Fn::Sub": "key ${A}"}) for each in ("hunter2", "hunter3"))
    assert one != other
    assert shown(one) == shown(other) == "key ****"
    assert "hunter2" not in shown({"deep": [one]})


def test_a_list_parameter_is_a_list_and_an_ssm_parameter_a_call() -> None:
    files = single(
        Parameters={
            "A": {"Type": "CommaDelimitedList", "Default": "a, b"},
            "B": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"},
        }
    )
    assert scope(files).value({"Ref": "A"}) == ["a", "b"]
    assert scope(files).value({"Ref": "B"}) == Call("SSM parameter", "/x")


def test_a_child_has_what_its_parent_hands_over() -> None:
    child = {"Parameters": {"A": {"Type": "String", "Default": "own"}}, "Outputs": {"O": {"Value": {"Ref": "A"}}}}
    read = {"Fn::GetAtt": ["Child", "Outputs.O"]}
    assert scope(nested(child, A="given")).value(read) == "given"
    assert scope(nested(child)).value(read) == "own"
    assert scope(nested(child, A={"Ref": "AWS::NoValue"})).value(read) == "own"


def test_an_attribute_of_a_childs_resource_is_known_by_its_path() -> None:
    child = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": {"Value": {"Ref": "T"}}}}
    found = scope(nested(child)).value({"Fn::Sub": "${Child.Outputs.O}"})
    assert found == Attribute(("Child", "T"), "Ref")
    assert shown(found) == "${Child/T}"


def test_an_output_of_a_template_that_is_not_at_hand_stays_an_attribute() -> None:
    properties = {"TemplateURL": "https://example.com/other.json"}
    files = single(Resources={"Child": {"Type": STACK, "Properties": properties}})
    assert scope(files).value({"Fn::GetAtt": ["Child", "Outputs.O"]}) == Attribute(("Child",), "Outputs.O")


def test_a_packaged_template_is_found_by_the_name_before_its_hash() -> None:
    files = nested({"Outputs": {"O": {"Value": "x"}}})
    url = f"https://bucket.s3.eu-west-2.amazonaws.com/payflow/child-{'0' * 64}.json"
    files["root.json"]["Resources"]["Child"]["Properties"]["TemplateURL"] = url
    assert scope(files).value({"Fn::GetAtt": "Child.Outputs.O"}) == "x"


CONDITIONS = {
    "IsA": {"Fn::Equals": [{"Ref": "A"}, "a"]},
    "NotA": {"Fn::Not": [{"Condition": "IsA"}]},
    "Both": {"Fn::And": [{"Condition": "IsA"}, {"Condition": "NotA"}]},
    "Any": {"Fn::Or": [{"Condition": "IsA"}, {"Condition": "NotA"}]},
    "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]},
}
CONDITIONAL = single(Parameters={"A": {"Type": "String", "Default": "a"}}, Conditions=CONDITIONS)


@pytest.mark.parametrize(
    ("name", "wanted"), [("IsA", True), ("NotA", False), ("Both", False), ("Any", True), ("Here", None), ("Gone", None)]
)
def test_a_condition_holds_or_not_or_nobody_knows(name: str, wanted: bool | None) -> None:
    assert scope(CONDITIONAL).condition(name) is wanted


def test_a_branch_is_taken_where_the_condition_is_known() -> None:
    found = scope(CONDITIONAL)
    assert found.value({"Fn::If": ["IsA", "yes", "no"]}) == "yes"
    assert found.value({"Fn::If": ["NotA", "yes", "no"]}) == "no"
    either = found.value({"Fn::If": ["Here", "yes", "no"]})
    assert isinstance(either, Either)
    assert (either.yes, either.no) == ("yes", "no")


def test_no_value_leaves_a_property_and_an_item_out() -> None:
    none = {"Fn::If": ["NotA", "x", {"Ref": "AWS::NoValue"}]}
    assert scope(CONDITIONAL).value({"A": none, "B": [none, 1]}) == {"B": [1]}


def test_a_resource_whose_condition_is_false_is_not_there() -> None:
    kind = "AWS::SNS::Topic"
    made = {"A": {"Type": kind, "Condition": "NotA"}, "B": {"Type": kind, "Condition": "Here"}, "C": {"Type": kind}}
    assert scope({"root.json": {**CONDITIONAL["root.json"], "Resources": made}}).resource_ids() == ["B", "C"]


def test_what_needs_itself_is_an_error_and_no_endless_loop() -> None:
    child = {"Parameters": {"A": {"Type": "String"}}, "Outputs": {"O": {"Value": {"Ref": "A"}}}}
    files = nested(child, A={"Fn::GetAtt": ["Child", "Outputs.O"]})
    with pytest.raises(PlanError, match="needs itself"):
        scope(files).value({"Fn::GetAtt": ["Child", "Outputs.O"]})
    with pytest.raises(PlanError, match="needs itself"):
        scope(single(Conditions={"A": {"Condition": "A"}})).condition("A")


def test_a_text_that_doubles_with_each_step_is_an_error_and_no_endless_wait() -> None:
    doubling: Any = "x"
    for _ in range(40):
        doubling = {"Fn::Sub": ["${a}${a}", {"a": doubling}]}
    with pytest.raises(PlanError, match="grows without end"):
        scope(single(Resources={})).value(doubling)


def test_more_values_than_the_steps_of_a_set_are_an_error() -> None:
    child = {"Outputs": {"O": {"Value": ["x"] * 600}}}
    both = {"A": {"Fn::GetAtt": ["Child", "Outputs.O"]}, "B": ["x"] * 600}
    assert scope(nested(child)).value(both) == {"A": ["x"] * 600, "B": ["x"] * 600}
    short = Scope(stack_tree(nested(child)), (), lambda _: ABSENT, {}, iter(range(1000)))
    with pytest.raises(PlanError, match="too long to work out"):
        short.value(both)


def test_what_is_not_understood_stays_as_it_is() -> None:
    found = scope(single(Resources={}))
    assert found.value({"Ref": "Nothing"}) == Call("Ref", "Nothing")
    assert found.value({"Ref": "AWS::Region"}) == Pseudo("AWS::Region")
    assert found.value({"Fn::GetAtt": 5}) == Call("Fn::GetAtt", 5)
    assert found.value({"Fn::Sub": 5}) == Call("Fn::Sub", 5)
    assert found.value({"Fn::Transform": {"Name": "X"}}) == Call("Fn::Transform", {"Name": "X"})
