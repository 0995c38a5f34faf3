"""The demo's payments, and what each must leave behind: an ended execution, a row, so many notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Effects:
    """What a payment leaves: its execution's status, its result, its row, its notices, whether it was charged."""

    execution: str
    result: str
    row: str
    amount: str
    notices: int
    charged: bool

    def text(self) -> str:
        """One cell of the demo's table."""
        told = f"{self.notices} notice{'' if self.notices == 1 else 's'}"
        row = f"{self.row or 'no row'} {self.amount}".strip()
        return f"{self.execution} {self.result}; {row}; {told}; {'' if self.charged else 'not '}charged"


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
        Effects("SUCCEEDED", "COMPLETED", "COMPLETED", "100.50", 0, True),
        timed=True,
    ),
    Scenario(
        "declined",
        _payment("TXN-2", "20.05"),
        Effects("SUCCEEDED", "DECLINED", "DECLINED", "20.05", 1, False),
        timed=True,
    ),
    Scenario(
        "rejected", _payment("TXN-3", "10000.01"), Effects("SUCCEEDED", "REJECTED", "REJECTED", "10000.01", 1, False)
    ),
    Scenario(
        "conflict",
        _payment("TXN-1", "100.51"),
        Effects("SUCCEEDED", "CONFLICT", "COMPLETED", "100.50", 1, True),
        past_our_client=True,
    ),
    Scenario("repeated", _payment("TXN-1", "100.5"), Effects("SUCCEEDED", "COMPLETED", "COMPLETED", "100.50", 0, True)),
    Scenario(
        "unknown, then found",
        _payment("TXN-4", "30.92"),
        Effects("SUCCEEDED", "COMPLETED", "COMPLETED", "30.92", 0, True),
    ),
    Scenario("broken", _payment("TXN-5", "40.91"), Effects("FAILED", "PaymentNotCharged", "FAILED", "40.91", 1, False)),
    Scenario(
        "never answered", _payment("TXN-6", "50.93"), Effects("FAILED", "OutcomeUnknown", "UNKNOWN", "50.93", 1, False)
    ),
)
