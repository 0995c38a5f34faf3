"""Tests for payments.dynamodb: the same requests and refusals as the official client, repeated where that is safe."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from payments.dynamodb import DirectDynamoDB, DynamoDBError, Place, read_place
from payments.ledger import Ledger, Move
from payments.rows import Sent, strings

PLACE = Place(
    endpoint="https://dynamodb.eu-west-2.amazonaws.com/",
    region="eu-west-2",
    access_key="AKIDEXAMPLE",
    secret_key="secret",
    token="token",
)
ENVIRONMENT = {"AWS_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


class Wire:
    """botocore's HTTP session with scripted answers: (status, object or bytes) or an error to raise."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[Any] = []

    def send(self, request: Any) -> Any:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, said = answer
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        return SimpleNamespace(status_code=status, content=content, headers={"x-amz-crc32": str(zlib.crc32(content))})


def client(wire: Wire, slept: list[float] | None = None) -> DirectDynamoDB:
    sleep: Callable[[float], None] = (slept if slept is not None else []).append
    return DirectDynamoDB(PLACE, sleep=sleep, session=wire)


def refused(code: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **more}


def test_the_request_is_the_one_that_the_official_client_sends() -> None:
    wire, seen = Wire((200, {})), []
    request = {
        "TableName": "t",
        "Item": {"transaction_id": {"S": "T"}, "amount": {"N": "30.40"}},
        "ConditionExpression": "attribute_not_exists(#status)",
        "ExpressionAttributeNames": {"#status": "status"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    client(wire).put_item(**request)
    official: Any = botocore.session.get_session().create_client(
        "dynamodb", region_name="eu-west-2", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret"
    )

    def catch(request: Any, **_: Any) -> Any:
        seen.append(request)
        return SimpleNamespace(status_code=200, headers={}, content=b"{}", raw=None, text="{}")

    official.meta.events.register("before-send.dynamodb.PutItem", catch)
    official.put_item(**request)
    ours, theirs = wire.sent[0], seen[0]
    assert (ours.method, ours.url) == (theirs.method, theirs.url)
    assert json.loads(ours.body) == json.loads(theirs.body)
    for name in ("X-Amz-Target", "Content-Type"):
        assert _text(ours.headers[name]) == _text(theirs.headers[name])
    assert ours.headers["X-Amz-Security-Token"] == "token"
    signature = ours.headers["Authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-2/dynamodb/aws4_request" in signature


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_a_refused_condition_tells_the_row_that_stands_to_the_ledger() -> None:
    item = strings(transaction_id="T", status="COMPLETED", execution="other", attempt="x", facts="f")
    wire = Wire(refused("ConditionalCheckFailedException", Item=item))
    move = Move(transaction_id="T", target="PROCESSING", attempt="mine", execution="arn", at="now")
    standing = Ledger(client(wire), table="t").claim(move, facts="f", sent=Sent(first=0, until=1))
    assert standing is not None
    assert (standing.status, standing.execution) == ("COMPLETED", "other")
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "fault",
    [
        (500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}),
        (503, b"<html>unavailable</html>"),
        (200, b"{"),
        (200, b"[]"),
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("TransactionInProgressException"),
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
    ],
    ids=str,
)
def test_a_passing_fault_is_repeated_twice_with_growing_waits_and_then_told(
    fault: tuple[int, Any] | Exception,
) -> None:
    slept: list[float] = []
    wire = Wire(fault, fault, (200, {"ok": {}}))
    assert client(wire, slept).update_item(TableName="t") == {"ok": {}}
    assert len(slept) == 2
    assert 0 <= slept[0] <= 0.1
    assert 0 <= slept[1] <= 0.2
    with pytest.raises(DynamoDBError):
        client(Wire(fault, fault, fault)).update_item(TableName="t")


def test_bytes_that_do_not_match_their_checksum_are_not_believed() -> None:
    class Garbling(Wire):
        def send(self, request: Any) -> Any:
            answer = super().send(request)
            if len(self.sent) == 1:
                answer.content = answer.content.replace(b"1", b"2")
            return answer

    assert client(Garbling((200, {"n": 1}), (200, {"n": 1}))).get_item(TableName="t") == {"n": 1}


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_a_refusal_for_good_is_told_at_once(code: str) -> None:
    wire = Wire(refused(code, message="User arn:aws:sts::1:x is not authorized"))
    with pytest.raises(DynamoDBError, match=code) as caught:
        client(wire).put_item(TableName="t")
    assert caught.value.response["Error"]["Code"] == code
    assert "arn" not in str(caught.value)
    assert len(wire.sent) == 1


def test_lambda_s_environment_says_where_dynamodb_is() -> None:
    place = read_place({**ENVIRONMENT, "AWS_SESSION_TOKEN": "t"})
    assert place is not None
    assert (place.endpoint, place.token) == ("https://dynamodb.eu-west-2.amazonaws.com/", "t")
    local = read_place({**ENVIRONMENT, "AWS_ENDPOINT_URL": "https://localhost:4566", "AWS_CA_BUNDLE": "/ca.pem"})
    assert local is not None
    assert (local.endpoint, local.ca_bundle) == ("https://localhost:4566/", "/ca.pem")


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "ap-southeast-5", "mx-central-1", "ca-west-1"])
def test_the_guessed_address_is_botocore_s_own(region: str) -> None:
    official = botocore.session.get_session().create_client("dynamodb", region_name=region)
    place = read_place({**ENVIRONMENT, "AWS_REGION": region})
    assert place is not None
    assert place.endpoint == official.meta.endpoint_url + "/"


@pytest.mark.parametrize(
    "change",
    [
        {"AWS_REGION": "cn-north-1"},
        {"AWS_REGION": "us-iso-east-1"},
        {"AWS_REGION": "us-isob-east-1"},
        {"AWS_REGION": "eu-isoe-west-1"},
        {"AWS_REGION": "eusc-de-east-1"},
        {"AWS_REGION": ""},
        {"AWS_ACCESS_KEY_ID": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"HTTPS_PROXY": "http://proxy:3128"},
    ],
    ids=str,
)
def test_anything_special_is_left_to_the_official_client(change: dict[str, str]) -> None:
    assert read_place({**ENVIRONMENT, **change}) is None
