"""Conditions are decided, policies become single grants, and the machine's needs come from its states."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.audit.permissions.configurations import CASES, WIDEST
from payflow_cfn.audit.permissions.derived_needs import invoked
from payflow_cfn.audit.permissions.grants import Grant, grants_of
from payflow_cfn.audit.permissions.needs_vs_grants import set_of
from payflow_cfn.audit.permissions.resolve_conditions import effective
from payflow_cfn.aws.parsed_set import ParsedSet, parse_set
from payflow_cfn.errors import CheckError

ON = {"Fn::Equals": [{"Ref": "Switch"}, "on"]}


def decided(resources: dict[str, Any], switch: str, **conditions: Any) -> dict[str, Any]:
    root = {
        "Parameters": {"Switch": {"Type": "String", "Default": "off"}},
        "Conditions": {"On": ON, **conditions},
        "Resources": resources,
    }
    found = effective(ParsedSet({"root": root}, {}), {"Switch": switch})
    result: dict[str, Any] = found.templates["root"]["Resources"]
    return result


def test_a_resource_stays_where_its_condition_holds() -> None:
    assert decided({"A": {"Condition": "On"}}, "off") == {}
    assert set(decided({"A": {"Condition": "On"}}, "on")) == {"A"}


@pytest.mark.parametrize(
    ("condition", "switch"),
    [
        ({"Fn::Not": [ON]}, "off"),
        ({"Fn::And": [ON, ON]}, "on"),
        ({"Fn::Or": [ON, ON]}, "on"),
        ({"Condition": "On"}, "on"),
    ],
)
def test_conditions_are_worked_out(condition: Any, switch: str) -> None:
    other = {"on": "off", "off": "on"}[switch]
    assert decided({"A": {"Condition": "C"}}, switch, C=condition)
    assert not decided({"A": {"Condition": "C"}}, other, C=condition)


def test_an_if_is_one_of_its_branches_and_no_value_is_nothing() -> None:
    choice = {"Fn::If": ["On", "yes", {"Ref": "AWS::NoValue"}]}
    resource = {"A": {"Properties": {"Plain": choice, "Listed": [choice, "x"]}}}
    assert decided(resource, "on")["A"]["Properties"] == {"Plain": "yes", "Listed": ["yes", "x"]}
    assert decided(resource, "off")["A"]["Properties"] == {"Listed": ["x"]}


def test_a_parameter_that_the_root_does_not_have_is_refused() -> None:
    with pytest.raises(CheckError, match="no parameter Nothing"):
        effective(parse_set({"root.json": '{"Resources": {}}'}), {"Nothing": "1"})


def role(**properties: Any) -> ParsedSet:
    resource = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, **properties}}
    return ParsedSet({"root": {"Resources": {"R": resource}}}, {})


def policy(**statement: Any) -> list[dict[str, Any]]:
    return [{"PolicyDocument": {"Statement": {"Effect": "Allow", **statement}}}]


def test_a_statement_becomes_one_grant_for_each_action_and_resource() -> None:
    found = grants_of(role(Policies=policy(Action=["a:B", "a:C"], Resource=["x", "y"])))
    assert found == [Grant("identity R", action, resource) for action in ("a:B", "a:C") for resource in ("x", "y")]


def test_what_a_statement_excludes_is_no_grant_of_what_it_names() -> None:
    (found,) = grants_of(role(Policies=policy(NotAction="a:B", NotResource="x")))
    assert (found.action, found.resource) == ("not a:B", "not x")


def test_a_managed_policy_is_a_grant_that_no_need_can_equal() -> None:
    (found,) = grants_of(role(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]))
    assert (found.policy, found.action) == ("identity R", "managed policy")


def test_conditions_and_principals_are_part_of_the_grant() -> None:
    trust = {"Statement": [{"Effect": "Deny", "Principal": {"AWS": ["b", "a"]}, "Action": "s:A",
                            "Condition": {"StringEquals": {"k": ["2", "1"]}}}]}  # fmt: skip
    found = grants_of(role(AssumeRolePolicyDocument=trust))
    condition = (("StringEquals", "k", ("1", "2")),)
    assert found == [Grant("trust R", "s:A", "none", f"AWS {each}", condition, "Deny") for each in ("a", "b")]


def test_the_states_say_what_the_role_invokes_writes_and_publishes() -> None:
    found = {(each.actions, each.resource.rpartition(":")[2]): each.why for each in invoked(set_of(CASES[0]))}
    assert found == {
        ("lambda:InvokeFunction", "functions/ValidationAlias.Ref"): "called by ValidatePayment",
        ("lambda:InvokeFunction", "functions/ProcessingAlias.Ref"): "called by ProcessPayment, ReconcilePayment",
        ("sns:Publish", "sns-payment-notifications-dev"): "called by NotifyFailure",
        (
            "dynamodb:UpdateItem",
            "table/dynamodb-transactions-dev",
        ): "called by ClaimNotice, MarkTold, RecordFailure, ReleaseNotice, ReopenPayment",
        ("cloudwatch:PutMetricData", "*"): "called by CountLostNotice, CountUnknown",
    }


def test_an_integration_that_the_table_does_not_know_is_a_need_that_nothing_grants() -> None:
    templates = set_of(WIDEST)
    machine = templates.templates["workflow"]["Resources"]["PaymentWorkflow"]["Properties"]["Definition"]["States"]
    machine["NotifyFailure"]["Resource"] = "arn:aws:states:::sqs:sendMessage"
    assert "unknown:sqs:sendMessage" in {each.actions for each in invoked(templates)}
