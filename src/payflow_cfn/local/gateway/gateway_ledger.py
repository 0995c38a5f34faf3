"""The fake gateway's memory: one charge for each idempotency key."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIELDS = {"transaction_id": str, "amount_minor": int, "currency": str, "payment_method": str, "customer_id": str}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gateway decides: SUCCEEDED, DECLINED (with a code) or PENDING.

    PENDING becomes `later` (SUCCEEDED or DECLINED) at the find number `finds`; never when `finds` is 0.
    """

    status: str
    code: str = ""
    later: str = ""
    finds: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge: the request's facts, and the outcome as it is now."""

    key: str
    body: Mapping[str, Any]
    outcome: Outcome
    finds: int = 0

    @property
    def reference(self) -> str:
        """The gateway's own name for the charge, made from the key."""
        return "ch_" + hashlib.sha256(self.key.encode()).hexdigest()[:24]

    def answer(self) -> dict[str, str]:
        """The charge as the JSON contract shows it."""
        if self.outcome.status == "SUCCEEDED":
            return {"status": "SUCCEEDED", "reference": self.reference}
        if self.outcome.status == "DECLINED":
            return {"status": "DECLINED", "code": self.outcome.code}
        return {"status": "PENDING"}


def decide_by_amount(body: Mapping[str, Any]) -> Outcome:
    """The default decision: the last two digits of the amount in minor units choose, as in OUTCOMES."""
    return OUTCOMES.get(body["amount_minor"] % 100, Outcome("SUCCEEDED"))


# The endings of an amount, the same as the `simulated` adapter's where that one answers (a test compares them).
OUTCOMES: dict[int, Outcome] = {
    4: Outcome("DECLINED", "expired_card"),
    5: Outcome("DECLINED", "insufficient_funds"),
    14: Outcome("DECLINED", "stolen_card"),
    41: Outcome("DECLINED", "lost_card"),
    59: Outcome("DECLINED", "fraudulent"),
    61: Outcome("DECLINED", "limit_exceeded"),
    93: Outcome("PENDING"),
    94: Outcome("PENDING", later="SUCCEEDED", finds=1),
    97: Outcome("PENDING", "do_not_honor", later="DECLINED", finds=1),
}


class GatewayLedger:
    """The charges by idempotency key; safe to share between threads."""

    def __init__(self, *, decide: Callable[[Mapping[str, Any]], Outcome] = decide_by_amount) -> None:
        """Start empty; `decide` returns the outcome of a new charge from the request's body."""
        self._decide = decide
        self._lock = threading.Lock()
        self._charges: dict[str, Charge] = {}

    def charge(self, key: str, body: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
        """Charge once a key: (201, answer) the first time, (200, same answer) after, (409, error) with another body."""
        with self._lock:
            known = self._charges.get(key)
            if known is None:
                self._charges[key] = Charge(key=key, body=dict(body), outcome=self._decide(body))
                return 201, self._charges[key].answer()
            if known.body != body:
                return 409, {"error": "idempotency_key_reused"}
            return 200, known.answer()

    def find(self, key: str) -> tuple[int, dict[str, str]]:
        """(200, answer) for a charge that exists, (404, error) else; a pending one may be settled by this."""
        with self._lock:
            known = self._charges.get(key)
            if known is None:
                return 404, {"error": "no_such_charge"}
            self._charges[key] = known = _found(known)
            return 200, known.answer()

    def charges(self) -> tuple[Charge, ...]:
        """Every charge, sorted by key."""
        with self._lock:
            return tuple(charge for _, charge in sorted(self._charges.items()))

    def charged(self) -> dict[str, int]:
        """{transaction id: minor units taken}, over succeeded charges only."""
        taken: Counter[str] = Counter()
        for charge in self.charges():
            if charge.outcome.status == "SUCCEEDED":
                taken[charge.body["transaction_id"]] += charge.body["amount_minor"]
        return dict(taken)

    def double_charged(self) -> list[str]:
        """The transaction ids with more than one succeeded charge, sorted."""
        times = Counter(
            charge.body["transaction_id"] for charge in self.charges() if charge.outcome.status == "SUCCEEDED"
        )
        return sorted(transaction for transaction, count in times.items() if count > 1)


def _found(charge: Charge) -> Charge:
    finds = charge.finds + 1
    outcome = charge.outcome
    if outcome.status == "PENDING" and 0 < outcome.finds <= finds:
        outcome = Outcome(outcome.later, outcome.code)
    return replace(charge, finds=finds, outcome=outcome)


def contract_faults(key: str, body: object) -> list[str]:
    """How a request breaks the contract of POST /charges; empty if it does not."""
    if not isinstance(body, dict):
        return ["the body is not a JSON object"]
    faults = [] if key else ["no Idempotency-Key header"]
    faults += [f"unknown field {name}" for name in sorted(body.keys() - FIELDS.keys())]
    for name, kind in FIELDS.items():
        # bool is an int to Python, not to a gateway.
        if not isinstance(body.get(name), kind) or isinstance(body.get(name), bool):
            faults.append(f"{name} is not {'an integer' if kind is int else 'text'}")
    return faults
