"""The table of payment limits: for each accepted currency its limit and its high-risk step, in major units.

The module imports no other module of the functions: `payflow deploy` loads it to check the parameter by the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

# Twelve digits before the point stay below 2^53 minor units, the largest payment, in every currency.
_AMOUNT: Final = r"((?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,3})?)"
_ROW: Final = re.compile(f"([A-Z]{{3}}) {_AMOUNT} {_AMOUNT}")
_SHOWN: Final = 60


class LimitsError(ValueError):
    """A table that is refused: the row, and the rule that it breaks."""

    def __init__(self, row: str, rule: str) -> None:
        super().__init__(row, rule)
        self.row, self.rule = row[:_SHOWN], rule


class Limit(NamedTuple):
    """One currency's row: the largest accepted amount, and the amount above which a payment is high-risk."""

    amount: Decimal
    high: Decimal


def read_table(text: str, places: Mapping[str, int]) -> Mapping[str, Limit]:
    """Read "USD 10000 5000, EUR 9000 4500" into limits by currency; raise LimitsError for the first wrong row.

    `places` has the decimal places of every ISO 4217 currency.
    """
    table: dict[str, Limit] = {}
    for row in re.split(", ?", text):
        currency, limit = _read_row(row, places)
        if currency in table:
            raise LimitsError(row, f"keep one row for {currency}")
        table[currency] = limit
    return MappingProxyType(table)


def _read_row(row: str, places: Mapping[str, int]) -> tuple[str, Limit]:
    match = _ROW.fullmatch(row)
    if match is None:
        raise LimitsError(row, "a row is a currency, its limit and its high-risk step, such as USD 10000 5000")
    currency, amounts = match[1], (match[2], match[3])
    if currency not in places:
        raise LimitsError(row, f"{currency} is not an ISO 4217 currency")
    if any(len(each.partition(".")[2]) > places[currency] for each in amounts):
        raise LimitsError(row, f"amounts in {currency} have at most {places[currency]} decimal places")
    limit = Limit(*map(Decimal, amounts))
    if not 0 < limit.high <= limit.amount:
        raise LimitsError(row, "the high-risk step is more than zero and at most the limit")
    return currency, limit
