"""The validation function: read the payload, judge the payment, enter it in the ledger, return the decision."""

from __future__ import annotations

import time
from typing import Any

from payments import clients
from payments.execution import Execution, read_execution
from payments.ledger import Ledger
from payments.observability import count_payment, log_event
from payments.statuses import REJECTED, VALIDATED
from validation.decision import Decision, decide
from validation.fields import known_ids, read_submission
from validation.rules import apply_rules, read_limits


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer Step Functions: a refused payment is a result, only a technical fault is an exception."""
    answer = validate(clients.ledger(), event, now=time.time(), request_id=getattr(context, "aws_request_id", None))
    return answer.as_json()


def validate(ledger: Ledger, event: dict[str, Any], *, now: float, request_id: str | None = None) -> Decision:
    """Judge `event["payment"]` by `event["rules"]` for `event["execution"]` and write its row."""
    execution = read_execution(event)
    rules = event.get("rules")
    submission = apply_rules(read_submission(event.get("payment"), known_ids(rules)), read_limits(rules))
    decision = decide(ledger, submission, execution=execution, now=now)
    _report(decision, execution, request_id)
    return decision


def _report(decision: Decision, execution: Execution, request_id: str | None) -> None:
    """Log the decision once; count a rejection or an entered payment once."""
    shown = decision.submission.shown
    log_event(
        "payment_replayed" if decision.replayed else f"payment_{decision.outcome.lower()}",
        transaction_id=shown["transaction_id"],
        amount=shown["amount"],
        currency=shown["currency"],
        payment_method=shown["payment_method"],
        execution=execution.arn,
        status=decision.outcome,
        risk_score=decision.submission.risk_score,
        replayed=decision.replayed,
        error=decision.codes or None,
        function_request_id=request_id,
    )
    if decision.outcome in (REJECTED, VALIDATED) and not decision.stood:
        method, currency = shown["payment_method"] or "none", shown["currency"] or "none"
        money = decision.submission.money
        count_payment(decision.outcome, payment_method=method, currency=currency, minor=money.minor if money else 0)
