"""The protocol of a payment gateway: charge once under an idempotency key, and find the charge of a key later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from payments.errors import PaymentsError
from payments.facts import Payment


class ChargeStatus(StrEnum):
    """The status of a charge at the gateway; only `find` returns NOT_FOUND: the gateway never saw the key."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"
    NOT_FOUND = "NOT_FOUND"


class GatewayUnavailable(PaymentsError):  # noqa: N818 - a state of the gateway, as DESIGN names it
    """Nothing was sent to the gateway, or it answered that it charged nothing: safe to repeat."""


class OutcomeUnknown(PaymentsError):  # noqa: N818 - a state of the charge, as DESIGN names it
    """The request may have reached the gateway: ask it with `find` before any new charge."""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """A charge to request from the gateway; `amount_minor` is in the currency's minor units."""

    transaction_id: str
    amount_minor: int
    currency: str
    payment_method: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """The gateway's answer; `reference` is its own id of the charge, `decline_code` one of outcomes.DECLINE_CODES."""

    status: ChargeStatus
    reference: str = ""
    decline_code: str = ""


class Gateway(Protocol):
    """An adapter. `charge` may be repeated with the same key without a second charge; `find` never charges.

    Both raise GatewayUnavailable when nothing was sent, and OutcomeUnknown when that is not certain. The gateway
    remembers a key for at least `key_lifetime` seconds; None means for ever. `since` (seconds since 1970) bounds a
    search: no charge of this payment was sent before it.
    """

    @property
    def key_lifetime(self) -> float | None: ...

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer: ...
    def find(self, request: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer: ...


def charge_request(payment: Payment) -> ChargeRequest:
    """Return the charge request of a validated payment."""
    return ChargeRequest(
        transaction_id=payment.transaction_id,
        amount_minor=payment.money.minor,
        currency=payment.money.currency,
        payment_method=payment.payment_method,
        customer_id=payment.customer_id,
    )


def idempotency_key(transaction_id: str) -> str:
    """Return the key of a payment's only charge, made from its id alone: every attempt and payload gets the same key.

    It is hashed because gateways limit a key's length and characters.
    """
    return "payflow-" + hashlib.sha256(transaction_id.encode("utf-8", "surrogatepass")).hexdigest()[:48]
