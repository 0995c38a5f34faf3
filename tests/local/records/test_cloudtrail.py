"""Test that the record of calls has the role of each function's call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payflow_cfn.local.records.cloudtrail import recorded_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow_cfn.local.emulator.clients import LocalClients

pytestmark = pytest.mark.local

READS = """
import boto3
def handle(event, context):
    boto3.client("dynamodb").get_item(TableName="rows", Key={"id": {"S": "1"}})
"""
ALLOW = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}]}'


@pytest.mark.parametrize("qualifier", ["$LATEST", "live"])
def test_a_functions_call_is_recorded_under_its_role(
    clients: LocalClients, make_function: Callable[[str, str], str], qualifier: str
) -> None:
    clients("dynamodb").create_table(
        TableName="rows",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    make_function("reads", READS)
    clients("iam").put_role_policy(RoleName="role-reads", PolicyName="p", PolicyDocument=ALLOW)
    version = clients("lambda").publish_version(FunctionName="reads")["Version"]
    clients("lambda").create_alias(FunctionName="reads", Name="live", FunctionVersion=version)
    assert "FunctionError" not in clients("lambda").invoke(FunctionName="reads", Qualifier=qualifier, Payload="{}")
    calls = [call for call in recorded_calls(clients) if call.role == "role-reads"]
    assert [(call.action, call.parameters["TableName"]) for call in calls] == [("dynamodb:GetItem", "rows")]


def test_our_own_calls_are_recorded_as_root(clients: LocalClients) -> None:
    clients("dynamodb").list_tables()
    clients("sns").create_topic(Name="notices")
    assert [(call.role, call.action) for call in recorded_calls(clients)][:2] == [
        ("root", "dynamodb:ListTables"),
        ("root", "sns:CreateTopic"),
    ]


def test_the_record_goes_back_further_than_one_page(clients: LocalClients) -> None:
    for number in range(120):
        clients("ssm").get_parameters(Names=[f"number-{number}"])
    names = [call.parameters["Names"] for call in recorded_calls(clients) if call.action == "ssm:GetParameters"]
    assert names == [[f"number-{number}"] for number in range(120)]
