"""A person's actions on an open payment: ask the gateway now, or record the answer of the gateway's support.

Neither charges. The payment is read from its row, and the gateway is asked first: its own answer takes precedence.
The gateway is also asked about a final status that only a person has recorded. If the gateway has contradicted a final
row, a person records here that the books were compared.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from payments.bounds import ERROR_LENGTH, ID_LENGTH, REFERENCE_LENGTH, bounded
from payments.card_data import holds_card_data
from payments.errors import ConfigurationError, LedgerError
from payments.execution import time_text
from payments.facts import Payment
from payments.gateways.protocol import ChargeAnswer, ChargeStatus, Gateway
from payments.ledger import Ledger
from payments.rows import Row, Sent, read_row, row_payment, strings
from payments.statuses import COMPLETED, DECLINED, FAILED, PROCESSING, TERMINAL, UNKNOWN
from processing.cases import Said, Standing
from processing.job import Job, read_job
from processing.results import result_text
from processing.settlement import Outcome, ask, contradict, record, replay, state_of, suspect, unknown

# AWS's own limit for an ARN. A longer text is refused; the row keeps a shortened ARN.
_ARN_LENGTH: Final = 2_048
STEPS: Final = ("ask", "settle")
# The possible answers of the gateway's support, each with the status and facts to write.
WORDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "completed": (COMPLETED, {}),
    "declined": (DECLINED, {"decline_code": "generic_decline"}),
    "not-charged": (FAILED, {"failure_code": "NOT_CHARGED"}),
}


@dataclass(frozen=True, slots=True)
class Word:
    """The answer of the gateway's support: one of WORDS, its reference, the reason, and who records it."""

    says: str
    reference: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The payment's outcome; `refused` is the reason why a person's word was refused.

    `said` is the gateway's answer, empty if it was not asked. `not_before` (ISO 8601) is when every request
    about an open payment has arrived; empty when that is now.
    """

    outcome: Outcome
    payment: Payment
    refused: str = ""
    said: str = ""
    not_before: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the function's answer."""
        more = {"refused": self.refused, "said": self.said, "not_before": self.not_before}
        return {**self.outcome.as_json(), **more}


def operate(
    ledger: Ledger,
    gateway: Gateway,
    event: Mapping[str, Any],
    context: object,
    *,
    clock: Callable[[], float] = time.time,
) -> Reply:
    """Ask the gateway about the payment `event["transaction_id"]`, or settle it by `event["word"]`.

    Raise LedgerError for a payment without a row, or one for which nothing was sent.
    """
    item = ledger.read(bounded(_text(event, "transaction_id", ID_LENGTH), limit=ID_LENGTH))
    row = read_row(item)
    if row.status not in TERMINAL and (row.status not in (PROCESSING, UNKNOWN) or row.sent is None):
        raise LedgerError(f"the payment's row is {row.status}: nothing was sent", remedy="start the payment again")
    job = read_job({**event, "payment": row_payment(item).as_json()}, context, clock=clock)
    word = _read_word(event.get("word")) if job.step == "settle" else None
    if row.status in TERMINAL or row.sent is None:
        return _final(ledger, job, row, word) if word or not row.is_only_a_word else _check(ledger, gateway, job, row)
    answer = ask(gateway, job, row, sent=row.sent)
    standing = state_of(gateway, job, row, sent=row.sent, answer=answer)
    reply = _answered(ledger, job, row, answer, standing=standing, word=word)
    again = _not_before(job, row.sent) if reply.outcome.status == UNKNOWN else ""
    return replace(reply, said=standing.said.value, not_before=again)


def _check(ledger: Ledger, gateway: Gateway, job: Job, row: Row) -> Reply:
    """Ask the gateway about a status that a person recorded while it could not answer; record a contradiction."""
    answer = ask(gateway, job, row, sent=row.sent) if row.sent else None
    said = Said(answer.status) if answer else Said.SILENT
    outcome = replay(job, row)
    if answer is not None and said in (Said.SUCCEEDED, Said.DECLINED):
        outcome = record(ledger, job, answer)
    elif answer is not None and said is Said.NOT_FOUND and row.status == COMPLETED:
        outcome = contradict(ledger, job, answer, row=row)
    return Reply(outcome, job.payment, said=said.value)


def _answered(
    ledger: Ledger, job: Job, row: Row, answer: ChargeAnswer | None, *, standing: Standing, word: Word | None
) -> Reply:
    """Write the gateway's answer; without one, write the person's word if no request can still arrive."""
    if answer is not None and standing.said in (Said.SUCCEEDED, Said.DECLINED, Said.PENDING):
        return _by_the_gateway(ledger, job, row, answer, word=word)
    refused = _refusal(standing, word) if word else ""
    return _settle(ledger, job, row, word) if word and not refused else Reply(unknown(job), job.payment, refused)


def _not_before(job: Job, sent: Sent) -> str:
    """Return when every request has arrived or never will; empty when that is now."""
    quiet = sent.until / 1000 + job.quiet
    return time_text(quiet) if quiet > job.clock() else ""


def _final(ledger: Ledger, job: Job, row: Row, word: Word | None) -> Reply:
    """Return a final row's result; a word that agrees with its status ends the gateway's contradiction."""
    if word and row.contradicted and WORDS[word.says][0] == row.status:
        return _clear(ledger, job, row, word)
    return Reply(replay(job, row), job.payment, f"the payment is {row.status}" if word else "")


def _clear(ledger: Ledger, job: Job, row: Row, word: Word) -> Reply:
    """Record that a person compared the books; status and result stay, and an unsent notice is due again."""
    note = f"{word.by}: {word.reason}" + (f" ({word.reference})" if word.reference else "")
    move = job.move(row.status, note=note)
    settled = {"settled_by": word.by, "settled_reason": word.reason, "settled_reference": word.reference}
    changes = strings(compared_at=move.at, **settled)
    standing = ledger.clear(move, seen=row, changes=changes)
    if standing is None:
        return Reply(replay(job, replace(row, contradicted=False)), job.payment)
    return Reply(replay(job, standing), job.payment, "the payment changed meanwhile")


def _by_the_gateway(ledger: Ledger, job: Job, row: Row, answer: ChargeAnswer, *, word: Word | None) -> Reply:
    """Write the gateway's own answer; a person's word is then refused."""
    if answer.status is ChargeStatus.PENDING:
        refused = "the gateway has not decided" if word else ""
        return Reply(suspect(ledger, job, row, answer=answer), job.payment, refused)
    return Reply(record(ledger, job, answer), job.payment, "the gateway itself says so" if word else "")


def _refusal(standing: Standing, word: Word) -> str:
    """Return why a person's word is refused; empty when it is accepted."""
    if standing.held or not standing.quiet:
        return "the charge may still arrive at the gateway"
    if standing.said is Said.NOT_FOUND and word.says != "not-charged":
        return "the gateway says that it has no such charge"
    return ""


def _settle(ledger: Ledger, job: Job, row: Row, word: Word) -> Reply:
    """Write a person's word if the row is still as it was when the gateway was asked."""
    status, facts = WORDS[word.says]
    move = job.move(status, note=f"{word.by}: {word.reason}")
    facts = {**facts, "gateway_reference": word.reference, "settled_by": word.by}
    text = result_text(job.payment, status, at=move.at, **facts)
    changes = strings(result=text, completed_at=move.at, settled_reason=word.reason, **facts)
    standing = ledger.settle_as_seen(move, seen=row, changes=changes)
    if standing is None:
        return Reply(Outcome(status=status, result=json.loads(text), wrote=True), job.payment)
    found = replay(job, standing) if standing.status in TERMINAL else unknown(job)
    return Reply(found, job.payment, "the payment changed meanwhile")


def _read_word(value: object) -> Word:
    """Read `word` of the payload; raise ConfigurationError for one that is not valid."""
    given = value if isinstance(value, Mapping) else {}
    says = _text(given, "says", ERROR_LENGTH)
    if says not in WORDS:
        raise ConfigurationError("word.says is not known", remedy=f"use one of {', '.join(WORDS)}")
    reference = _text(given, "reference", REFERENCE_LENGTH) if given.get("reference") else ""
    if says == "completed" and not reference:
        raise ConfigurationError("word.reference is empty", remedy="pass the gateway's own id of the charge")
    reason, by = _text(given, "reason", ERROR_LENGTH), _text(given, "by", _ARN_LENGTH)
    if any(holds_card_data(each) for each in (reason, by, reference)):
        raise ConfigurationError("word holds card data", remedy="leave it out")
    return Word(
        says=says,
        reference=bounded(reference, limit=REFERENCE_LENGTH),
        # As a person typed it, in any script, without what a terminal would obey.
        reason="".join(each if each.isprintable() else " " for each in reason),
        by=bounded(by, limit=ERROR_LENGTH),
    )


def _text(value: Mapping[str, Any], name: str, limit: int) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise ConfigurationError(f"{name} is missing", remedy="pass it as a text")
    if len(text) > limit:
        raise ConfigurationError(f"{name} has more than {limit} characters", remedy="shorten it")
    return text
