"""The list of open payments: what it asks for, and what it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payflow_cfn.payments.open_payments import as_text, list_open

START = datetime(2026, 11, 25, 10, tzinfo=UTC)
SHARDS = "0123"


class Index:
    """DynamoDB's sparse index over a table in memory: only items with its key are in it, in order, page by page."""

    def __init__(self, items: list[dict[str, Any]], *, page: int = 1000) -> None:
        self.items, self.page = items, page
        self.asked: list[int] = []

    def query(self, **request: Any) -> dict[str, Any]:
        assert (request["TableName"], request["IndexName"]) == ("payments", "open-payments")
        shard = request["ExpressionAttributeValues"][":shard"]
        found = sorted(
            (each for each in self.items if each.get("open_shard") == shard), key=lambda each: each["open_since"]["S"]
        )
        after = request.get("ExclusiveStartKey", {"at": -1})["at"] + 1
        until = after + min(request["Limit"], self.page)
        self.asked.append(len(found[after:until]))
        more = {"LastEvaluatedKey": {"at": until - 1}} if until < len(found) else {}
        return {"Items": found[after:until], **more}


def dynamodb(items: list[dict[str, Any]], *, page: int = 1000) -> Any:
    """The index as a client."""
    return Index(items, page=page)


def settled(number: int) -> dict[str, Any]:
    return {"transaction_id": {"S": f"done-{number}"}, "status": {"S": "COMPLETED"}}


def waiting(number: int, *, shard: str) -> dict[str, Any]:
    since = (START + timedelta(minutes=number)).isoformat()
    texts = {"transaction_id": f"open-{number}", "status": "UNKNOWN", "currency": "USD", "open_since": since}
    return {
        **{name: {"S": value} for name, value in texts.items()},
        "open_shard": {"S": shard},
        "amount": {"N": "12.5"},
    }


@pytest.mark.parametrize("shards", ["0123", "0"])
def test_twenty_open_ones_of_ten_thousand_are_four_requests_oldest_first(shards: str) -> None:
    items = [settled(each) for each in range(9_980)]
    for number in range(20):
        items.insert(number * 499, waiting(19 - number, shard=shards[number % len(shards)]))
    index = dynamodb(items)
    listed = list_open(index, table="payments", limit=50)
    assert [each.transaction_id for each in listed.payments] == [f"open-{number}" for number in range(20)]
    assert (len(items), len(index.asked), sum(index.asked), listed.more) == (10_000, 4, 20, False)


def test_the_oldest_of_many_open_ones_are_few_requests() -> None:
    index = dynamodb([waiting(number, shard=SHARDS[number % 4]) for number in range(10_000)])
    listed = list_open(index, table="payments", limit=20)
    assert [each.transaction_id for each in listed.payments] == [f"open-{number}" for number in range(20)]
    assert (index.asked, listed.more) == ([21] * 4, True)


def test_a_short_page_is_followed() -> None:
    index = dynamodb([waiting(number, shard="0") for number in range(5)], page=2)
    assert len(list_open(index, table="payments", limit=50).payments) == 5
    assert index.asked == [2, 2, 1, 0, 0, 0]


def test_an_amount_has_its_currency_s_places() -> None:
    listed = list_open(dynamodb([waiting(1, shard="0")]), table="payments", limit=1)
    assert listed.payments[0].as_json()["amount"] == "12.50"
    assert "12.50 USD" in as_text(listed, START + timedelta(hours=1))


@pytest.mark.parametrize(
    ("status", "told", "waits_for"),
    [
        ("UNKNOWN", "", ""),
        ("DECLINED", "", "notice not sent"),
        ("FAILED", "", "notice not sent"),
        ("DECLINED", "DECLINED", "contradicted"),
        ("FAILED", "FAILED", "contradicted"),
        ("COMPLETED", "", "contradicted"),
    ],
)
def test_a_final_payment_is_listed_with_what_it_waits_for(status: str, told: str, waits_for: str) -> None:
    item = {**waiting(1, shard="0"), "status": {"S": status}, **({"told_status": {"S": told}} if told else {})}
    listed = list_open(dynamodb([item]), table="payments", limit=1)
    assert listed.payments[0].as_json()["waits_for"] == waits_for
    text = as_text(listed, START + timedelta(hours=1))
    assert f"USD  {status}{', ' if waits_for else ''}{waits_for}  -" in text
