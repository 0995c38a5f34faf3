"""Read a submitted payment field by field, and collect all of its faults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from payments.bounds import ID_LENGTH
from payments.card_data import holds_card_data
from payments.currencies import DEFAULT_CURRENCY, EXPONENTS
from payments.errors import ConfigurationError
from payments.exemptions import NO_EXEMPTIONS, Exemptions, ExemptionsError, is_exempt, read_exemptions
from payments.facts import METHODS, Payment
from payments.money import AmountError, Money, parse_amount
from payments.privacy import refusal

_ID: Final = re.compile(rf"[!-~]{{1,{ID_LENGTH}}}")
_WHOLE: Final[dict[str, str]] = {
    "card_data": "card_data: the payment holds card data, which is refused anywhere in it and was not stored",
    "too_large": "too_large: a text, or the payment as a whole, is larger than the service reads",
    "too_deep": "too_deep: the payment is nested deeper than 32 levels",
    "not_unicode": "not_unicode: a text is not valid Unicode",
}


@dataclass(frozen=True, slots=True)
class Submission:
    """The readable fields of a submitted payment; a field that is None was missing, refused or unsafe to show.

    `faults` are the input's own faults, `refusals` those of the rules.
    """

    transaction_id: str | None = None
    money: Money | None = None
    currency: str | None = None
    payment_method: str | None = None
    customer_id: str | None = None
    risk_score: int = 0
    faults: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def payment(self) -> Payment | None:
        """The payment if every field could be read; a rule may still refuse it."""
        if not (self.transaction_id and self.money and self.payment_method and self.customer_id):
            return None
        return Payment(
            transaction_id=self.transaction_id,
            money=self.money,
            payment_method=self.payment_method,
            customer_id=self.customer_id,
            risk_score=self.risk_score,
        )

    @property
    def shown(self) -> dict[str, str | None]:
        """The facts that a notice may show."""
        return {
            "transaction_id": self.transaction_id,
            "amount": self.money.text if self.money else None,
            "currency": self.currency,
            "payment_method": self.payment_method,
        }


def known_ids(rules: object) -> Exemptions:
    """Read the exemptions from the card search in `rules` of the payload; raise ConfigurationError for invalid ones."""
    text = rules.get("card_search_exemptions", "") if isinstance(rules, Mapping) else ""
    try:
        return read_exemptions(str(text))
    except ExemptionsError as error:
        raise ConfigurationError(f"rules.card_search_exemptions has {error.entry!r}", remedy=error.rule) from error


def read_submission(value: object, exemptions: Exemptions = NO_EXEMPTIONS) -> Submission:
    """Read any JSON value as a payment; never raises."""
    if not isinstance(value, Mapping):
        return Submission(faults=("not_an_object: a payment is a JSON object",))
    faults: list[str] = []
    whole = refusal(value, exemptions)
    if whole:
        faults.append(_WHOLE[whole])
    currency = _currency(value, faults)
    submission = Submission(
        transaction_id=_identifier(value, "transaction_id", faults, exemptions),
        money=_amount(value, currency, faults),
        currency=currency,
        payment_method=_method(value, faults),
        customer_id=_identifier(value, "customer_id", faults, exemptions),
    )
    if value.get("metadata") is not None and not isinstance(value["metadata"], Mapping):
        faults.append("metadata_invalid: metadata is a JSON object")
    return replace(submission, faults=tuple(faults))


def _identifier(value: Mapping[str, Any], name: str, faults: list[str], exemptions: Exemptions) -> str | None:
    """Return an id of visible ASCII characters that holds no card data."""
    text = value.get(name)
    if text is None or text == "":
        faults.append(f"{name}_missing: {name} is missing")
    elif not isinstance(text, str) or not _ID.fullmatch(text):
        faults.append(f"{name}_invalid: {name} is a text of 1 to {ID_LENGTH} visible ASCII characters without spaces")
    elif is_exempt(exemptions, name, text) or not holds_card_data(text):
        return text
    return None


def _currency(value: Mapping[str, Any], faults: list[str]) -> str | None:
    """Return the ISO 4217 code, USD when none is given."""
    code = value.get("currency")
    if code is None:
        return DEFAULT_CURRENCY
    if isinstance(code, str) and code in EXPONENTS:
        return code
    faults.append("currency_invalid: currency is an ISO 4217 code in capitals, such as USD")
    return None


def _amount(value: Mapping[str, Any], currency: str | None, faults: list[str]) -> Money | None:
    """Return the amount. With an unknown currency it is checked as dollars, and None is returned."""
    raw = value.get("payment_amount")
    if raw is None or raw == "":
        faults.append("amount_missing: payment_amount is missing")
        return None
    try:
        money = parse_amount(raw, currency=currency or DEFAULT_CURRENCY)
    except AmountError as error:
        if currency or error.code != "amount_places":
            faults.append(f"{error.code}: {error}")
        return None
    return money if currency and not holds_card_data(str(raw)) else None


def _method(value: Mapping[str, Any], faults: list[str]) -> str | None:
    """Return the payment method when it is one of ours."""
    method = value.get("payment_method")
    if method is None or method == "":
        faults.append("payment_method_missing: payment_method is missing")
    elif not isinstance(method, str) or method not in METHODS:
        faults.append(f"payment_method_invalid: payment_method is one of {', '.join(METHODS)}")
    else:
        return method
    return None
