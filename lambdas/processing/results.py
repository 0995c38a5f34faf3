"""A payment's final result: made once, stored as text in the row and repeated byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from payments.bounds import REFERENCE_LENGTH, bounded
from payments.card_data import holds_card_data
from payments.facts import Payment
from payments.gateways.protocol import ChargeAnswer


def without_card_data(answer: ChargeAnswer) -> ChargeAnswer:
    """Return the answer, without a reference that may be a card number: references are stored, logged and shown."""
    kept = bounded(answer.reference, limit=REFERENCE_LENGTH)
    return replace(answer, reference="") if holds_card_data(kept) else answer


def result_of(payment: Payment, status: str, **facts: str) -> dict[str, Any]:
    """Return the result of a payment: its id, status, amount text and currency, then the facts that are not empty."""
    given = {name: bounded(value, limit=REFERENCE_LENGTH) for name, value in facts.items() if value}
    return {
        "transaction_id": payment.transaction_id,
        "status": status,
        "amount": payment.money.text,
        "currency": payment.money.currency,
        **given,
    }


def result_text(payment: Payment, status: str, *, at: str, **facts: str) -> str:
    """Return the final result as the text that the row keeps; `at` is when it was recorded."""
    return json.dumps(result_of(payment, status, **facts, completed_at=at), separators=(",", ":"))
