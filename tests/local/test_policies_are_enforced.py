"""Test that the emulator enforces roles, topic policies and TLS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow_cfn.local.emulator.clients import LocalClients

pytestmark = pytest.mark.local

PUT = """
import boto3
def handle(event, context):
    boto3.client("dynamodb").put_item(TableName="rows", Item={"id": {"S": event["id"]}})
"""


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _invoke(clients: LocalClients, name: str, payload: object) -> Any:
    answer = clients("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))
    return json.loads(answer["Payload"].read())


def test_a_function_may_do_what_its_role_allows_and_nothing_else(
    clients: LocalClients, make_function: Callable[[str, str], str]
) -> None:
    clients("dynamodb").create_table(
        TableName="rows",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    make_function("put", PUT)
    refused = _invoke(clients, "put", {"id": "1"})
    clients("iam").put_role_policy(
        RoleName="role-put",
        PolicyName="p",
        PolicyDocument=_policy({"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}),
    )
    assert "is not authorized to perform: dynamodb:PutItem" in refused["errorMessage"]
    assert _invoke(clients, "put", {"id": "2"}) is None
    assert [row["id"]["S"] for row in clients("dynamodb").scan(TableName="rows")["Items"]] == ["2"]


def _topic(clients: LocalClients, secure_transport: str) -> str:
    arn: str = clients("sns").create_topic(Name="notices")["TopicArn"]
    clients("sns").set_topic_attributes(
        TopicArn=arn,
        AttributeName="Policy",
        AttributeValue=_policy(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {"Bool": {"aws:SecureTransport": secure_transport}},
            }
        ),
    )
    return arn


def test_a_topic_that_denies_plain_http_takes_a_notice_over_tls(clients: LocalClients) -> None:
    assert "MessageId" in clients("sns").publish(TopicArn=_topic(clients, "false"), Message="hello")


def test_a_topic_that_denies_tls_shows_that_the_condition_is_evaluated(clients: LocalClients) -> None:
    with pytest.raises(ClientError, match="AuthorizationError"):
        clients("sns").publish(TopicArn=_topic(clients, "true"), Message="hello")
