"""What a policy answers a service, statement by statement."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.lint.iam import Request, like, refusal

ARN = "arn:aws:sns:eu-west-2:1:t"
REQUEST = Request("sns.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:eu-west-2:1:q", {"aws:sourcearn": ARN})
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "sns.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": "*",
}


def allow(**changes: Any) -> dict[str, Any]:
    return {**ALLOW, **changes}


def without(statement: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != key}


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow(Condition={operator: {key: list(values)}})


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow(Action=["sqs:Send*"]),
        allow(Action="SQS:sendmessage"),
        allow(Resource=["other", ["arn:aws:sqs:*:1:q"]]),
        allow(Principal={"Service": ["a", "sns.amazonaws.com"]}),
        without(allow(NotAction="sqs:Receive*"), "Action"),
        without(allow(NotResource="other"), "Resource"),
        when("ArnLike", "aws:SourceArn", "other", "arn:aws:sns:*:*:t"),
        when("ArnEquals", "AWS:sourcearn", "arn:aws:sns:eu-west-?:1:t"),
        when("StringLike", "aws:SourceArn", "arn:*:t"),
        when("StringEqualsIgnoreCase", "aws:SourceArn", ARN.upper()),
        when("StringNotEquals", "aws:SourceArn", "a", "b"),
        when("StringNotEquals", "aws:PrincipalArn", "a"),
        when("StringEqualsIfExists", "aws:PrincipalArn", "a"),
        when("ForAnyValue:StringEquals", "aws:SourceArn", ARN),
        when("ForAllValues:StringEquals", "aws:PrincipalArn", "a"),
        when("Null", "aws:PrincipalArn", "true"),
        when("Null", "aws:SourceArn", "false"),
        when("Bool", "aws:SecureTransport", "True"),
        when("StringEquals", "aws:PrincipalServiceName", "sns.amazonaws.com"),
    ],
)
def test_admitted(statement: dict[str, Any]) -> None:
    assert refusal([statement], REQUEST) == ""


@pytest.mark.parametrize(
    "statement",
    [
        allow(Action="sqs:ReceiveMessage"),
        allow(Action="sqs:SendMessage?"),
        allow(Resource="arn:aws:sqs:eu-west-2:1:other"),
        allow(Principal={"Service": "s3.amazonaws.com"}),
        allow(Principal={"AWS": "*"}),
        allow(Principal="*"),
        without(allow(NotPrincipal={"Service": "s3.amazonaws.com"}), "Principal"),
        without(allow(NotAction="sqs:*"), "Action"),
        without(allow(NotResource="arn:*"), "Resource"),
        when("ArnLike", "aws:SourceArn", "arn:*:t"),  # a wildcard does not cross a colon
        when("ArnLike", "aws:SourceArn", "arn:aws:sns"),
        when("ArnNotLike", "aws:SourceArn", "arn:aws:sns:*:1:t"),
        when("StringEquals", "aws:SourceArn", "arn:aws:sns:*:1:t"),
        when("StringNotEquals", "aws:SourceArn", "a", ARN),
        when("StringEquals", "aws:PrincipalArn", "a"),
        when("ForAnyValue:StringEquals", "aws:PrincipalArn", "a"),
        when("Null", "aws:SourceArn", "true"),
        when("Bool", "aws:SecureTransport", "false"),
        when("IpAddress", "aws:SourceArn", "10.0.0.0/8"),
        when("StringEquals", "aws:RequestedRegion", "eu-west-2"),
        allow(Condition={"ArnLike": {"aws:SourceArn": ARN}, "Bool": {"aws:SecureTransport": "false"}}),
    ],
)
def test_not_admitted(statement: dict[str, Any]) -> None:
    assert refusal([statement], REQUEST) == "no statement allows it"


@pytest.mark.parametrize(
    ("changes", "denied"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::1:root"}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({"Condition": {"StringEquals": {"aws:RequestedRegion": "a"}}}, True),
        ({"Condition": {"NumericEquals": {"aws:SourceArn": "1"}}}, True),
        ({"Action": "sqs:ReceiveMessage"}, False),
    ],
)
def test_a_denial_outweighs_what_allows(changes: dict[str, Any], denied: bool) -> None:
    deny = allow(Sid="No", Effect="Deny", **changes)
    assert refusal([allow(), deny], REQUEST) == ("the statement No denies it" if denied else "")


def test_a_denial_for_everyone_else_spares_who_is_named() -> None:
    deny = without(allow(Effect="Deny", NotPrincipal={"Service": "sns.amazonaws.com"}), "Principal")
    assert refusal([allow(), deny], REQUEST) == ""
    deny["NotPrincipal"] = {"Service": "s3.amazonaws.com"}
    assert refusal([allow(), deny], REQUEST) == "the statement without Sid denies it"


def test_a_wildcard_in_an_arn_does_not_cross_a_colon() -> None:
    request = Request("sns.amazonaws.com", "sqs:SendMessage", "", {"aws:sourcearn": "arn:aws:logs:r:1:log-group:g"})
    assert refusal([when("ArnLike", "aws:SourceArn", "arn:aws:logs:*:*:log-group:g")], request) == ""
    assert refusal([when("ArnLike", "aws:SourceArn", "arn:aws:logs:*:log-group:g")], request) != ""


def test_the_policy_of_a_key_needs_no_resource() -> None:
    request = Request("sns.amazonaws.com", "sqs:SendMessage", "", REQUEST.context)
    assert refusal([without(ALLOW, "Resource")], request) == ""


@pytest.mark.parametrize(
    ("text", "pattern", "same"),
    [
        ("a[b]c", "a[b]c", True),
        ("abc", "a[b]c", False),
        ("a\nb", "a*b", True),
        ("ab", "a?b", False),
        ("a.b", "a.b", True),
    ],
)
def test_only_stars_and_question_marks_are_wild(text: str, pattern: str, same: bool) -> None:
    assert like(text, pattern) is same
