"""A role is there, with its policies, before anything uses it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.rules import apply_rules

KINDS = {"AWS::Lambda::Function": "Role", "AWS::StepFunctions::StateMachine": "RoleArn"}
ARN = {"Fn::GetAtt": ["Role", "Arn"]}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {}}


def policy(kind: str) -> dict[str, Any]:
    if kind == "AWS::IAM::RolePolicy":
        return {"Type": kind, "Properties": {"RoleName": {"Ref": "Role"}}}
    return {"Type": kind, "Properties": {"Roles": [{"Ref": "Role"}]}}


def told(resources: dict[str, Any]) -> list[str]:
    root = {"Description": "payflow 1.1", "Resources": {}}
    templates = ParsedSet({"root": root, "functions": {"Resources": resources}}, {})
    return [each.message for each in apply_rules(templates, ["PF050"]) if each.file == "functions.json"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "named",
    [
        "arn:aws:iam::111122223333:role/role-x",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/role-x"},
        {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":role/role-x"]]},
        {"Ref": "Elsewhere"},
        None,
    ],
)
def test_a_role_that_is_named_by_text_gives_no_order(kind: str, named: Any) -> None:
    user = {"Type": kind, "Properties": {KINDS[kind]: named}}
    assert told({"Role": ROLE, "User": user}) == ["the role is not a resource that it refers to"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policies", ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"])
def test_a_policy_of_its_own_comes_before_whoever_uses_its_role(kind: str, policies: str) -> None:
    user: dict[str, Any] = {"Type": kind, "Properties": {KINDS[kind]: ARN}}
    resources = {"Role": ROLE, "Rights": policy(policies), "User": user}
    assert told(resources) == ["the policy Rights may come later"]
    for depends in ("Rights", ["Rights"]):
        ordered = deepcopy(resources)
        ordered["User"]["DependsOn"] = depends
        assert told(ordered) == []
    del resources["Rights"]
    assert told(resources) == []
