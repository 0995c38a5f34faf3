"""Tests of what is marked after a restore: by its row, or from its execution's input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.stand_ins import Table
from payflow_cfn.errors import BooksError
from payflow_cfn.payments.books import Books
from payflow_cfn.payments.restore import Marked, Restore, find_restored, gateway_of, mark_restored
from payments.facts import Payment
from payments.gateways.protocol import idempotency_key
from payments.money import Money
from payments.rows import Item, open_item, payment_item, read_row, sent_item, strings
from payments.rows import Sent as Window
from payments.statuses import COMPLETED, DECLINED, PROCESSING, REJECTED, UNKNOWN, VALIDATED

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SINCE, UNTIL = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
RESTORE = Restore(since=SINCE, until=UNTIL, gateway="http https://bank.example:8443/v1")
KEEPER = "arn:aws:sts::123456789012:assumed-role/keeper/alex"
ENTERED = "2026-11-29T09:30:00.000Z"


def milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


ENTERED_MS = milliseconds(datetime.fromisoformat(ENTERED))


class OpenTable(Table):
    """The table with its sparse index, a page of one item each."""

    def get_paginator(self, operation: str) -> OpenTable:
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        assert (request["TableName"], request["IndexName"]) == ("payments", "open-payments")
        shard = request["ExpressionAttributeValues"][":shard"]
        yield from ({"Items": [each]} for each in list(self.items.values()) if each.get("open_shard") == shard)


class Executions:
    """Step Functions' list of executions, the newest first, and what each was started with."""

    def __init__(self, *executions: dict[str, Any]) -> None:
        self.executions = {each["executionArn"]: each for each in executions}
        self.described: list[str] = []

    def get_paginator(self, operation: str) -> Executions:
        assert operation == "list_executions"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        assert request == {"stateMachineArn": "arn:machine"}
        for each in sorted(self.executions.values(), key=lambda one: one["startDate"], reverse=True):
            yield {"executions": [{name: each[name] for name in ("executionArn", "startDate")}]}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        self.described.append(executionArn)
        return self.executions[executionArn]


def stepfunctions(*executions: dict[str, Any]) -> Any:
    """These executions as a client."""
    return Executions(*executions)


def payment(transaction_id: str) -> Payment:
    return Payment(transaction_id, Money(minor=1010, currency="USD"), "credit_card", "C-1")


def stored(transaction_id: str, status: str, **more: str) -> Item:
    texts = {"status": status, "attempt": "a", "execution": "arn:e", "created_at": ENTERED, **more}
    facts = payment(transaction_id)
    return {**payment_item(facts), **strings(**texts), **open_item(facts.facts, since=ENTERED)}


def execution(transaction_id: str, *, arn: str = "arn:x", minutes: int = 30, **more: Any) -> dict[str, Any]:
    """An execution that was started so many minutes after the restore point."""
    facts = {"transaction_id": transaction_id, "payment_amount": "10.10", "currency": "USD", "customer_id": "C-1"}
    given = {"payment_method": "credit_card", **more.pop("given", {})}
    started = SINCE + timedelta(minutes=minutes)
    shown = {"executionArn": arn, "startDate": started, "status": "RUNNING", "input": json.dumps({**facts, **given})}
    return {**shown, **more}


def result(status: str) -> dict[str, Any]:
    return {"status": "SUCCEEDED", "output": json.dumps({"status": status})}


def marked(items: list[Item], *executions: dict[str, Any]) -> tuple[OpenTable, list[Marked]]:
    table = OpenTable()
    table.items = {each["transaction_id"]["S"]: each for each in items}
    books = Books(table, "payments", KEEPER)
    before = dict(table.items)
    seen = find_restored(books, stepfunctions(*executions), "arn:machine", RESTORE)
    assert table.items == before
    found = mark_restored(books, stepfunctions(*executions), "arn:machine", RESTORE, now=NOW)
    assert (found.unread, seen) == ((), found)
    return table, list(found.marked)


@pytest.mark.parametrize("status", [VALIDATED, PROCESSING, UNKNOWN])
def test_an_open_payment_may_have_been_sent_from_its_entering_to_the_end(status: str) -> None:
    table, found = marked([stored("T-1", status)])
    assert found == [Marked("T-1", status)]
    row = read_row(table.items["T-1"])
    assert (row.status, row.execution, row.gateway) == (UNKNOWN, "arn:e", "http https://bank.example:8443/v1")
    assert row.sent == Window(first=ENTERED_MS - 60_000, until=milliseconds(UNTIL))
    assert table.items["T-1"]["idempotency_key"] == {"S": idempotency_key("T-1")}
    assert row.history[-1]["M"]["note"] == {"S": f"restored by {KEEPER}"}


@pytest.mark.parametrize("earlier", [0, 120_000])
@pytest.mark.parametrize("until", [UNTIL - timedelta(minutes=30), NOW])
def test_what_the_row_knows_of_its_requests_is_kept(earlier: int, until: datetime) -> None:
    sent = Window(first=ENTERED_MS - earlier, until=milliseconds(until))
    table, _ = marked([{**stored("T-1", PROCESSING, gateway="stripe"), **sent_item(sent)}])
    row = read_row(table.items["T-1"])
    wanted = Window(first=ENTERED_MS - max(earlier, 60_000), until=milliseconds(max(until, UNTIL)))
    assert (row.sent, row.gateway) == (wanted, "stripe")


@pytest.mark.parametrize("status", [COMPLETED, DECLINED])
def test_a_final_payment_stays_as_it_is(status: str) -> None:
    item = stored("T-1", status)
    table, found = marked([item], execution("T-1"))
    assert found == []
    assert table.items == {"T-1": item}


def test_a_row_that_changes_while_it_is_marked_stops_the_command() -> None:
    table = OpenTable()
    table.items["T-1"] = stored("T-1", VALIDATED)

    def claim(name: str, when: str) -> None:
        if (name, when) == ("UpdateItem", "before"):
            table.items["T-1"] |= strings(attempt="another")

    table.faults.append(claim)
    with pytest.raises(BooksError, match="T-1 changed meanwhile"):
        mark_restored(Books(table, "payments", KEEPER), stepfunctions(), "arn:machine", RESTORE, now=NOW)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (None, "none"),
        (strings(transaction_id="T-1", failure_error="States.Timeout", closed_until=ENTERED), "none"),
        ({**stored("T-1", REJECTED), "history": {"L": [{"M": {}}]}}, REJECTED),
    ],
)
def test_a_payment_that_came_later_is_entered_from_its_execution(row: Item | None, found: str) -> None:
    table, told = marked([row] if row else [], execution("T-1", arn="arn:late"))
    assert told == [Marked("T-1", found, "RUNNING")]
    item, start = table.items["T-1"], SINCE + timedelta(minutes=30)
    late = read_row(item)
    assert (late.status, late.facts, late.execution) == (UNKNOWN, payment("T-1").facts, "arn:late")
    assert late.sent == Window(first=milliseconds(start) - 60_000, until=milliseconds(UNTIL))
    assert len(late.history) == (2 if found == REJECTED else 1)
    assert item["open_shard"] == open_item(late.facts, since="")["open_shard"]


def test_of_two_executions_the_first_one_enters_the_payment() -> None:
    runs = [execution("T-1", arn=f"arn:{minutes}", minutes=minutes) for minutes in (40, 20, 30)]
    table, told = marked([], *runs)
    assert [each.transaction_id for each in told] == ["T-1"]
    assert read_row(table.items["T-1"]).execution == "arn:20"


@pytest.mark.parametrize("status", ["REJECTED", "CONFLICT"])
def test_what_was_refused_is_not_entered(status: str) -> None:
    table, told = marked([], execution("T-1", **result(status)))
    assert (told, table.items) == ([], {})


@pytest.mark.parametrize("given", [{"customer_id": ""}, {"metadata": {"note": "4111 1111 1111 1111"}}])
def test_a_payment_that_cannot_be_read_is_for_people(given: dict[str, Any]) -> None:
    table = OpenTable()
    sfn = stepfunctions(execution("T-1", given=given), execution("T-2", arn="arn:y", given=given, **result("REJECTED")))
    found = mark_restored(Books(table, "payments", KEEPER), sfn, "arn:machine", RESTORE, now=NOW)
    assert (found.marked, found.unread, table.items) == ((), ("arn:x",), {})


@pytest.mark.parametrize(
    ("how", "ended"),
    [(result("COMPLETED"), "COMPLETED"), ({"status": "FAILED", "error": "X"}, "X"), ({"status": "ABORTED"}, "ABORTED")],
)
def test_how_its_execution_ended_is_told(how: dict[str, Any], ended: str) -> None:
    assert marked([], execution("T-1", **how))[1] == [Marked("T-1", "none", ended)]


def test_executions_from_long_before_the_restore_point_are_not_read() -> None:
    table, sfn = OpenTable(), stepfunctions(execution("T-1", minutes=-90), execution("T-2", arn="arn:y", minutes=-30))
    mark_restored(Books(table, "payments", KEEPER), sfn, "arn:machine", RESTORE, now=NOW)
    assert sfn.described == ["arn:y"]


def test_the_gateway_is_named_as_the_rows_name_it() -> None:
    assert (
        gateway_of({"GatewayAdapter": "http", "GatewayUrl": "https://bank.example:8443/v1"})
        == "http https://bank.example:8443/v1"
    )
    assert gateway_of({"GatewayAdapter": "simulated", "GatewayUrl": ""}) == "simulated"


def test_an_execution_is_read_with_the_environment_s_exemptions() -> None:
    name = "PAY4111111111111111"
    given = {"transaction_id": name, "metadata": {"kid": "4111111111111111"}}
    exempt = "transaction_id=PAY[0-9]{16}; metadata.kid=[0-9]{16}"
    for exemptions, marked_ids, unread in (("", [], ("arn:x",)), (exempt, [name], ())):
        books = Books(OpenTable(), "payments", KEEPER)
        what = Restore(SINCE, UNTIL, RESTORE.gateway, exemptions)
        executions = stepfunctions(execution("T-1", given=given))
        found = mark_restored(books, executions, "arn:machine", what, now=NOW)
        assert ([each.transaction_id for each in found.marked], found.unread) == (marked_ids, unread)
