"""What needs a person: late payments, alarms in ALARM, and what could not be looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payflow_cfn.payments.attention import LATE_SECONDS, Attention, read_attention
from payflow_cfn.payments.open_payments import SHARDS
from payment_stubs import AT, TABLE, Cloud

ALARMS = ["alarm-one-dev", "alarm-two-dev"]


def since(seconds: int) -> str:
    return (AT - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def counts(cloud: Cloud, shard: int, *times: str, more: str = "", after: str = "") -> None:
    """One page of a shard: the times that it has, and where the next page begins."""
    key = {"transaction_id": {"S": more or after}}
    asked = {
        "TableName": TABLE, "IndexName": "open-payments", "KeyConditionExpression": "open_shard = :shard",
        "ExpressionAttributeValues": {":shard": {"S": str(shard)}}, "Select": "SPECIFIC_ATTRIBUTES",
        "ProjectionExpression": "open_since", **({"ExclusiveStartKey": key} if after else {}),
    }  # fmt: skip
    page: dict[str, Any] = {"Items": [{"open_since": {"S": each}} for each in times]}
    cloud.stub("dynamodb").add_response("query", page | ({"LastEvaluatedKey": key} if more else {}), asked)


def rings(cloud: Cloud, *alarms: dict[str, Any], names: list[str] = ALARMS) -> None:
    asked = {
        "AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "StateValue": "ALARM", "MaxRecords": 100
    }  # fmt: skip
    cloud.stub("cloudwatch").add_response("describe_alarms", {"MetricAlarms": list(alarms)}, asked)


def read(cloud: Cloud, names: list[str] = ALARMS) -> Attention:
    clients = (cloud.client("dynamodb"), cloud.client("cloudwatch"))
    found = read_attention(*clients, table=TABLE, alarms=names, now=AT)
    cloud.check()
    return found


@pytest.mark.parametrize(
    ("oldest", "late", "text"),
    [
        (LATE_SECONDS, False, "  open payments: 3, the oldest for 1 h 0 min"),
        (
            LATE_SECONDS + 1,
            True,
            "  open payments: 3, the oldest for 1 h 0 min, more than 60 min: `payflow payments --open` lists them",
        ),
    ],
)
def test_open_payments_of_all_pages_are_counted_and_the_oldest_one_is_late_after_an_hour(
    oldest: int, late: bool, text: str
) -> None:
    cloud = Cloud()
    counts(cloud, 0, since(5), more="T-1")
    counts(cloud, 0, since(oldest), after="T-1")
    counts(cloud, 1)
    counts(cloud, 2, since(7))
    counts(cloud, 3)
    rings(cloud)
    found = read(cloud)
    assert (found.open_payments, found.oldest_since, found.late, found.is_needed) == (3, since(oldest), late, late)
    assert found.text == text


def test_an_alarm_in_alarm_needs_a_person() -> None:
    cloud = Cloud()
    for shard in range(SHARDS):
        counts(cloud, shard)
    rings(cloud, {"AlarmName": "alarm-two-dev", "StateTransitionedTimestamp": AT, "AlarmDescription": "dev: it rings."})
    found = read(cloud)
    assert (found.is_needed, found.text.splitlines()) == (
        True,
        ["  open payments: 0", "  alarm-two-dev is in ALARM since 2026-11-25T10:00:00Z: dev: it rings."],
    )


def test_more_alarms_than_one_request_takes_are_all_read() -> None:
    cloud, names = Cloud(), [f"alarm-{number}-dev" for number in range(101)]
    for shard in range(SHARDS):
        counts(cloud, shard)
    rings(cloud, names=names[:100])
    rings(cloud, {"AlarmName": names[100], "StateUpdatedTimestamp": AT}, names=names[100:])
    assert [each.name for each in read(cloud, names).alarms] == names[100:]


def test_what_may_not_be_looked_up_is_not_in_order() -> None:
    cloud = Cloud()
    cloud.stub("dynamodb").add_client_error("query", "AccessDeniedException", "no")
    cloud.stub("cloudwatch").add_client_error("describe_alarms", "AccessDenied", "no")
    found = read(cloud)
    assert (found.open_payments, found.is_needed) == (None, True)
    assert [each.partition(" (no)")[0] for each in found.text.splitlines()] == [
        "  not known: access denied counting the open payments", "  not known: access denied reading the alarms"
    ]  # fmt: skip
