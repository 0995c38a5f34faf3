"""What a payment gateway is to us: charge once under an idempotency key, and say later what became of that key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from payments.errors import PaymentsError
from payments.facts import Payment


class ChargeStatus(StrEnum):
    """What a gateway says of a charge; NOT_FOUND only answers `find`: the key was never seen."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"
    NOT_FOUND = "NOT_FOUND"


class GatewayUnavailable(PaymentsError):  # noqa: N818 - a state of the gateway, as DESIGN names it
    """Nothing was sent to the gateway, or it said that it charged nothing: safe to repeat."""


class OutcomeUnknown(PaymentsError):  # noqa: N818 - a state of the charge, as DESIGN names it
    """The request may have reached the gateway: ask it with `find` before any new charge."""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """What the gateway is asked to take: `amount_minor` in the currency's minor units."""

    transaction_id: str
    amount_minor: int
    currency: str
    payment_method: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """The gateway's word; `reference` is its own id of the charge, `decline_code` one of outcomes.DECLINE_CODES."""

    status: ChargeStatus
    reference: str = ""
    decline_code: str = ""


class Gateway(Protocol):
    """An adapter. `charge` may be repeated with the same key without a second charge; `find` never charges.

    Both raise GatewayUnavailable when nothing was sent and OutcomeUnknown when that cannot be said. The gateway
    remembers a key for at least `key_lifetime` seconds, None for ever. `since` bounds a search: no charge of this
    payment was sent before that time (seconds since 1970).
    """

    @property
    def key_lifetime(self) -> float | None: ...

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer: ...
    def find(self, request: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer: ...


def charge_request(payment: Payment) -> ChargeRequest:
    """Return the gateway's view of a validated payment."""
    return ChargeRequest(
        transaction_id=payment.transaction_id,
        amount_minor=payment.money.minor,
        currency=payment.money.currency,
        payment_method=payment.payment_method,
        customer_id=payment.customer_id,
    )


def idempotency_key(transaction_id: str) -> str:
    """Return the key of a payment's only charge: from its id alone, so that no attempt or payload can make another.

    Hashed, since gateways limit a key's length and alphabet.
    """
    return "payflow-" + hashlib.sha256(transaction_id.encode("utf-8", "surrogatepass")).hexdigest()[:48]
