"""The fields of the functions' answers to the workflow, and of the objects in them.

Beside them the steps that a workflow asks for, and the outcomes that it has a way for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# A set has the texts that a field can be. None: any value, or an object whose fields depend on the payment.
Fields = Mapping[str, Any]

_OUTCOMES = frozenset(
    ("COMPLETED", "CONFLICT", "CONTRADICTED", "DECLINED", "FAILED", "REJECTED", "UNKNOWN", "VALIDATED")
)
_EITHER: dict[str, Any] = {"outcome": _OUTCOMES, **dict.fromkeys(("replayed", "told", "error", "result"))}
_FACTS = dict.fromkeys(("transaction_id", "amount", "currency", "payment_method"))
_PAYMENT = dict.fromkeys(
    ("transaction_id", "amount", "currency", "payment_method", "customer_id", "risk_score", "facts")
)
# By the function's handler.
ANSWERS: Mapping[str, Fields] = MappingProxyType(
    {
        "validation.handler.handle": {**_EITHER, "payment": _PAYMENT, "facts": _FACTS, "errors": None},
        "processing.handler.handle": _EITHER,
    }
)
# The texts of a field of the payload by which a function does one thing or another, each of which a workflow sends.
STEPS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {"processing.handler.handle": {"step": frozenset(("process", "reconcile"))}}
)
# The outcomes that a workflow has a way for; each other one is unexpected.
_SETTLED = ("COMPLETED", "DECLINED", "FAILED")
ROUTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "validation.handler.handle": frozenset((*_SETTLED, "VALIDATED", "REJECTED", "CONFLICT")),
        "processing.handler.handle": frozenset((*_SETTLED, "UNKNOWN")),
    }
)
