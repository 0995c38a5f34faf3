"""Enter a payment in the ledger, or judge it by the existing row: a replay, a conflict, or our own earlier write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from payments.bounds import ERROR_COUNT, ERROR_LENGTH, bounded
from payments.errors import LedgerError
from payments.execution import Execution, seconds_of, time_text
from payments.facts import digest
from payments.ledger import Ledger, Move
from payments.rows import Item, Row, open_item, payment_item, strings
from payments.statuses import CONFLICT, CONTRADICTED, ERRORS, NONE, REJECTED, TERMINAL, VALIDATED
from validation.fields import Submission


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of validation; `result` is the execution's output when it ends here.

    `stood`: the payment or its rejection was already in the row, written by another execution (`replayed`) or by an
    earlier attempt of this one. `told`: its notice was sent.
    """

    outcome: str
    submission: Submission
    errors: tuple[str, ...] = ()
    replayed: bool = False
    stood: bool = False
    told: bool = False
    result: dict[str, Any] | None = None

    @property
    def codes(self) -> str:
        """The errors without their texts."""
        return "; ".join(error.split(":")[0] for error in self.errors)

    def as_json(self) -> dict[str, Any]:
        """Return the function's answer, as the workflow reads it."""
        payment = self.submission.payment if self.outcome not in (REJECTED, CONFLICT) else None
        return {
            "outcome": self.outcome,
            "replayed": self.replayed,
            "told": self.told,
            "payment": payment.as_json() if payment else None,
            "facts": self.submission.shown,
            "errors": list(self.errors),
            "error": ERRORS[self.outcome],
            "result": self.result,
        }


def decide(ledger: Ledger, submission: Submission, *, execution: Execution, now: float) -> Decision:
    """Write the row of a checked submission, unless the payment has one.

    That takes one request, and a second one to replace a rejection or a failure record.
    """
    rejected = _rejection(submission) if submission.faults or submission.refusals else None
    fresh = Decision(
        outcome=REJECTED if rejected else VALIDATED,
        submission=submission,
        errors=tuple(rejected["errors"]) if rejected else (),
        result=rejected,
    )
    if submission.transaction_id is None:
        return fresh
    item = _item(submission, rejected, execution=execution, at=time_text(now))
    move = _move(item, note=bounded(fresh.codes, limit=ERROR_LENGTH))
    standing = ledger.enter(item, move=move)
    if standing is not None and _may_replace(standing, item=item, execution=execution):
        standing = ledger.replace(item, move=move, seen=standing)
        if standing is not None and _may_replace(standing, item=item, execution=execution):
            raise LedgerError("the payment's row changed while it was written over", remedy="repeat the step")
    return fresh if standing is None else _against(standing, item=item, fresh=fresh, execution=execution)


def _may_replace(row: Row, *, item: Item, execution: Execution) -> bool:
    """Return whether the submission replaces the existing row; the same rejection is kept and returned again.

    Raise LedgerError for an execution that had started before the failure notice of the payment was sent: the notice
    promises that nothing is charged.
    """
    same = item["status"]["S"] == REJECTED and (row.facts, row.result) == (item["facts"]["S"], item["result"]["S"])
    if row.status not in (NONE, REJECTED) or (row.status == REJECTED and same):
        return False
    closed = seconds_of(row.closed_until)
    if row.closed_until and (closed is None or execution.started_at is None or execution.started_at <= closed):
        raise LedgerError(
            "an execution of this payment failed after this one started", remedy="start the payment again"
        )
    return True


def _move(item: Item, *, note: str) -> Move:
    """Return the history's entry of a new row; it keeps the reasons of a rejection that is corrected later."""
    names = ("transaction_id", "status", "attempt", "execution", "created_at")
    transaction_id, status, attempt, execution, at = (item[name]["S"] for name in names)
    return Move(transaction_id=transaction_id, target=status, attempt=attempt, execution=execution, at=at, note=note)


def _against(row: Row, *, item: Item, fresh: Decision, execution: Execution) -> Decision:
    """Judge a submission whose id has a row already."""
    ours = row.execution == execution.arn
    if row.facts != item["facts"]["S"]:
        return _conflict(fresh)
    if fresh.submission.faults and row.status != REJECTED:
        # The same payment, sent again with a field that is refused. The payment itself is not rejected.
        return _conflict(fresh, "conflict: transaction_id is already used; this submission of the payment is refused")
    if row.status in TERMINAL or row.status == REJECTED:
        result = json.loads(row.result)
        return Decision(
            outcome=CONTRADICTED if row.contradicted else row.status,
            submission=fresh.submission,
            errors=tuple(result.get("errors", ())),
            replayed=not ours,
            stood=True,
            # A rejection's notice is sent by the execution that wrote it, and is not kept in the row.
            told=not ours if row.status == REJECTED else row.told == row.status,
            result=result,
        )
    # VALIDATED, PROCESSING or UNKNOWN with the same facts: the processing function decides. The payment met the rules
    # when its row was written; a rule that has changed since must not strand a started payment.
    return Decision(outcome=VALIDATED, submission=fresh.submission, stood=True)


_OTHER_FACTS: Final = "conflict: transaction_id is already used by a payment with other facts; use a new transaction_id"


def _conflict(fresh: Decision, text: str = _OTHER_FACTS) -> Decision:
    errors = (text, *fresh.errors)[:ERROR_COUNT]
    result = {"transaction_id": fresh.submission.transaction_id, "status": CONFLICT, "errors": list(errors)}
    return Decision(outcome=CONFLICT, submission=fresh.submission, errors=errors, result=result)


def _rejection(submission: Submission) -> dict[str, Any]:
    errors = [bounded(fault, limit=ERROR_LENGTH) for fault in (submission.faults + submission.refusals)[:ERROR_COUNT]]
    return {"transaction_id": submission.transaction_id, "status": REJECTED, "errors": errors}


def _item(submission: Submission, rejected: dict[str, Any] | None, *, execution: Execution, at: str) -> Item:
    """Return the row: a valid payment's facts, or a rejection's safe facts with its result."""
    signed = strings(attempt=execution.arn, execution=execution.arn, created_at=at, updated_at=at)
    payment = submission.payment
    if rejected is None and payment is not None:
        return {**payment_item(payment), **signed, **strings(status=VALIDATED), **open_item(payment.facts, since=at)}
    text = json.dumps(rejected, separators=(",", ":"))
    # An unreadable payment has no facts; the digest of its fields and errors identifies the rejection instead.
    facts = payment.facts if payment else digest("rejected", *submission.shown.values(), text)
    known = payment_item(payment) if payment else strings(**_known(submission))
    return {**known, **signed, **strings(facts=facts, status=REJECTED, result=text)}


def _known(submission: Submission) -> dict[str, str | None]:
    """Return the readable fields of a payment that could not be read as a whole."""
    return {
        "transaction_id": submission.transaction_id,
        "currency": submission.currency,
        "payment_method": submission.payment_method,
    }
