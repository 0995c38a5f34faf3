"""The processing function: read the payload, settle the payment through the chosen gateway, return its outcome."""

from __future__ import annotations

from typing import Any, Final

from payments import clients
from payments.execution import read_execution
from payments.facts import Payment
from payments.gateways.choose import choose_gateway
from payments.gateways.protocol import Gateway
from payments.gateways.refusing import RefusingGateway
from payments.ledger import Ledger
from payments.observability import count_payment, log_event
from payments.statuses import CONTRADICTED, TERMINAL, UNKNOWN
from processing import operate
from processing.job import Job, read_job, seconds_left
from processing.settlement import Outcome, settle

_EVENTS: Final = {
    UNKNOWN: "payment_unknown",
    CONTRADICTED: "gateway_contradicts",
    **dict.fromkeys(TERMINAL, "payment_processed"),
}


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer Step Functions: a declined or unknown payment is a result, only a technical fault is an exception."""
    if event.get("step") in operate.STEPS:
        return _operate(event, context)
    job = read_job(event, context)
    gateway = choose_gateway(event.get("gateway"), time_left=job.time_left)
    if isinstance(refusal := event.get("refusal"), str):
        gateway = RefusingGateway(gateway, refusal)
    adapter = str(event["gateway"]["adapter"])
    return process(clients.ledger(), gateway, job, adapter=adapter).as_json()


def _operate(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run a person's `ask` or `settle`, log it, and count a status that it wrote."""
    gateway = choose_gateway(event.get("gateway"), time_left=lambda: seconds_left(context))
    reply = operate.operate(clients.ledger(), gateway, event, context)
    result = reply.outcome.result
    log_event(
        f"payment_{event['step']}",
        transaction_id=result["transaction_id"],
        execution=read_execution(event).arn,
        status=reply.outcome.status,
        error=reply.refused or None,
    )
    if reply.outcome.wrote:
        _count(reply.outcome.status, reply.payment)
    return reply.as_json()


def process(ledger: Ledger, gateway: Gateway, job: Job, *, adapter: str = "") -> Outcome:
    """Settle the payment, then log it once and count it once."""
    outcome = settle(ledger, gateway, job)
    _report(outcome, job, adapter)
    return outcome


def _report(outcome: Outcome, job: Job, adapter: str) -> None:
    """Log the outcome, and count a status that this attempt wrote."""
    started = job.execution.started_at
    duration = round(max(0.0, job.clock() - started) * 1000) if started is not None else 0
    final = outcome.status in TERMINAL
    log_event(
        _event(outcome, job),
        transaction_id=job.payment.transaction_id,
        execution=job.execution.arn,
        attempt=job.attempt,
        step=job.step,
        status=outcome.status,
        amount=job.payment.money.text,
        currency=job.payment.money.currency,
        payment_method=job.payment.payment_method,
        adapter=adapter,
        gateway_reference=outcome.result.get("gateway_reference"),
        decline_code=outcome.result.get("decline_code"),
        replayed=outcome.replayed,
        duration_ms=duration if outcome.wrote or not final else None,
    )
    if outcome.wrote:
        # A reconciled payment's duration is that of the workflow's waits, hours or days.
        _count(outcome.status, job.payment, duration if final and job.step == "process" else None)


def _count(status: str, payment: Payment, duration_ms: float | None = None) -> None:
    money = payment.money
    count_payment(
        status,
        payment_method=payment.payment_method,
        currency=money.currency,
        minor=money.minor,
        duration_ms=duration_ms,
    )


def _event(outcome: Outcome, job: Job) -> str:
    """Return the log event's name; the monitoring template's metric filter reads `payment_processed`."""
    if outcome.status == UNKNOWN and job.last:
        return "payment_needs_attention"
    return _EVENTS[outcome.status] if outcome.wrote or outcome.status not in TERMINAL else "payment_replayed"
