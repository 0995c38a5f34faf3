"""Show one payment: its row, its life, and the next step for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.payments.aws_calls import asked, environment_of, no_payment
from payflow_cfn.text import one_line
from payflow_cfn.workflow.execution import Execution
from payflow_cfn.workflow.failure_states import ENDED_AS
from payflow_cfn.workflow.payment_input import amount_text, payment_command, run_again

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from payflow_cfn.payments.life import Life

# The attributes of a row that are shown: those that a notice may hold, and who did what and when; not the customer.
SHOWN = (
    "status", "amount", "currency", "payment_method", "gateway", "idempotency_key", "gateway_reference", "decline_code",
    "failure_code", "failure_error", "failed_at", "acknowledged_at", "sent_from", "sent_until", "created_at",
    "updated_at", "contradicted_at", "contradicting_reference", "completed_at", "settled_by", "settled_reason",
    "settled_reference", "compared_at", "notice_until", "open_since", "told_status", "told_at", "told_by",
)  # fmt: skip
# The fields of a payment.
PAYMENT = ("transaction_id", "payment_amount", "currency", "payment_method", "customer_id")
# The start of a history note with the gateway's answer against a final row.
_GATEWAY = "gateway: "
_TIMES = ("sent_from", "sent_until", "notice_until")
# The attributes that name an execution by its ARN.
_EXECUTIONS = ("execution", "failure_execution", "notice_by", "told_by")
FINAL = ("COMPLETED", "DECLINED", "FAILED")
TOLD = ("DECLINED", "FAILED")
# The word of --settle that agrees with a final status.
WORD_OF = {"COMPLETED": "completed", "DECLINED": "declined", "FAILED": "not-charged"}
# What the gateway answered when it was asked (processing.cases.Said; a test compares them).
ANSWERS = {
    "SUCCEEDED": "the gateway says that it charged",
    "DECLINED": "the gateway says that it declined",
    "PENDING": "the gateway has not decided",
    "NOT_FOUND": "the gateway has no such charge",
    "SILENT": "the gateway did not say",
}


class Row(NamedTuple):
    """A payment's row: what may be shown, its history, and the input that starts its workflow again.

    `executions` are the names and ARNs of the executions that wrote to it.
    """

    transaction_id: str
    facts: Mapping[str, str]
    history: tuple[Mapping[str, str], ...]
    payment: Mapping[str, str]
    executions: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The row's status; empty where it holds only the workflow's failure record."""
        return self.facts.get("status", "")

    @property
    def lacks_notice(self) -> bool:
        """Whether the notice of a final status was not sent."""
        return self.status in TOLD and self.facts.get("told_status") != self.status

    @property
    def is_only_a_word(self) -> bool:
        """Whether a person recorded the final status, and the books were not compared (payments.rows)."""
        return "settled_by" in self.facts and not {"contradicted_at", "compared_at"} & self.facts.keys()


def read_row(dynamodb: DynamoDBClient, *, table: str, transaction_id: str) -> Row:
    """Read a payment's row; RunError where there is none."""
    with asked(f"reading the payment {transaction_id} in {environment_of(table)}"):
        key = {"transaction_id": {"S": transaction_id}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if not item:
        raise no_payment(transaction_id, table)
    plain = {name: value.get("S", value.get("N", "")) for name, value in item.items()}
    if "amount" in plain:
        plain["amount"] = amount_text(plain["amount"], plain.get("currency", ""))
    facts = {name: plain[name] for name in SHOWN if name in plain}
    facts |= {"reasons": reasons} if (reasons := _reasons(plain)) else {}
    facts |= {name: _time(int(facts[name])) for name in _TIMES if name in facts}
    entries = (entry["M"] for entry in item.get("history", {}).get("L", ()))
    history = tuple({name: value["S"] for name, value in entry.items()} for entry in entries)
    wrote = (*(plain.get(name, "") for name in _EXECUTIONS), *(each.get("execution", "") for each in history))
    return Row(transaction_id, facts, history, _payment(plain), tuple(filter(None, wrote)))


def next_step(row: Row, newest: Execution | None) -> str:
    """What a person does now, with the command."""
    name = row.transaction_id
    if "contradicted_at" in row.facts:
        return (
            "the gateway's answer differs from the row. Correct at the gateway what is wrong, then: "
            f"{_settling(name, WORD_OF[row.status])}"
        )
    if row.lacks_notice:
        # Until then another execution has the claim: it sends the notice, or was stopped.
        until = f", not before {row.facts['notice_until']}" if "notice_until" in row.facts else ""
        return f"its notice was not sent: {run_again(name)} sends it{until}"
    if row.status in FINAL:
        compares = f", by a person; {payment_command(name, '--ask')} compares it with the gateway"
        return f"nothing: it is settled{compares if row.is_only_a_word else ''}"
    if row.status == "REJECTED":
        return "nothing: it was refused; a corrected payment may be sent under this id with `payflow run`"
    running = newest is not None and newest.status == "RUNNING"
    if row.status in ("PROCESSING", "UNKNOWN"):
        return f"ask the gateway: {payment_command(name, '--ask')}"
    return "wait: its execution runs" if running else f"nothing was sent: {run_again(name)} goes on"


def open_step(row: Row, said: str, not_before: str) -> str:
    """The next step for a payment that stays open after the gateway was asked: wait, or ask the gateway's support."""
    name, key = row.transaction_id, row.facts.get("idempotency_key", "its id")
    asks = payment_command(name, "--ask")
    answer = ANSWERS.get(said, ANSWERS["SILENT"])
    if said == "PENDING":
        return (
            f"wait: {answer}, and nobody can settle the payment before it does. "
            f"Ask again {f'after {not_before}' if not_before else 'later'}: {asks}"
        )
    if not_before:
        return f"wait: {answer}, and the charge may still arrive. Ask again, not before {not_before}: {asks}"
    if said == "NOT_FOUND":
        return f"{answer}. When its support confirms that of {key}: {_settling(name, 'not-charged')}"
    return (
        f"{answer}. Ask its support about {key}. When it was charged: {_settling(name, 'completed')}; "
        "else the same with declined or not-charged, without --reference"
    )


def refused_step(name: str, *, said: str = "", not_before: str = "", says: str = "") -> str:
    """The next step after a word that was not recorded: wait and ask, take the other word, or look at the payment."""
    if not_before:
        return f"wait until {not_before}, then {payment_command(name, '--ask')}"
    if said == "PENDING":
        return f"ask again later: {payment_command(name, '--ask')}"
    if said == "NOT_FOUND" and says == "declined":
        return f"when its support confirms that: {_settling(name, 'not-charged')}"
    return f"{payment_command(name)} shows its status"


def _settling(name: str, word: str) -> str:
    reference = ("--reference", "R") if word == "completed" else ()
    return payment_command(name, "--settle", word, *reference, "--reason", "TEXT")


def not_asked(row: Row) -> str:
    """Why the gateway was not asked, for a final payment; empty for any other one."""
    return f"the gateway was not asked, because {row.status} is final" if row.status in FINAL else ""


def refusal(row: Row, says: str) -> str:
    """Why a person's word cannot be recorded on the row, whatever the gateway answers; empty when it may be."""
    if row.status not in FINAL:
        return ""
    if "contradicted_at" not in row.facts:
        return f"the payment is {row.status}"
    word = WORD_OF[row.status]
    return "" if says == word else f"the payment is {row.status}, and only the word {word} settles what contradicts it"


def refusal_step(row: Row) -> str:
    """The next step after a `refusal`: send the missing notice, or look at the payment."""
    return next_step(row, None) if row.lacks_notice else f"{payment_command(row.transaction_id)} shows it"


def _contradiction(row: Row) -> str:
    """The gateway's answer that contradicts a final row, from the row's history."""
    if "contradicted_at" not in row.facts:
        return ""
    notes = [each.get("note", "") for each in row.history]
    words = [note.removeprefix(_GATEWAY) for note in notes if note.startswith(_GATEWAY)]
    facts = (row.facts.get("contradicting_reference"), row.facts["contradicted_at"])
    return ", ".join(filter(None, (*words[-1:], *facts)))


def _reasons(plain: Mapping[str, str]) -> str:
    """Why the payment was rejected, from the result in its row."""
    try:
        return "; ".join(json.loads(plain["result"])["errors"]) if plain.get("status") == "REJECTED" else ""
    except (ValueError, KeyError, TypeError):
        return ""


def as_json(row: Row, life: Life, step: str, *, said: str = "", unasked: str = "") -> dict[str, Any]:
    """The payment as one JSON object; `said` is the gateway's answer now, `unasked` why it was not asked."""
    newest = life.newest
    execution = {name: getattr(newest, name) for name in ("arn", "name", "status", "error")} if newest else None
    return {
        "transaction_id": row.transaction_id,
        "row": dict(row.facts),
        "history": [dict(each) for each in row.history],
        "execution": execution,
        "life": [each._asdict() for each in life.moments],
        "unread": list(life.unread),
        "told": bool(row.facts.get("told_at")),
        "notice": notice(row, newest),
        "gateway_said": said,
        "not_asked": unasked,
        "contradiction": _contradiction(row),
        "next": step,
    }


def as_text(row: Row, life: Life, step: str, *, said: str = "", unasked: str = "") -> str:
    """The payment as lines of text: what is known, its life, and the next step."""
    facts = [f"  {label:<13}{text}" for label, text in known_facts(row, life.newest, said=said, unasked=unasked)]
    several = len({each.execution for each in life.moments}) > 1
    moments = [
        f"  {each.at}  {each.kind:<9}  {one_line(each.text)}{f' ({each.execution})' if several else ''}"
        for each in life.moments
    ]
    unread = [f"  {'not read':<13}{one_line(each)}" for each in life.unread]
    return "\n".join([title(row), *facts, *moments, *unread, f"  {'now':<13}{step}"])


def title(row: Row) -> str:
    """The payment with its status, and since when it is open."""
    return f"{row.transaction_id}: {row.status or 'no status'}{_since(row.facts)}"


def known_facts(row: Row, newest: Execution | None, *, said: str = "", unasked: str = "") -> list[tuple[str, str]]:
    """What is known of the payment, as labels with their texts."""
    facts = row.facts
    lines = [
        _line("payment", _joined(facts, "amount", "currency"), facts.get("payment_method")),
        _line("gateway", facts.get("gateway")),
        _line("key", facts.get("idempotency_key")),
        _line("reference", facts.get("gateway_reference")),
        _line("acknowledged", facts.get("acknowledged_at")),
        _line("code", facts.get("decline_code") or facts.get("failure_code")),
        _line("failure", facts.get("failure_error"), facts.get("failed_at")),
        _line("rejected", facts.get("reasons")),
        _window(row),
        _line("settled by", facts.get("settled_by"), facts.get("settled_reason"), facts.get("settled_reference")),
        _line("contradicted", _contradiction(row)),
        _line("notice", notice(row, newest)),
        _line("execution", newest.name, newest.status, newest.error) if newest else ("", ""),
        _line("asked", ANSWERS.get(said), unasked),
    ]
    return [(label, text) for label, text in lines if text]


def _payment(plain: Mapping[str, str]) -> dict[str, str]:
    """The row's payment as an input of the workflow, with the same facts."""
    names = {"payment_amount": "amount"}
    return {name: plain[names.get(name, name)] for name in PAYMENT if names.get(name, name) in plain}


def _line(label: str, *values: str | None) -> tuple[str, str]:
    return label, ", ".join(value for value in values if value)


def _joined(facts: Mapping[str, str], *names: str) -> str:
    return " ".join(facts[name] for name in names if name in facts)


def _since(facts: Mapping[str, str]) -> str:
    return f", open since {facts['open_since']}" if "open_since" in facts else ""


def _window(row: Row) -> tuple[str, str]:
    """The line with the time in which requests may have been sent; empty for a final row."""
    if row.status in FINAL:
        return _line("sent")
    if "sent_until" not in row.facts:
        return _line("sent", "nothing")
    return _line("sent", f"maybe, {row.facts['sent_from']} to {row.facts['sent_until']}")


def notice(row: Row, newest: Execution | None) -> str:
    """The notice that was sent: from the row if its status is final, else from the end of the newest execution.

    An execution that ends after a failure has sent its notice, or has the error NoticeLost. A rejection's notice comes
    from the execution that wrote the row.
    """
    if row.lacks_notice:
        return "not sent"
    if "told_at" in row.facts:
        return f"{row.facts['told_status']} sent {row.facts['told_at']}"
    if newest is None or newest.status == "RUNNING":
        return ""
    if newest.status == "SUCCEEDED":
        wrote = [each.get("execution") for each in row.history[-1:]] == [newest.name]
        return f"REJECTED sent {_ended(newest)}" if row.status == "REJECTED" and wrote else ""
    if newest.error == "NoticeLost":
        return "lost: it could not be published to the topic"
    if not newest.cause.startswith(ENDED_AS):
        return "not sent by the newest execution"
    status = newest.cause.removeprefix(ENDED_AS).partition(";")[0]
    return f"{status} sent {_ended(newest)}"


def _ended(execution: Execution) -> str:
    return _text(execution.stopped) if execution.stopped else "at its end"


def _time(milliseconds: int) -> str:
    return _text(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
