"""The demo's payments with their expected effects: the execution's end, the row, the number of notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of a payment: its execution's status, its result, its row, its notices, the number of charges."""

    execution: str
    result: str
    row: str
    amount: str
    notices: int
    charges: int

    def text(self) -> str:
        """One cell of the demo's table; a failed execution is known by its error's name."""
        ended = "" if self.execution in ("SUCCEEDED", "FAILED") else f"{self.execution} "
        told = f"{self.notices} notice{'' if self.notices == 1 else 's'}"
        row = f"{self.row or 'no row'} {self.amount}".strip()
        charged = ("not charged", "charged")[self.charges] if self.charges < 2 else f"charged {self.charges} times"
        return f"{ended}{self.result}; {row}; {told}; {charged}"

    @property
    def is_lost(self) -> bool:
        """Whether the payment neither ended nor sent a notice."""
        return self.row not in ("COMPLETED", "DECLINED", "REJECTED", "FAILED") and self.notices < 1


@dataclass(frozen=True, slots=True)
class Scenario:
    """One payment (or one more submission of it) and its expected effects.

    `result` is the status in the execution's output, or the error of a failed execution. With
    `past_our_client` it starts under a name of its own: our client refuses other facts under a known id by itself.
    `timed`: the payment is processed at once, so that its duration counts.
    """

    name: str
    payment: Mapping[str, Any] = field(repr=False)
    expected: Effects
    past_our_client: bool = False
    timed: bool = False


def _payment(transaction_id: str, amount: str) -> Mapping[str, Any]:
    return MappingProxyType(
        {
            "transaction_id": transaction_id,
            "payment_amount": amount,
            "payment_method": "credit_card",
            "customer_id": "CUST-123",
        }
    )


# The simulated gateway's minor units decide: lambdas/payments/gateways/simulated.py has the table.
SCENARIOS = (
    Scenario(
        "completed",
        _payment("TXN-1", "100.50"),
        Effects("SUCCEEDED", "COMPLETED", "COMPLETED", "100.50", 0, 1),
        timed=True,
    ),
    Scenario(
        "declined",
        _payment("TXN-2", "20.05"),
        Effects("SUCCEEDED", "DECLINED", "DECLINED", "20.05", 1, 0),
        timed=True,
    ),
    Scenario("rejected", _payment("TXN-3", "10000.01"), Effects("SUCCEEDED", "REJECTED", "REJECTED", "10000.01", 1, 0)),
    Scenario(
        "conflict",
        _payment("TXN-1", "100.51"),
        Effects("SUCCEEDED", "CONFLICT", "COMPLETED", "100.50", 1, 1),
        past_our_client=True,
    ),
    Scenario("repeated", _payment("TXN-1", "100.5"), Effects("SUCCEEDED", "COMPLETED", "COMPLETED", "100.50", 0, 1)),
    Scenario(
        "unknown, then found",
        _payment("TXN-4", "30.92"),
        Effects("SUCCEEDED", "COMPLETED", "COMPLETED", "30.92", 0, 1),
    ),
    Scenario("broken", _payment("TXN-5", "40.91"), Effects("FAILED", "PaymentNotCharged", "FAILED", "40.91", 1, 0)),
    Scenario(
        "never answered", _payment("TXN-6", "50.93"), Effects("FAILED", "OutcomeUnknown", "UNKNOWN", "50.93", 1, 0)
    ),
)


def verdict(seen: Sequence[tuple[Scenario, Effects]]) -> str:
    """The totals in one line: how many payments were charged twice, lost, or sent a wrong notice."""
    twice = len({each.payment["transaction_id"] for each, effects in seen if effects.charges > 1})
    lost = sum(effects.is_lost for _, effects in seen)
    told = sum(effects.notices != each.expected.notices for each, effects in seen)
    notices = f"{told} with a notice missing or too many" if told else "every notice sent once"
    return f"{len(seen)} payment{'' if len(seen) == 1 else 's'}: {twice} charged twice, {lost} lost, {notices}"
