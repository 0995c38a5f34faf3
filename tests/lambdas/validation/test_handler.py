"""Tests for validation.handler: no payment makes it raise, every answer is bounded, nothing secret is logged."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.stand_ins import Context, Table
from payments import clients
from payments.errors import ConfigurationError
from payments.facts import METHODS
from payments.ledger import Ledger
from validation import handler

EXECUTION = {"arn": "arn:aws:states:eu-west-2:1:execution:m:e", "started_at": "2026-11-25T10:00:00.000Z"}
RULES = {"limits": "USD 10000 5000", "risk_threshold": "50"}
PAN = "4111111111111111"


def validated(payment: object, table: Table | None = None) -> dict[str, Any]:
    event = {"payment": payment, "rules": RULES, "execution": EXECUTION}
    return handler.validate(Ledger(table or Table(), table="t"), event, now=0.0).as_json()


def test_a_rejection_is_counted_once_however_often_its_step_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        handler,
        "count_payment",
        lambda status, *, payment_method, currency, minor: counted.append((status, payment_method, currency)),
    )
    table, payment = Table(), {"transaction_id": "T", "payment_amount": "1.00", "customer_id": "C"}
    answers = [validated(payment, table) for _ in range(3)]
    # Each of them is this execution's own: whichever arrives has to be told.
    assert [(each["outcome"], each["replayed"]) for each in answers] == [("REJECTED", False)] * 3
    assert counted == [("REJECTED", "none", "USD")]
    validated({}, table)
    assert counted[1:] == [("REJECTED", "none", "USD")]


def test_an_entered_payment_s_amount_is_counted_once(capsys: pytest.CaptureFixture[str]) -> None:
    payment = {"transaction_id": "T", "payment_amount": "1.05", "payment_method": "credit_card", "customer_id": "C"}
    table = Table()
    assert [validated(payment, table)["outcome"] for _ in range(3)] == ["VALIDATED"] * 3
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [(line["PaymentsEntered"], line["AmountOpen"], line["currency"]) for line in counted] == [
        ([1.0], [105.0], "USD")
    ]


def test_an_exemption_of_the_workflow_reaches_the_search() -> None:
    payment = {
        "transaction_id": "T",
        "payment_amount": "1.00",
        "payment_method": "credit_card",
        "customer_id": "C",
        "metadata": {"kid": PAN},
    }
    rules = {**RULES, "card_search_exemptions": "metadata.kid=[0-9]{16}"}
    event = {"payment": payment, "rules": rules, "execution": EXECUTION}
    known = handler.validate(Ledger(Table(), table="t"), event, now=0.0)
    assert (validated(payment)["outcome"], known.outcome) == ("REJECTED", "VALIDATED")


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(PAN) | st.just("\ud800")
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
amounts = anything | st.decimals("0.01", "20000", places=2).map(str) | st.floats(0, 20000) | st.integers(0, 20000)
payments = st.fixed_dictionaries(
    {},
    optional={
        "transaction_id": anything | st.from_regex(r"[!-~]{1,20}", fullmatch=True),
        "payment_amount": amounts,
        "payment_method": anything | st.sampled_from(METHODS),
        "customer_id": anything | st.from_regex(r"[A-Z0-9-]{1,10}", fullmatch=True),
        "currency": anything | st.sampled_from(["USD", "JPY", "BHD"]),
        "metadata": anything,
        "other": anything,
    },
)


@settings(max_examples=3 * settings().max_examples)
@given(payment=anything | payments)
@pytest.mark.slow
def test_no_input_makes_the_function_raise_and_none_passes_that_breaks_a_rule(payment: Any) -> None:
    table = Table()
    answer = validated(payment, table)
    text = json.dumps(answer)
    assert len(text) < 65_536
    assert answer["outcome"] in ("VALIDATED", "REJECTED")
    assert set(answer["facts"]) == {"transaction_id", "amount", "currency", "payment_method"}
    if answer["outcome"] == "VALIDATED":
        accepted = answer["payment"]
        assert answer["errors"] == []
        assert Decimal(0) < Decimal(accepted["amount"]) <= Decimal(10000)
        assert accepted["payment_method"] in METHODS
        assert accepted["transaction_id"] == payment["transaction_id"]
        assert accepted["customer_id"] == payment["customer_id"]
        assert accepted["risk_score"] < 50
    else:
        assert answer["errors"]
        assert answer["payment"] is None
    assert PAN not in text + json.dumps(table.items)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "payment",
    [
        {"transaction_id": "T", "customer_note": "x" * 300_000},
        {"transaction_id": "x" * 300_000},
        {"payment_amount": "9" * 300_000},
        {"x" * 300_000: 1},
        {"transaction_id": "T", "metadata": nested(50_000)},
        {"transaction_id": "\ud800", "customer_id": "\ud800\udc00", "payment_method": "\udfff"},
        {"transaction_id": "T" * 500, "payment_amount": "line1\nline2 \u00fc \U0001f4a5" * 50_000},
        {str(number): number for number in range(100_000)},
    ],
    ids=["note", "id", "amount", "key", "deep", "surrogates", "O09", "wide"],
)
def test_a_hostile_input_is_one_bounded_rejection(payment: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    table = Table()
    answer = validated(payment, table)
    assert answer["outcome"] == "REJECTED"
    assert len(json.dumps(answer)) < 4_096
    assert len(json.dumps(table.items)) < 8_192
    assert len(capsys.readouterr().out) < 8_192


def test_the_log_line_and_the_answer_of_a_refused_card_hold_none_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table()
    card = {"transaction_id": "T", "payment_amount": "1.00", "card": {"number": "4111 1111 1111 1111", "cvv": "987"}}
    answer = validated(card, table)
    text = json.dumps(answer) + json.dumps(table.items) + capsys.readouterr().out
    assert "card_data" in text
    numbers = set(re.findall("[0-9]+", text))  # a time in milliseconds may hold any three digits
    assert not numbers & {"4111", "1111", "4111111111111111", "987"}


@pytest.mark.parametrize("event", [{}, {"execution": {}}, {"execution": {"arn": 5}}, {"execution": {"arn": ""}}])
def test_a_payload_without_an_execution_is_a_technical_error(event: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="no execution"):
        handler.validate(Ledger(Table(), table="t"), event, now=0.0)


def test_handle_uses_the_table_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    clients.ledger.cache_clear()
    monkeypatch.setattr("payments.clients.dynamodb", lambda: table)
    monkeypatch.delenv("TABLE_NAME", raising=False)
    event = {"payment": {"transaction_id": "T"}, "rules": RULES, "execution": EXECUTION}
    with pytest.raises(ConfigurationError, match="TABLE_NAME is not set"):
        handler.handle(event, Context())
    monkeypatch.setenv("TABLE_NAME", "dynamodb-transactions-dev")
    assert handler.handle(event, Context())["outcome"] == "REJECTED"
    assert list(table.items) == ["T"]
    clients.ledger.cache_clear()
