"""One JSON log line an event, and EMF metrics. Both have allow-lists: no other part of a payment is written.

Metrics are in the namespace PaymentWorkflow with three dimension sets: {environment}, {environment, currency} and
{environment, service, payment_method, currency}. Amounts are in minor units, so only those of one currency add up.
"""

from __future__ import annotations

import functools
import os
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from payments.bounds import ERROR_LENGTH, bounded

LOG_FIELDS: Final = frozenset(
    {
        "event",
        "transaction_id",
        "execution",
        "attempt",
        "step",
        "status",
        "amount",
        "currency",
        "payment_method",
        "risk_score",
        "adapter",
        "gateway_reference",
        "decline_code",
        "replayed",
        "error",
        "error_type",
        "duration_ms",
        "function_request_id",
    }
)
NAMESPACE: Final = "PaymentWorkflow"
COUNTS: Final[dict[str, str]] = {
    "VALIDATED": "PaymentsEntered",
    "COMPLETED": "PaymentsCompleted",
    "DECLINED": "PaymentsDeclined",
    "FAILED": "PaymentsFailed",
    "REJECTED": "PaymentsRejected",
    "UNKNOWN": "PaymentsUnknown",
}
AMOUNTS: Final[dict[str, str]] = {
    "COMPLETED": "AmountCompleted",
    "DECLINED": "AmountDeclined",
    "FAILED": "AmountFailed",
}


@functools.cache
def _logger() -> Logger:
    return Logger(level=os.environ.get("LOG_LEVEL", "INFO"))


def log_event(event: str, *, level: str = "info", **fields: object) -> None:
    """Write one JSON line; fields outside LOG_FIELDS and absent values are left out, texts are bounded."""
    allowed: dict[str, Any] = {
        name: bounded(value, limit=ERROR_LENGTH) if isinstance(value, str) else value
        for name, value in fields.items()
        if name in LOG_FIELDS and value is not None
    }
    getattr(_logger(), level)(event, extra={"event": event, **allowed}, stacklevel=3)


def count_payment(
    status: str, *, payment_method: str, currency: str, minor: int = 0, duration_ms: float | None = None
) -> None:
    """Publish the status's count, the amount of a payment that is entered or final, and the duration in milliseconds.

    The sum of AmountOpen is what was entered and is not settled.
    """
    # One object a payment: the usual Metrics keeps its state in the class, so two threads would mix payments.
    metrics = EphemeralMetrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE))
    environment = os.environ.get("ENVIRONMENT", "local")
    metrics.add_dimension(name="environment", value=environment)
    metrics.add_dimension(name="payment_method", value=payment_method)
    metrics.add_dimension(name="currency", value=currency)
    metrics.add_dimensions(environment=environment)
    metrics.add_dimensions(environment=environment, currency=currency)
    metrics.add_metric(name=COUNTS[status], unit="Count", value=1)
    if status in AMOUNTS:
        metrics.add_metric(name=AMOUNTS[status], unit="Count", value=minor)
        metrics.add_metric(name="AmountOpen", unit="Count", value=-minor)
    elif status == "VALIDATED":
        metrics.add_metric(name="AmountOpen", unit="Count", value=minor)
    if duration_ms is not None:
        metrics.add_metric(name="PaymentDuration", unit="Milliseconds", value=duration_ms)
    metrics.flush_metrics()
