"""A payment's item in the table: read from, and written as, DynamoDB JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from payments.errors import LedgerError
from payments.facts import Payment
from payments.money import Money
from payments.statuses import NONE

Item = dict[str, dict[str, Any]]

# A partition of an index takes 1,000 writes a second; open payments are spread over this many.
OPEN_SHARDS: Final = 4


@dataclass(frozen=True, slots=True)
class Sent:
    """When requests may have left for the gateway: from `first` until `until`, in milliseconds since 1970."""

    first: int
    until: int


@dataclass(frozen=True, slots=True)
class Row:
    """The attributes of a stored payment that decisions need.

    `sent` is None when nothing was or is being sent. `acknowledged`: the gateway knows the charge. `told` is the status
    in the notice that was sent. `contradicted`: the gateway gave another outcome than the row's final status.
    `is_only_a_word`: a person recorded the final status, and the books were not compared. An execution that started
    before `closed_until` (ISO 8601) may not enter the payment: a notice reported it as failed.
    """

    status: str = NONE
    facts: str = ""
    execution: str = ""
    attempt: str = ""
    result: str = ""
    gateway: str = ""
    sent: Sent | None = None
    acknowledged: bool = False
    told: str = ""
    contradicted: bool = False
    is_only_a_word: bool = False
    closed_until: str = ""
    forgotten_at: str = ""
    history: tuple[Any, ...] = ()


def read_row(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """Read a stored item. Absent attributes are empty, so a row with only a failure record has the status NONE."""

    def text(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    return Row(
        status=text("status") or NONE,
        facts=text("facts"),
        execution=text("execution"),
        attempt=text("attempt"),
        result=text("result"),
        gateway=text("gateway"),
        sent=Sent(*(int(item[name]["N"]) for name in ("sent_from", "sent_until"))) if "sent_until" in item else None,
        acknowledged="acknowledged_at" in item,
        told=text("told_status"),
        contradicted="contradicted_at" in item,
        is_only_a_word="settled_by" in item and "contradicted_at" not in item and "compared_at" not in item,
        closed_until=text("closed_until"),
        forgotten_at=text("forgotten_at"),
        history=tuple(item.get("history", {}).get("L", ())),
    )


def strings(**values: str | None) -> Item:
    """Return the values as string attributes, without the absent ones."""
    return {name: {"S": value} for name, value in values.items() if value}


def number(value: int | str) -> dict[str, str]:
    """Return a number attribute; a text is stored digit for digit, so "30.40" stays "30.40"."""
    return {"N": str(value)}


def sent_item(sent: Sent) -> Item:
    """Return the attributes for the time in which requests may have been sent."""
    return {"sent_from": number(sent.first), "sent_until": number(sent.until)}


def open_item(facts: str, *, since: str) -> Item:
    """Return the attributes that list a payment as open, the keys of a sparse index; `since` is ISO 8601."""
    return strings(open_shard=str(int(facts[:8], 16) % OPEN_SHARDS), open_since=since)


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


def row_payment(item: Mapping[str, Mapping[str, Any]]) -> Payment:
    """Return the payment of a row; raise LedgerError for a row that does not hold one."""
    if "forgotten_at" in item:
        raise LedgerError("the payment's customer was forgotten", remedy="nothing is left to do: its status is final")
    try:
        payment = Payment(
            transaction_id=item["transaction_id"]["S"],
            money=Money(minor=int(item["amount_minor"]["N"]), currency=item["currency"]["S"]),
            payment_method=item["payment_method"]["S"],
            customer_id=item["customer_id"]["S"],
            risk_score=int(item["risk_score"]["N"]),
        )
    except KeyError as error:
        raise LedgerError(f"the payment's row has no {error.args[0]}", remedy="look at the row") from None
    if payment.facts != item["facts"]["S"]:
        raise LedgerError("the payment's row does not agree with its own facts", remedy="look at the row")
    return payment
