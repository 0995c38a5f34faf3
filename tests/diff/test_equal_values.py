"""Equal values written in two forms are not a change; a change beside them is still found, and only that one."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from payflow_cfn.diff import Effect, diff_sets

from .conftest import Templates, one_stack, resources

TABLE, QUEUE, ALARM = "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::CloudWatch::Alarm"
KEY, ROLE, PARAMETER = "AWS::KMS::Key", "AWS::IAM::Role", "AWS::SSM::Parameter"
NAMES = [{"AttributeName": name, "AttributeType": "S"} for name in "abc"]
ACTION = ("Policies", "[PolicyName=p]", "PolicyDocument", "Statement", "[0]", "Action")
ARN = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q"


def document(**parts: Any) -> dict[str, Any]:
    """A role with one statement."""
    statement = {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*", **parts}
    return {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]}


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (KEY, {}, {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": False}),
        (KEY, {"EnableKeyRotation": True}, {"EnableKeyRotation": True, "Enabled": "true"}),
        ("AWS::Logs::LogGroup", {"LogGroupName": "g"}, {"LogGroupName": "g", "LogGroupClass": "STANDARD"}),
        (QUEUE, {"QueueName": "q"}, {"QueueName": "q", "VisibilityTimeout": 30}),
        ("AWS::Lambda::Function", {"Code": {}}, {"Code": {}, "TracingConfig": {"Mode": "PassThrough"}}),
        (TABLE, {"TableName": "t", "AttributeDefinitions": NAMES},
         {"TableName": "t", "AttributeDefinitions": NAMES[::-1]}),
        (ALARM, {"AlarmActions": ["a", "b"]}, {"AlarmActions": ["b", "a"]}),
        (ALARM, {"Dimensions": [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]},
         {"Dimensions": [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "1"}]}),
        ("AWS::Lambda::Function", {"VpcConfig": {"SecurityGroupIds": ["a", "b"], "SubnetIds": ["x", "y"]}},
         {"VpcConfig": {"SecurityGroupIds": ["b", "a"], "SubnetIds": ["y", "x"]}}),
        (ROLE, {"ManagedPolicyArns": ["a", "b"]}, {"ManagedPolicyArns": ["b", "a"]}),
        (ROLE, document(), document(Action=["a:C", "a:B"])),
        (ROLE, document(), document(Resource=["*"])),
        (ROLE, document(Condition={"StringEquals": {"k": ["x", "y"]}}),
         document(Condition={"StringEquals": {"k": ["y", "x"]}})),
    ],
)  # fmt: skip
def test_a_default_and_another_order_are_no_change(kind: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert diff_sets(one_stack(A=(kind, one)), one_stack(A=(kind, other))) == []
    assert diff_sets(one_stack(A=(kind, other)), one_stack(A=(kind, one))) == []


def referring(value: Any) -> Templates:
    """A topic and a queue with names, a role, and a value that may refer to them."""
    return one_stack(
        Topic=("AWS::SNS::Topic", {"TopicName": "s"}),
        Queue=(QUEUE, {"QueueName": "q"}),
        Role=(ROLE, {"RoleName": "r", "Path": "/x/", "AssumeRolePolicyDocument": {"Statement": []}}),
        Value=(PARAMETER, {"Type": "String", "Value": value}),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Ref": "Topic"}, {"Fn::GetAtt": ["Topic", "TopicArn"]}),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::Sub": ARN}),
        ({"Fn::GetAtt": "Queue.Arn"}, {"Fn::Sub": ARN.replace("${AWS::Partition}", "aws")}),
        ({"Ref": "Topic"},
         {"Fn::Join": [":", ["arn:aws:sns", {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}, "s"]]}),
        ({"Fn::GetAtt": ["Role", "Arn"]}, {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x/r"}),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "s"),
        ({"Fn::GetAtt": ["Queue", "QueueName"]}, {"Fn::GetAtt": ["Queue", "QueueName"]}),
        ("a", {"Fn::Sub": "a"}),
        ({"Fn::Sub": "x ${Topic}"}, {"Fn::Sub": "x ${Topic.TopicArn}"}),
        ("a", {"Fn::If": ["Unknown", "a", "a"]}),
    ],
)  # fmt: skip
def test_a_reference_in_another_form_is_no_change(one: Any, other: Any) -> None:
    assert diff_sets(referring(one), referring(other)) == []
    assert diff_sets(referring(other), referring(one)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Ref": "Topic"}, {"Fn::GetAtt": ["Topic", "TopicName"]}),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, {"Ref": "Queue"}),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::Sub": ARN.replace(":q", ":other")}),
        ({"Fn::GetAtt": ["Role", "Arn"]}, {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/r"}),
        ("a", {"Fn::If": ["Unknown", "a", "b"]}),
    ],
)
def test_another_value_of_the_same_resource_is_a_change(one: Any, other: Any) -> None:
    assert list(resources(diff_sets(referring(one), referring(other)))) == ["Value"]


def test_an_arn_of_another_partition_is_a_change_where_the_region_is_known() -> None:
    old, new = referring({"Fn::Sub": ARN}), referring({"Fn::Sub": ARN.replace("${AWS::Partition}", "aws")})
    assert diff_sets(old, new) == []
    pseudo = {"AWS::Region": "cn-north-1", "AWS::Partition": "aws-cn"}
    assert list(resources(diff_sets(old, new, pseudo=pseudo))) == ["Value"]


def test_an_arn_written_out_follows_the_new_name_of_its_resource() -> None:
    new = referring({"Fn::GetAtt": ["Queue", "Arn"]})
    new["root.json"]["Resources"]["Queue"]["Properties"]["QueueName"] = "other"
    found = resources(diff_sets(referring({"Fn::Sub": ARN}), new))
    assert sorted(found) == ["Queue", "Value"]


@pytest.mark.parametrize(
    ("kind", "one", "other", "where"),
    [
        (TABLE, {"AttributeDefinitions": NAMES},
         {"AttributeDefinitions": [NAMES[2], {**NAMES[0], "AttributeType": "N"}, NAMES[1]]},
         ("AttributeDefinitions", "[AttributeName=a]", "AttributeType")),
        (ROLE, document(), document(Action=["a:D", "a:C"]), ACTION),
        (ROLE, document(), document(Action="a:B"), ACTION),
        (KEY, {}, {"KeySpec": "RSA_2048"}, ("KeySpec",)),
        (QUEUE, {}, {"VisibilityTimeout": 31}, ("VisibilityTimeout",)),
        ("AWS::Lambda::Function", {"Layers": ["a", "b"]}, {"Layers": ["b", "a"]}, ("Layers",)),
    ],
)  # fmt: skip
def test_a_change_among_equal_values_is_found_alone(
    kind: str, one: dict[str, Any], other: dict[str, Any], where: tuple[str, ...]
) -> None:
    (found,) = resources(diff_sets(one_stack(A=(kind, one)), one_stack(A=(kind, other)))).values()
    assert [each.path for each in found.properties] == [("Properties", *where)]


def test_a_default_that_may_only_be_set_at_creation_may_replace() -> None:
    """CloudFormation compares what the templates say, whatever the service would have taken."""
    pair = ("AWS::EC2::KeyPair", {"KeyName": "k"}), ("AWS::EC2::KeyPair", {"KeyName": "k", "KeyType": "rsa"})
    (found,) = resources(diff_sets(*(one_stack(A=each) for each in pair))).values()
    assert found.effect is Effect.MAY_REPLACE


def test_a_policy_that_is_written_out_as_the_default_is_no_change() -> None:
    def made(kind: str, **more: str) -> Templates:
        return {"root.json": {"Resources": {"A": {"Type": kind, **more}}}}

    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert diff_sets(made(QUEUE), made(QUEUE, **{policy: "Delete"})) == []
        assert diff_sets(made(QUEUE), made(QUEUE, **{policy: "Retain"})) != []
    cluster = "AWS::RDS::DBCluster"
    assert diff_sets(made(cluster), made(cluster, DeletionPolicy="Delete")) != []


@given(some.permutations(NAMES), some.permutations(["a:B", "a:C"]))
def test_any_order_of_a_set_is_the_same(names: list[Any], actions: list[str]) -> None:
    def made(first: list[Any], second: list[str]) -> Templates:
        return one_stack(T=(TABLE, {"AttributeDefinitions": first}), R=(ROLE, document(Action=second)))

    assert diff_sets(made(NAMES, ["a:B", "a:C"]), made(copy.deepcopy(names), actions)) == []


def test_a_property_behind_an_attribute_moves_what_reads_it() -> None:
    """A change set with property values does not list it."""

    def made(value: str) -> Templates:
        return one_stack(
            A=(PARAMETER, {"Type": "String", "Value": value}),
            B=(PARAMETER, {"Type": "String", "Value": {"Fn::GetAtt": ["A", "Value"]}}),
            C=(PARAMETER, {"Type": "String", "Value": {"Fn::GetAtt": ["A", "Type"]}}),
        )

    found = resources(diff_sets(made("1"), made("2")))
    assert sorted(found) == ["A", "B"]
    (moved,) = found["B"].properties
    assert (moved.before, moved.after, moved.cause) == ("1", "2", ("A",))
