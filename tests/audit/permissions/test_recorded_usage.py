"""The record of calls against the table, in both directions."""

from __future__ import annotations

from payflow_cfn.audit.permissions.recorded_usage import against_record

ALL = [
    ("role-lambda-validation-demo", "dynamodb:PutItem", "dynamodb-transactions-demo"),
    ("role-lambda-processing-demo", "dynamodb:UpdateItem", "dynamodb-transactions-demo"),
    ("role-lambda-processing-demo", "dynamodb:GetItem", "arn:aws:dynamodb:x:1:table/dynamodb-transactions-demo"),
    ("role-lambda-processing-demo", "secretsmanager:GetSecretValue", "arn:x:secret:secret-payment-gateway-demo-AbCdEf"),
]


def test_what_was_seen_is_what_the_table_says() -> None:
    assert against_record(ALL, environment="demo") == ()


def test_a_use_that_is_not_in_the_table_is_missing() -> None:
    for use in [
        ("role-lambda-validation-demo", "dynamodb:GetItem", "dynamodb-transactions-demo"),
        ("role-lambda-validation-demo", "dynamodb:PutItem", "another-table"),
        ("role-unknown", "dynamodb:PutItem", "dynamodb-transactions-demo"),
    ]:
        found = against_record([*ALL, use], environment="demo")
        assert [each.kind for each in found] == ["missing"], use


def test_a_line_marked_observed_that_was_not_seen_is_unused() -> None:
    found = against_record(ALL[1:], environment="demo")
    assert [(each.kind, each.grant.action) for each in found] == [("unused", "dynamodb:PutItem")]
