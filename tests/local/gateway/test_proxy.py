"""Test the proxy: it passes, breaks and delays table calls of a real Lambda worker, and can kill the worker."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from local.conftest import TRUST, zipped
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.faults.kill_worker import worker_killer
from payflow_cfn.local.gateway.faults import no_faults
from payflow_cfn.local.gateway.proxy import NOT_DONE, TableFault, TableProxy, table_proxy, transaction_of
from scripted_faults import scripted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.local

# Answers with what its one write came to; botocore's own retries are off.
WRITER = """
import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
def handle(event, context):
    table = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))
    try:
        table.put_item(TableName="rows", Item={"transaction_id": {"S": event["id"]}})
    except ClientError as error:
        return error.response["Error"]["Code"]
    except BotoCoreError as error:
        return type(error).__name__
    return "done"
"""


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[TableProxy, LocalClients, Callable[[str], Any]]]:
    """A proxy in front of an emulator that has a table and a function that writes to it."""
    with table_proxy(delay_seconds=0) as proxy, emulator(worker_environment=proxy.worker_environment()) as running:
        proxy.forward_to(running, kill=worker_killer(running))
        clients = local_clients(running)
        clients("dynamodb").create_table(
            TableName="rows",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
        )
        role = clients("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        clients("iam").put_role_policy(
            RoleName="role",
            PolicyName="p",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}],
                }
            ),
        )
        clients("lambda").create_function(
            FunctionName="writer",
            Runtime="python3.11",
            Role=role,
            Timeout=30,
            Handler="main.handle",
            Code={"ZipFile": zipped(WRITER)},
        )

        def write(key: str) -> Any:
            answer = clients("lambda").invoke(FunctionName="writer", Payload=json.dumps({"id": key}))
            return json.loads(answer["Payload"].read())

        yield proxy, clients, write


@contextmanager
def _faults(proxy: TableProxy, *faults: TableFault | None) -> Iterator[None]:
    proxy.faults = scripted({"PutItem": faults})
    yield
    proxy.faults = no_faults


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (None, "done"),
        (TableFault.DELAY, "done"),
        (TableFault.THROTTLE, "ProvisionedThroughputExceededException"),
        (TableFault.ERROR, "InternalServerError"),
        (TableFault.ERROR_AFTER, "InternalServerError"),
        (TableFault.DROP_REQUEST, "ConnectionClosedError"),
        (TableFault.DROP_ANSWER, "ConnectionClosedError"),
        (TableFault.KILL_BEFORE, {"errorMessage": "Worker process died", "errorType": "Runtime.ExitError"}),
        (TableFault.KILL_AFTER, {"errorMessage": "Worker process died", "errorType": "Runtime.ExitError"}),
    ],
)
def test_a_fault_reaches_the_function_and_the_table_has_what_its_name_promises(
    proxied: tuple[TableProxy, LocalClients, Callable[[str], Any]], fault: TableFault | None, seen: object
) -> None:
    proxy, clients, write = proxied
    key = f"row-{fault}"
    with _faults(proxy, fault):
        assert write(key) == seen
    row = clients("dynamodb").get_item(TableName="rows", Key={"transaction_id": {"S": key}}).get("Item")
    assert row == (None if fault in NOT_DONE else {"transaction_id": {"S": key}})
    assert [(call.operation, call.attempt, struck) for call, struck in proxy.struck if call.key == key] == [
        ("PutItem", 1, fault)
    ]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"Item": {"transaction_id": {"S": "a"}}}, "a"),
        ({"Key": {"transaction_id": {"S": "b"}}}, "b"),
        ({"Key": {"other": {"S": "b"}}}, ""),
        ({"TransactItems": []}, ""),
        ({}, ""),
    ],
)
def test_a_call_is_known_by_the_row_it_is_about(content: dict[str, Any], key: str) -> None:
    assert transaction_of(content) == key
