"""Tests for payments.facts: equal facts have one digest, different ones never, and a changed payment is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.errors import ConfigurationError
from payments.facts import Payment, digest, read_payment
from payments.money import Money

PAYMENT = Payment(
    transaction_id="T",
    money=Money(minor=1000, currency="USD"),
    payment_method="credit_card",
    customer_id="C",
    risk_score=30,
)


def test_a_payment_survives_its_way_through_json() -> None:
    assert read_payment(json.loads(json.dumps(PAYMENT.as_json()))) == PAYMENT


def test_the_digest_is_over_the_facts_and_not_the_risk() -> None:
    assert replace(PAYMENT, risk_score=0).facts == PAYMENT.facts
    others: list[dict[str, Any]] = [
        {"transaction_id": "U"},
        {"money": Money(minor=1001, currency="USD")},
        {"money": Money(minor=1000, currency="EUR")},
        {"payment_method": "debit_card"},
        {"customer_id": "D"},
    ]
    assert len({PAYMENT.facts, *(replace(PAYMENT, **other).facts for other in others)}) == 6


@given(left=st.lists(st.text() | st.none(), max_size=5), right=st.lists(st.text() | st.none(), max_size=5))
def test_two_lists_share_a_digest_only_when_they_are_equal(left: list[str | None], right: list[str | None]) -> None:
    assert (digest(*left) == digest(*right)) is (left == right)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "10.01"},
        {"amount": 10.0},
        {"amount": "x"},
        {"amount": "1e1"},
        {"currency": "EUR"},
        {"currency": []},
        {"payment_method": "cash"},
        {"customer_id": "D"},
        {"transaction_id": None},
        {"facts": "0" * 64},
        {"facts": None},
        {"risk_score": "many"},
    ],
    ids=str,
)
def test_a_payment_that_was_changed_after_validation_is_refused(change: dict[str, Any]) -> None:
    if change == {"amount": 10.0}:
        assert read_payment({**PAYMENT.as_json(), **change}) == PAYMENT
        return
    with pytest.raises(ConfigurationError):
        read_payment({**PAYMENT.as_json(), **change})


@pytest.mark.parametrize("value", [None, [], "T", {}, {"facts": "x"}])
def test_what_is_no_payment_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError):
        read_payment(value)
