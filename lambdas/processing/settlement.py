"""Charge a payment once: claim the row, charge or ask the gateway, record its answer. Every step may be repeated.

Only the gateway decides the outcome of a charge. The row records when requests may have been sent, until they have
arrived or never will. A payment is charged again only after the gateway answered that it has not seen the charge
(processing.cases).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
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
from payments.rows import Row, Sent, open_item, sent_item, strings
from payments.statuses import CONTRADICTED, DECLINED, ERRORS, FAILED, PROCESSING, TERMINAL, UNKNOWN, VALIDATED
from processing.cases import Action, Said, Standing, next_action
from processing.job import Job
from processing.results import result_of, result_text, without_card_data

# The facts of a result that are also attributes of the row, for people and queries.
_KEPT: Final = ("gateway_reference", "decline_code", "completed_at")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of the step.

    `wrote`: this attempt moved the row to `status`. `replayed`: another execution did. `told`: the notice of the final
    status was sent.
    """

    status: str
    result: dict[str, Any]
    replayed: bool = False
    wrote: bool = False
    told: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the function's answer, as the workflow reads it."""
        return {
            "outcome": self.status,
            "replayed": self.replayed,
            "told": self.told,
            "error": ERRORS[self.status],
            "result": self.result,
        }


def settle(ledger: Ledger, gateway: Gateway, job: Job) -> Outcome:
    """Settle the payment as far as is possible now; raise GatewayUnavailable when a charge may be repeated at once."""
    kept = {"idempotency_key": idempotency_key(job.payment.transaction_id), "gateway": job.gateway}
    sending = job.sending
    row = ledger.claim(job.move(PROCESSING), facts=job.payment.facts, sent=sending, **kept)
    if row is None:
        return _charge(ledger, gateway, job, sending=sending)
    return _standing(ledger, gateway, job, row)


def _standing(ledger: Ledger, gateway: Gateway, job: Job, row: Row) -> Outcome:
    """Handle a payment whose row could not be claimed."""
    if row.facts != job.payment.facts:
        raise LedgerError("the payment's row has other facts or none", remedy="start the payment's workflow again")
    if row.status in TERMINAL:
        return replay(job, row)
    if row.status not in (PROCESSING, UNKNOWN) or row.sent is None:
        raise LedgerError(f"the payment's row is {row.status} and could not be claimed", remedy="repeat the step")
    answer = ask(gateway, job, row, sent=row.sent)
    action = next_action(state_of(gateway, job, row, sent=row.sent, answer=answer))
    if action is Action.RECORD and answer is not None:
        return record(ledger, job, answer)
    if action is Action.SUSPECT:
        return suspect(ledger, job, row, answer=answer if answer and _is_open(answer) else None)
    if action is Action.CHARGE:
        return _charge_again(ledger, gateway, job, row, sent=row.sent)
    return _give_up(ledger, job, row) if action is Action.GIVE_UP else unknown(job)


def state_of(gateway: Gateway, job: Job, row: Row, *, sent: Sent, answer: ChargeAnswer | None) -> Standing:
    """Return the state that decides the next action."""
    claimed = row.status == PROCESSING
    return Standing(
        said=Said(answer.status) if answer else Said.SILENT,
        held=claimed and not job.is_over(sent),
        acknowledged=row.acknowledged,
        quiet=job.is_quiet_since(sent),
        remembered=claimed and job.is_remembered(sent, lifetime=gateway.key_lifetime),
        last=job.last,
    )


def ask(gateway: Gateway, job: Job, row: Row, *, sent: Sent) -> ChargeAnswer | None:
    """Ask the gateway for the payment's outcome; None when it does not answer, or when another gateway was used."""
    key = idempotency_key(job.payment.transaction_id)
    try:
        if row.gateway and row.gateway != job.gateway:
            raise OutcomeUnknown(f"the payment was sent to another gateway, {row.gateway}")
        return gateway.find(charge_request(job.payment), idempotency_key=key, since=sent.first / 1000)
    except Exception as error:
        _log(job, "gateway_did_not_answer", error=error, level="warning")
        return None


def _charge_again(ledger: Ledger, gateway: Gateway, job: Job, row: Row, *, sent: Sent) -> Outcome:
    """Charge again after an attempt whose request the gateway never saw.

    If that request may still arrive, the row keeps the time at which it was sent.
    """
    before = None if job.is_quiet_since(sent) else sent
    sending = job.sending if before is None else replace(job.sending, first=before.first)
    standing = ledger.claim_again(job.move(PROCESSING, note="never seen"), seen=row, sent=sending)
    if standing is None:
        return _charge(ledger, gateway, job, sending=sending, before=before)
    return replay(job, standing) if standing.status in TERMINAL else unknown(job)


def _charge(ledger: Ledger, gateway: Gateway, job: Job, *, sending: Sent, before: Sent | None = None) -> Outcome:
    """Charge under the claim that this attempt holds; `before` is what an earlier attempt may have sent."""
    key = idempotency_key(job.payment.transaction_id)
    mine = Row(status=PROCESSING, attempt=job.attempt)
    try:
        answer = gateway.charge(charge_request(job.payment), idempotency_key=key)
    except GatewayUnavailable as error:
        _log(job, "gateway_unavailable", error=error, level="warning")
        return _not_sent(ledger, job, error, mine=mine, before=before)
    except Exception as error:
        # After any other fault, the request may have reached the gateway.
        _log(job, "charge_outcome_unknown", error=error, level="warning")
        return suspect(ledger, job, mine, sent=job.sent_by_now(sending))
    if _is_open(answer):
        return suspect(ledger, job, mine, answer=answer, sent=job.sent_by_now(sending))
    if before is not None and answer.status is ChargeStatus.DECLINED:
        # An adapter may decline before it sends anything, and the earlier request may still arrive.
        return suspect(ledger, job, mine, sent=job.sent_by_now(sending))
    return record(ledger, job, answer)


def _not_sent(ledger: Ledger, job: Job, error: GatewayUnavailable, *, mine: Row, before: Sent | None) -> Outcome:
    """This attempt sent nothing: give the claim back for the next one, or end the payment after the last one.

    If an earlier attempt may have sent a request, the outcome stays unknown.
    """
    if before is not None:
        return suspect(ledger, job, mine, sent=before)
    if job.step == "reconcile" and job.last:
        return _give_up(ledger, job, mine)
    ledger.release(job.move(VALIDATED, note="not sent"))
    if job.step == "process":
        raise error
    return unknown(job)


def _give_up(ledger: Ledger, job: Job, row: Row) -> Outcome:
    """End a payment that was not charged."""
    move = job.move(FAILED, note="never seen" if row.attempt != job.attempt else "not sent")
    text = result_text(job.payment, FAILED, at=move.at, failure_code="NOT_CHARGED")
    changes = strings(result=text, failure_code="NOT_CHARGED", completed_at=move.at)
    standing = ledger.settle_as_seen(move, seen=row, changes=changes)
    if standing is not None:
        return replay(job, standing) if standing.status in TERMINAL else unknown(job)
    return Outcome(status=FAILED, result=json.loads(text), wrote=True)


def record(ledger: Ledger, job: Job, answer: ChargeAnswer) -> Outcome:
    """Write the gateway's answer; a row that is already final must have the same status."""
    answer = _without_card_data(job, answer)
    status = STATUS_OF[answer.status]
    code = decline_code(answer.decline_code) if status == DECLINED else ""
    move = job.move(status, note=code)
    text = result_text(job.payment, status, at=move.at, gateway_reference=answer.reference, decline_code=code)
    result = json.loads(text)
    standing = ledger.settle(move, changes=strings(result=text, **{name: result.get(name) for name in _KEPT}))
    if standing is None:
        return Outcome(status=status, result=result, wrote=True)
    return replay(job, standing) if standing.status == status else contradict(ledger, job, answer, row=standing)


def contradict(ledger: Ledger, job: Job, answer: ChargeAnswer, *, row: Row) -> Outcome:
    """Record that the gateway's answer differs from a final row; the workflow then sends a notice.

    It must be in the row: a repeat would otherwise return the row's status as if the gateway agreed.
    """
    if row.status in TERMINAL:
        move = job.move(row.status, note=f"gateway: {answer.status}")
        known = result_of(job.payment, row.status, gateway_reference=answer.reference)
        changes = strings(contradicted_at=move.at, contradicting_reference=known.get("gateway_reference"))
        standing = ledger.contradict(move, seen=row, changes=changes | open_item(job.payment.facts, since=move.at))
        if standing is None or standing.contradicted:
            return replay(job, replace(row, contradicted=True))
    raise LedgerError(
        f"the gateway says {answer.status} of a payment whose row is {row.status}", remedy="repeat the step"
    )


def suspect(
    ledger: Ledger, job: Job, row: Row, *, answer: ChargeAnswer | None = None, sent: Sent | None = None
) -> Outcome:
    """Write UNKNOWN: the payment may have been charged; record whether the gateway knows the charge.

    `sent` replaces the row's: an attempt that marks its own claim sends nothing more.
    """
    known = _without_card_data(job, answer) if answer is not None and not row.acknowledged else None
    if row.status == UNKNOWN and known is None:
        return unknown(job)
    move = job.move(UNKNOWN, note="pending" if known else "")
    changes = sent_item(sent) if sent else {}
    if known is not None:
        shown = result_of(job.payment, UNKNOWN, gateway_reference=known.reference)
        changes |= strings(acknowledged_at=move.at, gateway_reference=shown.get("gateway_reference"))
    standing = ledger.suspect(move, seen=row, changes=changes)
    if standing is not None and standing.status in TERMINAL:
        return replay(job, standing)
    return unknown(job, wrote=standing is None and row.status != UNKNOWN)


def _without_card_data(job: Job, answer: ChargeAnswer) -> ChargeAnswer:
    """Drop a reference that may be a card number, and log that; the gateway finds the charge by its key."""
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


def _is_open(answer: ChargeAnswer) -> bool:
    """Return whether the gateway knows the charge and has not decided about it."""
    return STATUS_OF.get(answer.status) == UNKNOWN


def replay(job: Job, row: Row) -> Outcome:
    """Return the stored result. An execution that finds its notice unsent sends it.

    A contradicted row returns CONTRADICTED: people have to compare the row with the gateway's books.
    """
    return Outcome(
        status=CONTRADICTED if row.contradicted else row.status,
        result=json.loads(row.result),
        replayed=row.execution != job.execution.arn,
        told=row.told == row.status,
    )


def unknown(job: Job, *, wrote: bool = False) -> Outcome:
    """Return the outcome that makes the workflow wait and ask again."""
    return Outcome(status=UNKNOWN, result=result_of(job.payment, UNKNOWN), wrote=wrote)


def _log(job: Job, event: str, *, error: Exception, level: str) -> None:
    """Log a gateway's fault by its class, with the text only if it is ours: another one may hold what was sent."""
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
