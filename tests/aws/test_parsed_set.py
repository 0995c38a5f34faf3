"""References are followed across the stacks of a set, whatever names them and however deep they are."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.worlds import World
from payflow_cfn.errors import PlanError

HASHED = f"https://b.s3.eu-west-2.amazonaws.com/p/child-{'0' * 64}.json"
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "t-${Environment}"}}}


def nested(url: Any, **parameters: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}


def chain(url: str) -> ParsedSet:
    """Root nests a child, and that nests a grandchild with a topic."""
    inner = {"Parameters": {"Environment": {}}, "Resources": {"T": TOPIC}, "Outputs": {"Arn": {"Value": {"Ref": "T"}}}}
    middle = {
        "Parameters": {"Environment": {}},
        "Resources": {"Inner": nested("./grandchild.json", Environment={"Ref": "Environment"})},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Arn"]}}},
    }
    root = {
        "Parameters": {"Environment": {}},
        "Resources": {"Child": nested(url, Environment={"Ref": "Environment"})},
    }
    return ParsedSet({"root": root, "child": middle, "grandchild": inner}, {})


@pytest.mark.parametrize("url", ["./child.json", HASHED, "https://b.s3.amazonaws.com/0123.template"])
@pytest.mark.parametrize("value", [{"Fn::GetAtt": ["Child", "Outputs.Arn"]}, {"Fn::Sub": "${Child.Outputs.Arn}"}])
def test_a_reference_ends_at_the_resource_of_the_innermost_stack(url: str, value: Any) -> None:
    assert chain(url).origin("root", value) == Place("grandchild", "T", "Ref")
    assert expand(chain(url), "root", value, World(environment="x")) == "arn:aws:sns:eu-west-2:111122223333:t-x"


@pytest.mark.parametrize("url", ["./child.json", HASHED])
def test_a_file_is_taken_by_its_url_and_not_by_the_logical_id(url: str) -> None:
    root = {"Resources": {"Other": nested(url)}}
    assert ParsedSet({"root": root, "child": {}, "other": {}}, {}).children() == {"Other": "child"}


def test_both_sides_of_a_condition_stay_whatever_decides_it() -> None:
    root = {"Conditions": {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}}, "Resources": {}}
    choice = {"Fn::If": ["Here", "a", {"Fn::If": ["Here", {"Ref": "AWS::NoValue"}, "b"]}]}
    assert expand(ParsedSet({"root": root}, {}), "root", [choice]) == [["a", ["b"]]]


def test_a_template_that_nests_itself_is_refused() -> None:
    root = {"Resources": {"A": nested("./root.json")}}
    with pytest.raises(PlanError, match="root nests itself"):
        expand(ParsedSet({"root": root}, {}), "root", "x")
