"""Charges a payment once: claim the row, charge or ask the gateway, record its word. Every step may be repeated.

Only the gateway says what became of a charge; a payment that may have been charged is asked about, never charged.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from payments.errors import LedgerError
from payments.gateways.outcomes import STATUS_OF, decline_code
from payments.gateways.protocol import (
    ChargeAnswer,
    ChargeStatus,
    Gateway,
    GatewayUnavailable,
    OutcomeUnknown,
    charge_request,
    idempotency_key,
)
from payments.ledger import Ledger
from payments.observability import log_event
from payments.rows import Row, number, strings
from payments.statuses import DECLINED, ERRORS, FAILED, PROCESSING, TERMINAL, UNKNOWN, VALIDATED
from processing.job import Job
from processing.results import result_of, result_text, without_card_data

# The facts of a result that the row also keeps beside it, for people and queries.
_KEPT: Final = ("gateway_reference", "decline_code", "completed_at")
_WAITING: Final = ChargeAnswer(status=ChargeStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the step came to; `wrote` says that this attempt moved the row to `status`."""

    status: str
    result: dict[str, Any]
    replayed: bool = False
    wrote: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the function's answer, as the workflow reads it."""
        return {
            "outcome": self.status,
            "replayed": self.replayed,
            "error": ERRORS[self.status],
            "result": self.result,
        }


def settle(ledger: Ledger, gateway: Gateway, job: Job) -> Outcome:
    """Bring the payment as far as it goes now; raise GatewayUnavailable when a charge may be tried again at once."""
    kept = {"idempotency_key": idempotency_key(job.payment.transaction_id), "gateway": job.gateway}
    row = ledger.claim(job.move(PROCESSING), facts=job.payment.facts, lease_until=job.lease_until, **kept)
    if row is None:
        return _charge(ledger, gateway, job)
    return _standing(ledger, gateway, job, row)


def _standing(ledger: Ledger, gateway: Gateway, job: Job, row: Row) -> Outcome:
    """Go on from a row that could not be claimed."""
    if row.facts != job.payment.facts:
        raise LedgerError("the payment's row has other facts or none", remedy="start the payment's workflow again")
    if row.status in TERMINAL:
        return _replay(job, row)
    if row.status not in (PROCESSING, UNKNOWN):
        raise LedgerError(f"the payment's row is {row.status} and could not be claimed", remedy="repeat the step")
    answer = _ask(gateway, job, row)
    if answer is None:
        return _undecided(ledger, job, row)
    if answer.status is ChargeStatus.NOT_FOUND:
        return _not_found(ledger, gateway, job, row)
    return _record(ledger, job, answer, row=row)


def _replay(job: Job, row: Row) -> Outcome:
    """Return the stored result; a repeat within the execution that recorded it is no replay: it still has to tell."""
    replayed = row.execution != job.execution.arn
    return Outcome(status=row.status, result=json.loads(row.result), replayed=replayed)


def _not_found(ledger: Ledger, gateway: Gateway, job: Job, row: Row) -> Outcome:
    """The gateway has never seen the key: charge for an attempt that died before it, else wait for its last word."""
    if _may_still_run(job, row):
        return _unknown(job)
    if row.status == UNKNOWN:
        # The request may still be on its way to the gateway, so that only the last ask ends it, and without a charge.
        return _give_up(ledger, job, row) if job.last and job.is_quiet_since(row.lease_until) else _unknown(job)
    standing = ledger.take_over(job.move(PROCESSING), from_attempt=row.attempt, lease_until=job.lease_until)
    if standing is None:
        return _charge(ledger, gateway, job, earlier=row.lease_until)
    return _replay(job, standing) if standing.status in TERMINAL else _unknown(job)


def _charge(ledger: Ledger, gateway: Gateway, job: Job, *, earlier: int = 0) -> Outcome:
    """Charge under the claim that this attempt holds; `earlier` is when the attempt before it ended."""
    key = idempotency_key(job.payment.transaction_id)
    try:
        answer = gateway.charge(charge_request(job.payment), idempotency_key=key)
    except GatewayUnavailable as error:
        return _not_sent(ledger, job, error, earlier=earlier)
    except Exception as error:
        # Whatever broke, the request may be with the gateway.
        _log(job, "charge_outcome_unknown", error=error, level="warning")
        answer = _WAITING
    mine = Row(status=PROCESSING, facts=job.payment.facts, execution=job.execution.arn, attempt=job.attempt)
    return _record(ledger, job, answer, row=mine)


def _ask(gateway: Gateway, job: Job, row: Row) -> ChargeAnswer | None:
    """Ask the gateway what became of the payment; None when it does not say, or when another one was charged."""
    key = idempotency_key(job.payment.transaction_id)
    try:
        if row.gateway and row.gateway != job.gateway:
            raise OutcomeUnknown(f"the payment was sent to another gateway, {row.gateway}")
        return gateway.find(charge_request(job.payment), idempotency_key=key)
    except Exception as error:
        _log(job, "gateway_did_not_answer", error=error, level="warning")
        return None


def _not_sent(ledger: Ledger, job: Job, error: GatewayUnavailable, *, earlier: int) -> Outcome:
    """Nothing was sent: give the claim back for the next attempt, or end the payment when there is none.

    What an attempt that died sent before may still arrive: then the end is left open.
    """
    _log(job, "gateway_unavailable", error=error, level="warning")
    mine = Row(status=PROCESSING, attempt=job.attempt)
    if job.step == "reconcile" and job.last:
        return _give_up(ledger, job, mine) if job.is_quiet_since(earlier) else _suspect(ledger, job, mine)
    ledger.release(job.move(VALIDATED), from_attempt=job.attempt)
    if job.step == "process":
        raise error
    return _unknown(job)


def _give_up(ledger: Ledger, job: Job, row: Row) -> Outcome:
    """End a payment that was not charged."""
    move = job.move(FAILED)
    text = result_text(job.payment, FAILED, at=move.at, failure_code="NOT_CHARGED")
    changes = strings(result=text, failure_code="NOT_CHARGED", completed_at=move.at)
    standing = ledger.abandon(move, status=row.status, from_attempt=row.attempt, changes=changes)
    if standing is not None:
        return _replay(job, standing) if standing.status in TERMINAL else _unknown(job)
    return Outcome(status=FAILED, result=json.loads(text), wrote=True)


def _record(ledger: Ledger, job: Job, answer: ChargeAnswer, *, row: Row) -> Outcome:
    """Write the gateway's word; a row that is settled already must say the same."""
    answer = _without_card_data(job, answer)
    status = STATUS_OF.get(answer.status, UNKNOWN)
    if status == UNKNOWN:
        return _suspect(ledger, job, row)
    move = job.move(status)
    code = decline_code(answer.decline_code) if status == DECLINED else ""
    text = result_text(job.payment, status, at=move.at, gateway_reference=answer.reference, decline_code=code)
    result = json.loads(text)
    changes = strings(result=text, **{name: result.get(name) for name in _KEPT})
    standing = ledger.settle(move, changes=changes)
    if standing is None:
        return Outcome(status=status, result=result, wrote=True)
    if standing.status != status:
        raise LedgerError(
            f"the gateway says {answer.status} of a payment whose row is {standing.status}",
            remedy="compare the row with the gateway's own record",
        )
    return _replay(job, standing)


def _without_card_data(job: Job, answer: ChargeAnswer) -> ChargeAnswer:
    """Leave out a reference that may be a card number, and say so: the gateway finds the charge by its key."""
    kept = without_card_data(answer)
    if kept.reference != answer.reference:
        log_event(
            "gateway_reference_left_out",
            level="warning",
            transaction_id=job.payment.transaction_id,
            execution=job.execution.arn,
            attempt=job.attempt,
            step=job.step,
        )
    return kept


def _suspect(ledger: Ledger, job: Job, row: Row) -> Outcome:
    """Mark the payment as one that may have been charged."""
    if row.status == UNKNOWN:
        return _unknown(job)
    # An attempt that marks its own claim has sent what it will ever send: nobody need wait for it.
    over = {"lease_until": number(int(job.clock() * 1000))} if row.attempt == job.attempt else {}
    standing = ledger.suspect(job.move(UNKNOWN), from_attempt=row.attempt, changes=over)
    if standing is not None and standing.status in TERMINAL:
        return _replay(job, standing)
    return _unknown(job, wrote=standing is None)


def _undecided(ledger: Ledger, job: Job, row: Row) -> Outcome:
    """Leave the row to the next ask; after the last one it must say UNKNOWN, for people to find.

    While the attempt that holds the claim may still run, the row is left to that attempt.
    """
    return _suspect(ledger, job, row) if job.last and not _may_still_run(job, row) else _unknown(job)


def _may_still_run(job: Job, row: Row) -> bool:
    """Say whether the attempt that claimed the row may still charge."""
    return job.clock() * 1000 < row.lease_until


def _unknown(job: Job, *, wrote: bool = False) -> Outcome:
    """Return the outcome that lets the workflow wait and ask again."""
    return Outcome(status=UNKNOWN, result=result_of(job.payment, UNKNOWN), wrote=wrote)


def _log(job: Job, event: str, *, error: Exception, level: str) -> None:
    """Log a gateway's fault by its class; a text of ours only, since a foreign one may hold what was sent."""
    own = isinstance(error, (GatewayUnavailable, OutcomeUnknown))
    log_event(
        event,
        level=level,
        transaction_id=job.payment.transaction_id,
        execution=job.execution.arn,
        attempt=job.attempt,
        step=job.step,
        error_type=type(error).__name__,
        error=str(error) if own else None,
    )
