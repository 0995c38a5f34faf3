"""Tests for validation.fields: every fault is named at once, and what is shown of a payment is safe to show."""

from __future__ import annotations

from typing import Any

import pytest

from payments.errors import ConfigurationError
from payments.exemptions import read_exemptions
from validation.fields import known_ids, read_submission

GOOD: dict[str, Any] = {
    "transaction_id": "TXN-001",
    "payment_amount": "100.50",
    "payment_method": "credit_card",
    "customer_id": "C-1",
}
PAN = "4111111111111111"


def codes(value: object) -> list[str]:
    return [fault.split(":")[0] for fault in read_submission(value).faults]


def test_a_good_payment_has_no_fault_and_unknown_fields_are_dropped() -> None:
    submission = read_submission({**GOOD, "metadata": {"order": 1}, "surprise": [1, 2]})
    assert submission.faults == ()
    assert submission.payment is not None
    assert sorted(submission.payment.as_json()) == sorted(
        ["transaction_id", "amount", "currency", "payment_method", "customer_id", "risk_score", "facts"]
    )


@pytest.mark.parametrize("value", [None, [], [GOOD], "text", 1, True, ""])
def test_what_is_no_object_is_one_fault(value: object) -> None:
    assert codes(value) == ["not_an_object"]


def test_every_missing_field_is_named_at_once() -> None:
    assert codes({}) == ["transaction_id_missing", "amount_missing", "payment_method_missing", "customer_id_missing"]


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = {"transaction_id": 1, "payment_amount": "x", "payment_method": "cash", "customer_id": [], "currency": "usd"}
    assert codes({**wrong, "metadata": "text"}) == [
        "currency_invalid",
        "transaction_id_invalid",
        "amount_invalid",
        "payment_method_invalid",
        "customer_id_invalid",
        "metadata_invalid",
    ]


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\n", "ä", "x" * 129, "\ud800", "a\x00", "é", "\u202e", True, 5, 5.0, {}, None]
)
def test_an_id_that_breaks_the_rule_is_not_repeated(text: object) -> None:
    submission = read_submission({**GOOD, "transaction_id": text})
    assert submission.transaction_id is None
    assert submission.shown["transaction_id"] is None
    assert any(fault.startswith("transaction_id_") for fault in submission.faults)


@pytest.mark.parametrize("text", ["T", "x" * 128, "order/2026#1", "a:b.c-d_e=+@,;!", "~"])
def test_visible_ascii_is_an_id(text: str) -> None:
    assert read_submission({**GOOD, "transaction_id": text}).transaction_id == text


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("transaction_id", PAN, "transaction_id"),
        ("transaction_id", "4111-1111-1111-1111", "transaction_id"),
        ("payment_amount", PAN, "amount"),
        ("payment_amount", int(PAN), "amount"),
        ("currency", PAN, "currency"),
        ("payment_method", PAN, "payment_method"),
        ("customer_id", PAN, "amount"),
    ],
)
def test_a_card_number_in_a_field_is_refused_and_not_repeated(field: str, value: object, shown: str) -> None:
    submission = read_submission({**GOOD, field: value})
    assert "card_data" in {fault.split(":")[0] for fault in submission.faults}
    assert PAN[:8] not in str(submission).replace("-", "")
    assert submission.shown[shown] is None or field == "customer_id"


def test_the_currency_is_dollars_unless_another_one_is_given() -> None:
    assert read_submission(GOOD).shown["currency"] == "USD"
    assert read_submission({**GOOD, "currency": None}).shown["currency"] == "USD"
    assert read_submission({**GOOD, "currency": "JPY", "payment_amount": 500}).shown["amount"] == "500"


def test_an_amount_in_an_unknown_currency_is_judged_but_not_shown() -> None:
    assert codes({**GOOD, "currency": "XXX"}) == ["currency_invalid"]
    assert codes({**GOOD, "currency": "XXX", "payment_amount": "1.2345"}) == ["currency_invalid"]
    assert read_submission({**GOOD, "currency": "XXX"}).shown["amount"] is None


def test_a_huge_note_is_refused_and_the_other_faults_are_still_named() -> None:
    assert codes({**GOOD, "customer_note": "x" * 300_000, "payment_amount": "-1"}) == ["too_large", "amount_invalid"]


def test_an_id_of_a_known_form_is_taken_as_it_is() -> None:
    payment = {**GOOD, "transaction_id": "PAY" + PAN, "customer_id": "C-1"}
    assert read_submission(payment).transaction_id is None
    known = read_submission(payment, read_exemptions("transaction_id=PAY[0-9]{16}"))
    assert (known.transaction_id, known.faults) == ("PAY" + PAN, ())
    other = read_submission({**payment, "customer_id": "PAY" + PAN}, read_exemptions("transaction_id=PAY[0-9]{16}"))
    assert (other.transaction_id, other.customer_id) == ("PAY" + PAN, None)


def test_the_exemptions_come_with_the_rules_and_a_wrong_one_fails_the_step() -> None:
    assert known_ids({"card_search_exemptions": "a=b"}).keys() == {"a"}
    assert known_ids({"limit": "1"}) == known_ids(None) == {}
    with pytest.raises(ConfigurationError, match="'a=\\.\\*'"):
        known_ids({"card_search_exemptions": "a=.*"})
