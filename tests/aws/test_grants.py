"""Every policy of a resource is read, and each statement becomes single grants."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.grants import Except, Policy, policies, policies_of
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import ABSENT

DOCUMENT = {"Statement": [{"Effect": "Allow", "Action": "s:Do", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": DOCUMENT}, [("trust", ABSENT)]),
        ("AWS::IAM::User", {"Policies": [{"PolicyDocument": DOCUMENT}]}, [("identity", ABSENT)]),
        ("AWS::IAM::Policy", {"PolicyDocument": DOCUMENT, "Users": ["u"]}, [("identity", "u")]),
        ("AWS::IAM::GroupPolicy", {"PolicyDocument": DOCUMENT, "GroupName": "g"}, [("identity", "g")]),
        ("AWS::S3::BucketPolicy", {"PolicyDocument": DOCUMENT, "Bucket": "b"}, [("bucket", "b")]),
        ("AWS::DynamoDB::Table", {"ResourcePolicy": {"PolicyDocument": DOCUMENT}}, [("table", ABSENT)]),
        ("AWS::DynamoDB::Table", {}, []),
    ],
)  # fmt: skip
def test_a_policy_has_its_kind_and_its_owner(kind: str, properties: Any, expected: Any) -> None:
    found = list(policies(kind, properties))
    assert [(each.kind, each.owner) for each in found] == expected
    assert all(each.document == DOCUMENT for each in found)


def test_a_grant_is_one_principal_action_and_resource() -> None:
    statement = {
        "Sid": "S",
        "Effect": "Deny",
        "Principal": {"Service": ["a", "b"]},
        "NotAction": ["x:A", "x:B"],
        "Condition": {"Bool": {"k": "true"}, "Odd": 7},
    }
    conditions = (("Bool", "k", ("true",)), ("Odd", "", (7,)))
    assert list(Policy("topic", ABSENT, (), {"Statement": statement}).grants()) == [
        ("S", "Deny", ("Service", each), Except(("x:A", "x:B")), ABSENT, conditions) for each in ("a", "b")
    ]


def test_both_policies_of_a_condition_that_is_open_are_read() -> None:
    one, other = ({"PolicyDocument": {"Statement": {"Sid": each}}} for each in "ab")
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"Fn::If": ["C", one, other]}]}}
    root = {"Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}}, "Resources": {"R": role}}
    found = list(policies_of(ParsedSet({"root": root}, {})))
    assert [(each.name, each.statements) for each in found] == [("identity R", [{"Sid": each}]) for each in "ab"]
