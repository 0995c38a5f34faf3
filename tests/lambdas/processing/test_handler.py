"""Tests for processing.handler: the whole way of a payment through both functions, its log line and its metric."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.stand_ins import Context, Table
from payments import clients
from payments.errors import ConfigurationError
from payments.gateways.protocol import GatewayUnavailable
from processing import handler as processing
from validation import handler as validation

EXECUTION = {"arn": "arn:aws:states:eu-west-2:1:execution:m:e", "started_at": "2026-11-25T10:00:00.000Z"}
RULES = {"limits": "USD 10000 5000", "risk_threshold": "50"}
GATEWAY = {"adapter": "simulated", "url": "", "secret_arn": ""}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """A table behind both functions; their log lines are collected, not printed."""
    stand_in = Table()
    monkeypatch.setattr("payments.clients.dynamodb", lambda: stand_in)
    monkeypatch.setenv("TABLE_NAME", "dynamodb-transactions-dev")
    clients.ledger.cache_clear()
    yield stand_in
    clients.ledger.cache_clear()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the processing function logs."""
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(processing, "log_event", lambda event, **fields: logged.append({"event": event, **fields}))
    return logged


def run(amount: str, *, step: str = "process", last: bool = False, arn: str = EXECUTION["arn"]) -> dict[str, Any]:
    """Send a payment through both functions, each answer as JSON text, as Lambda does."""
    execution = {**EXECUTION, "arn": arn}
    payment = {"transaction_id": "T", "payment_amount": amount, "payment_method": "credit_card", "customer_id": "C"}
    event: dict[str, Any] = {"payment": payment, "rules": RULES, "execution": execution}
    answer: dict[str, Any] = json.loads(json.dumps(validation.handle(event, Context())))
    if answer["outcome"] != "VALIDATED":
        return answer
    event = {"payment": answer["payment"], "gateway": GATEWAY, "execution": execution, "step": step, "last": last}
    event["quiet_seconds"] = event["clock_margin_seconds"] = 0
    return dict(json.loads(json.dumps(processing.handle(event, Context()))))


def test_a_completed_payment_is_three_writes_and_no_read(table: Table) -> None:
    assert run("100.50")["outcome"] == "COMPLETED"
    assert table.calls == ["PutItem", "UpdateItem", "UpdateItem"]


def test_a_replay_is_one_request_in_validation_with_the_first_result(table: Table) -> None:
    first = run("100.50")
    table.calls.clear()
    again = run("100.5", arn="another")
    assert table.calls == ["PutItem"]
    assert (again["outcome"], again["replayed"]) == ("COMPLETED", True)
    assert json.dumps(again["result"]) == json.dumps(first["result"])


@pytest.mark.parametrize(
    ("amount", "outcomes"),
    [
        ("1.05", ["DECLINED", "DECLINED"]),
        ("1.92", ["UNKNOWN", "COMPLETED"]),
        ("1.93", ["UNKNOWN", "UNKNOWN"]),
        ("1.94", ["UNKNOWN", "COMPLETED"]),
        ("1.95", ["UNKNOWN", "FAILED"]),
        ("1.96", ["UNKNOWN", "DECLINED"]),
    ],
)
def test_each_ending_of_the_simulated_gateway_goes_its_way(table: Table, amount: str, outcomes: list[str]) -> None:
    assert [run(amount)["outcome"], run(amount, step="reconcile", last=True)["outcome"]] == outcomes


def test_a_gateway_that_is_never_there_raises_and_ends_as_failed(table: Table) -> None:
    for _ in range(3):
        with pytest.raises(GatewayUnavailable):
            run("1.91")
    assert run("1.91", step="reconcile")["outcome"] == "UNKNOWN"
    assert run("1.91", step="reconcile", last=True)["outcome"] == "FAILED"
    assert table.items["T"]["status"] == {"S": "FAILED"}


def test_a_processed_payment_is_logged_once_with_a_numeric_duration(table: Table, events: list[dict[str, Any]]) -> None:
    run("100.50")
    (event,) = events
    assert event["event"] == "payment_processed"
    assert isinstance(event["duration_ms"], int)
    assert (event["status"], event["adapter"], event["amount"]) == ("COMPLETED", "simulated", "100.50")
    assert "customer_id" not in event


def test_the_duration_is_from_the_execution_s_start(table: Table, events: list[dict[str, Any]]) -> None:
    run("1.92")
    run("1.92", step="reconcile")
    assert [event["event"] for event in events] == ["payment_unknown", "payment_processed"]
    assert all(event["duration_ms"] >= 0 for event in events)


def test_an_unusable_gateway_stops_before_any_claim(table: Table) -> None:
    run("1.93")
    before = dict(table.items["T"])
    table.calls.clear()
    event = {"payment": None, "gateway": {"adapter": "paypal"}, "execution": EXECUTION}
    with pytest.raises(ConfigurationError):
        processing.handle(event, Context())
    assert table.calls == []
    assert table.items["T"] == before


def test_metrics_count_what_this_attempt_wrote(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    run("1.05")
    run("1.05")
    run("1.05", arn="another")
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    ended = [line for line in counted if "PaymentsEntered" not in line]
    assert [line["PaymentsDeclined"] for line in ended] == [[1.0]]
    assert all(isinstance(line["PaymentDuration"][0], float) for line in ended)
    assert [line["AmountDeclined"] for line in ended] == [[105.0]]


@pytest.mark.parametrize(("amount", "unsettled"), [("1.00", 0), ("1.05", 0), ("1.93", 193), ("1.94", 0)])
def test_the_sum_of_the_open_amounts_is_what_is_not_settled(
    amount: str, unsettled: int, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    run(amount)
    run(amount, step="reconcile", last=True)
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert sum(line["AmountOpen"][0] for line in counted if "AmountOpen" in line) == unsettled


def test_a_payment_that_waited_for_the_gateway_s_word_has_no_duration(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    run("1.92")
    run("1.92", step="reconcile")
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [line["PaymentsCompleted"] for line in counted if "PaymentsCompleted" in line] == [[1.0]]
    assert [line for line in counted if "PaymentDuration" in line] == []
