"""A payment's facts and their digest: requests with the same five values are the same payment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from payments.currencies import EXPONENTS
from payments.errors import ConfigurationError
from payments.money import AmountError, Money, parse_amount

METHODS: Final = ("credit_card", "debit_card", "bank_transfer", "digital_wallet")


@dataclass(frozen=True, slots=True)
class Payment:
    """A validated payment: what may be charged, to whom and how."""

    transaction_id: str
    money: Money
    payment_method: str
    customer_id: str
    risk_score: int = 0

    @property
    def facts(self) -> str:
        """The SHA-256 over the canonical facts; the risk score is a judgement, not a fact."""
        return digest(self.transaction_id, self.money.text, self.money.currency, self.payment_method, self.customer_id)

    def as_json(self) -> dict[str, Any]:
        """Return the payment as the validation function hands it to the processing function."""
        return {
            "transaction_id": self.transaction_id,
            "amount": self.money.text,
            "currency": self.money.currency,
            "payment_method": self.payment_method,
            "customer_id": self.customer_id,
            "risk_score": self.risk_score,
            "facts": self.facts,
        }


def digest(*parts: object) -> str:
    """Return the SHA-256 of the parts, as a JSON list: two different lists never have the same text."""
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode("ascii")).hexdigest()


def read_payment(value: object) -> Payment:
    """Read a payment that the validation function wrote; raise ConfigurationError when its facts do not agree."""
    if not isinstance(value, Mapping):
        raise ConfigurationError("the payload has no payment object", remedy="pass the validation's payment on")
    payment = _payment_of(value)
    if payment.facts != value.get("facts"):
        raise ConfigurationError("the payment's facts were changed after validation", remedy="validate it again")
    return payment


def _payment_of(value: Mapping[str, Any]) -> Payment:
    """Build the payment from its fields; every field was checked by the validation function."""
    try:
        currency = value["currency"]
        if currency not in EXPONENTS or value["payment_method"] not in METHODS:
            raise KeyError("currency or payment_method")
        return Payment(
            transaction_id=str(value["transaction_id"]),
            money=parse_amount(value["amount"], currency=currency),
            payment_method=value["payment_method"],
            customer_id=str(value["customer_id"]),
            risk_score=int(value.get("risk_score", 0)),
        )
    except (KeyError, TypeError, ValueError, AmountError) as error:
        raise ConfigurationError("the payload's payment is not a validated one", remedy="validate it first") from error
