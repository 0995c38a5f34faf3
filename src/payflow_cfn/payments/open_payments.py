"""List the open payments, oldest first: those that wait for the gateway, for a notice or for a person."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.config.names import COUNTED_ATTRIBUTES, OPEN_PAYMENTS
from payflow_cfn.payments.aws_calls import asked
from payflow_cfn.workflow.payment_input import amount_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The index's partitions (payments.rows.OPEN_SHARDS; a test compares them).
SHARDS = 4
_UNITS = ((86_400, "d", 10**12), (3_600, "h", 86_400), (60, "min", 3_600), (1, "s", 60))
_FINAL = ("COMPLETED", "DECLINED", "FAILED")
_SHOWN = ("status", "amount", "currency", "gateway", "idempotency_key", "told_status")


class OpenPayment(NamedTuple):
    """An open payment: since when (ISO 8601), and its attributes in the index."""

    since: str
    transaction_id: str
    facts: Mapping[str, str]

    def as_json(self) -> dict[str, str]:
        """One flat object."""
        return {
            "transaction_id": self.transaction_id,
            "open_since": self.since,
            **self.facts,
            "waits_for": self.waits_for,
        }

    @property
    def waits_for(self) -> str:
        """Why a final payment is listed; empty for one that is not final.

        A final payment is in the index until its notice was sent, and again once the gateway contradicts it.
        """
        status = self.facts.get("status", "")
        if status not in _FINAL:
            return ""
        told = status == "COMPLETED" or self.facts.get("told_status") == status
        return "contradicted" if told else "notice not sent"


class Listed(NamedTuple):
    """The oldest open payments; `more`: there are others."""

    payments: tuple[OpenPayment, ...]
    more: bool


class Counted(NamedTuple):
    """How many payments are open, and since when the oldest one is (ISO 8601); empty without one."""

    payments: int
    oldest_since: str


def list_open(dynamodb: DynamoDBClient, *, table: str, limit: int) -> Listed:
    """The `limit` oldest open payments: one request for each shard, and another one only after a full page."""
    with asked("listing the open payments"):
        shards = [list(_shard(dynamodb, table, str(shard), limit + 1)) for shard in range(SHARDS)]
    found = list(heapq.merge(*shards))
    return Listed(tuple(found[:limit]), more=len(found) > limit)


def count_open(dynamodb: DynamoDBClient, *, table: str) -> Counted:
    """Count the open payments: one request for each shard, another one after each MB of the index.

    It reads nothing but times: a reader's policy allows no other attribute.
    """
    with asked("counting the open payments"):
        times = [since for shard in range(SHARDS) for since in _times(dynamodb, table, str(shard))]
    return Counted(len(times), min(times, default=""))


def age(since: str, now: datetime) -> str:
    """The time since `since` in its two largest units; empty if that is not a time."""
    seconds = seconds_since(since, now)
    if seconds is None:
        return ""
    parts = [f"{seconds % before // size} {name}" for size, name, before in _UNITS]
    first = next((index for index, part in enumerate(parts) if not part.startswith("0 ")), len(parts) - 1)
    return " ".join(parts[first : first + 2])


def seconds_since(since: str, now: datetime) -> int | None:
    """The whole seconds since `since`; None if that is not a time."""
    try:
        return max(0, int((now - datetime.fromisoformat(since)).total_seconds()))
    except (ValueError, TypeError):
        return None


def as_text(listed: Listed, now: datetime) -> str:
    """One line a payment: age, amount, status, the gateway's key, id."""
    rows = [_cells(each, now) for each in listed.payments]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = (map(str.ljust, row, widths) for row in rows)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def _cells(payment: OpenPayment, now: datetime) -> list[str]:
    facts = payment.facts
    status = facts.get("status", "")
    amount = f"{facts.get('amount', '')} {facts.get('currency', '')}"
    shown = ", ".join(filter(None, (status, payment.waits_for)))
    key = facts.get("idempotency_key", "-")
    return [age(payment.since, now), amount, shown, key, payment.transaction_id]


def _shard(dynamodb: DynamoDBClient, table: str, shard: str, wanted: int) -> Iterator[OpenPayment]:
    """The shard's oldest payments, in order, at most `wanted`."""
    request = _of_shard(table, shard)
    while wanted > 0:
        page = dynamodb.query(**request, Limit=wanted)
        yield from map(_open_payment, page["Items"])
        wanted -= len(page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _times(dynamodb: DynamoDBClient, table: str, shard: str) -> Iterator[str]:
    """Since when each payment of the shard is open."""
    request = {
        **_of_shard(table, shard),
        "Select": "SPECIFIC_ATTRIBUTES",
        "ProjectionExpression": COUNTED_ATTRIBUTES[1],
    }
    page: Mapping[str, Any] = {"LastEvaluatedKey": None}
    while "LastEvaluatedKey" in page:
        page = dynamodb.query(**request)
        yield from (item["open_since"]["S"] for item in page["Items"])
        request["ExclusiveStartKey"] = page.get("LastEvaluatedKey")


def _of_shard(table: str, shard: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "IndexName": OPEN_PAYMENTS,
        "KeyConditionExpression": "open_shard = :shard",
        "ExpressionAttributeValues": {":shard": {"S": shard}},
    }


def _open_payment(item: Mapping[str, Any]) -> OpenPayment:
    plain = {name: value.get("S", value.get("N", "")) for name, value in item.items()}
    facts = {name: plain[name] for name in _SHOWN if name in plain}
    if "amount" in facts:
        facts["amount"] = amount_text(facts["amount"], facts.get("currency", ""))
    return OpenPayment(plain["open_since"], plain["transaction_id"], facts)
