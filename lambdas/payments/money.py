"""Amounts: parsed as Decimal, held as integer minor units, printed with the currency's decimal places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from payments.currencies import EXPONENTS

# Fifteen digits before the point hold any real amount and stay far below DynamoDB's 38 significant digits.
_PLAIN: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.([0-9]{1,6}))?")
_LARGEST_NUMBER: Final = 10**15
# The largest integer that every JSON parser, the gateway's too, keeps exact:
# https://www.rfc-editor.org/rfc/rfc8259#section-6
_LARGEST_MINOR: Final = 2**53 - 1


class AmountError(ValueError):
    """An amount that is refused; `code` names the rule. The text never repeats the input."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Money:
    """A positive amount: `minor` units of an ISO 4217 `currency` (3040 and USD is 30.40)."""

    minor: int
    currency: str

    @property
    def text(self) -> str:
        """The amount with exactly the currency's places: "30.40", "500" for JPY."""
        places = EXPONENTS[self.currency]
        if not places:
            return str(self.minor)
        whole, part = divmod(self.minor, 10**places)
        return f"{whole}.{part:0{places}d}"

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])


def parse_amount(value: object, *, currency: str) -> Money:
    """Read a decimal text, or a JSON number through its text, in a known currency; raise AmountError.

    Only ASCII digits with at most one point pass: no sign, exponent, space, underscore, NaN or infinity.
    """
    match = _PLAIN.fullmatch(_text_of(value))
    if match is None:
        raise AmountError("amount_invalid", "payment_amount must be plain decimal digits such as 100.50")
    places = EXPONENTS[currency]
    if len(match[1] or "") > places:
        raise AmountError("amount_places", f"payment_amount has more than the {places} places of {currency}")
    minor = int(Decimal(match[0]).scaleb(places))
    if isinstance(value, float) and minor >= _LARGEST_NUMBER:
        # A JSON number with a point is a double, which holds any fifteen digits and no more.
        raise AmountError("amount_invalid", "payment_amount has more digits than a JSON number holds; send it as text")
    if minor > _LARGEST_MINOR:
        raise AmountError("amount_invalid", "payment_amount is larger than a gateway can be sent exactly")
    if minor <= 0:
        raise AmountError("amount_not_positive", "payment_amount must be more than zero")
    return Money(minor=minor, currency=currency)


def _text_of(value: object) -> str:
    """Return the text that a JSON value had; an empty text for a value that cannot be an amount."""
    if isinstance(value, str):
        return value
    # A huge int would take long to print before it is refused. A bool prints as a word, which the pattern refuses.
    if isinstance(value, (int, float)) and abs(value) < _LARGEST_NUMBER:
        return repr(value)
    return ""
