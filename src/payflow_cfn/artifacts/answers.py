"""The fields of the functions' answers to the workflow, and of the objects in them."""

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
