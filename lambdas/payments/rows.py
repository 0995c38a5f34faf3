"""The one item that the table holds for a payment, read from and written to DynamoDB's own JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments.facts import Payment
from payments.statuses import NONE

Item = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """What a decision needs of a stored payment; `lease_until` is milliseconds since 1970."""

    status: str = NONE
    facts: str = ""
    execution: str = ""
    attempt: str = ""
    lease_until: int = 0
    result: str = ""
    gateway: str = ""


def read_row(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """Read a stored item; absent attributes are empty, so a row with only a failure record has the status NONE."""

    def text(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    return Row(
        status=text("status") or NONE,
        facts=text("facts"),
        execution=text("execution"),
        attempt=text("attempt"),
        lease_until=int(item.get("lease_until", {}).get("N", 0)),
        result=text("result"),
        gateway=text("gateway"),
    )


def strings(**values: str | None) -> Item:
    """Return the values as string attributes, without the absent ones."""
    return {name: {"S": value} for name, value in values.items() if value}


def number(value: int | str) -> dict[str, str]:
    """Return a number attribute; a text is stored digit for digit, so "30.40" stays "30.40"."""
    return {"N": str(value)}


def payment_item(payment: Payment) -> Item:
    """Return the attributes of a valid payment."""
    return {
        **strings(
            transaction_id=payment.transaction_id,
            currency=payment.money.currency,
            payment_method=payment.payment_method,
            customer_id=payment.customer_id,
            facts=payment.facts,
        ),
        "amount": number(payment.money.text),
        "amount_minor": number(payment.money.minor),
        "risk_score": number(payment.risk_score),
    }
