"""The life of a payment: its executions and their states, the row's moves, log lines and notices, in order of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.payments.history import History, State, read_history
from payflow_cfn.payments.log_lines import LogLine, read_lines
from payflow_cfn.workflow.execution import Execution
from payflow_cfn.workflow.failure_states import ENDED_AS, NOTIFY
from payflow_cfn.workflow.payment_input import execution_name, numbered_name
from payflow_cfn.workflow.run import MOST_STARTS, execution_arn

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_stepfunctions import SFNClient

    from payflow_cfn.payments.lookup import Row

# Requests for executions. With the stack or the account, the row and two logs, a payment takes six.
_LOOKS = 2
# Values of facts that need no words.
_USUAL: tuple[object, ...] = (None, "", [], False, "INFO")
_TIMES = ("created_at", "failed_at")


class Moment(NamedTuple):
    """One thing that happened: when (ISO 8601, UTC), of which kind, in which execution, what, and its facts."""

    at: str
    kind: str
    what: str
    execution: str
    facts: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What happened with its facts, on one line."""
        facts = (f"{name} {_plain(value)}" for name, value in self.facts.items() if value not in _USUAL)
        return ", ".join((self.what, *facts))


class Life(NamedTuple):
    """A payment's moments, its newest execution, and what could not be read."""

    moments: tuple[Moment, ...]
    newest: Execution | None
    unread: tuple[str, ...]


def read_life(sfn: SFNClient, logs: CloudWatchLogsClient, *, machine_arn: str, groups: Sequence[str], row: Row) -> Life:
    """Read the logs, then the newest executions, in at most four requests."""
    since = min(filter(None, (_parsed(row.facts.get(name, "")) for name in _TIMES)), default=None)
    found = read_lines(logs, groups=groups, transaction_id=row.transaction_id, since=since)
    first = execution_name(row.transaction_id)
    known = _newest_known(first, (*row.executions, *(each.execution for each in found.lines)))
    histories = _histories(sfn, machine_arn, first, known)
    moments = (
        *(moment for each in histories for moment in _of_execution(each, row)),
        *(_of_row(each) for each in row.history),
        *_of_notice(row, [each.execution.arn for each in histories]),
        *(_of_line(each) for each in found.lines),
    )
    newest = histories[-1].execution if histories else None
    return Life(tuple(sorted(moments, key=_when)), newest, (*found.unread, *_left_out(histories, known, first)))


def _histories(sfn: SFNClient, machine_arn: str, first: str, known: int) -> list[History]:
    """The execution of the number `known`, and the next one; their numbers have no gaps."""
    found: list[History] = []
    for number in range(known, known + _LOOKS):
        name = numbered_name(first, number)
        history = read_history(sfn, execution_arn(machine_arn, name), name)
        if history is None:
            break
        found.append(history)
    return found


def _newest_known(first: str, executions: Sequence[str]) -> int:
    """The highest number of the executions that the row and the logs name, by name or ARN; 1 without one."""
    named = {each.rpartition(":")[2] for each in executions}
    return max((number for number in range(1, MOST_STARTS + 1) if numbered_name(first, number) in named), default=1)


def _left_out(histories: Sequence[History], known: int, first: str) -> Iterator[str]:
    if known > 1:
        yield f"the states of {known - 1} older executions of {first} are not read"
    yield from (f"the first events of {each.execution.name} are not read" for each in histories if each.is_cut)


def _of_execution(history: History, row: Row) -> Iterator[Moment]:
    execution = history.execution
    if history.started:
        yield Moment(utc(history.started), "execution", "started", execution.name, {})
    for state in history.states:
        facts = _facts_of(state)
        yield Moment(utc(state.entered), "state", state.name, execution.name, facts)
        if state.name == NOTIFY and _is_sent(state):
            status = _notice_status(execution, row)
            yield Moment(utc(state.left or state.entered), "notice", "sent", execution.name, {"status": status})
    if execution.stopped:
        error = {"error": execution.error}
        yield Moment(utc(execution.stopped), "execution", execution.status, execution.name, error)


def _facts_of(state: State) -> dict[str, Any]:
    """Only a task has attempts and errors."""
    found = {"seconds": state.seconds, "attempts": state.attempts, "errors": list(state.errors)}
    return found if state.attempts else {"seconds": state.seconds}


def _is_sent(state: State) -> bool:
    """Whether the last attempt succeeded: a state that gave up has an error for each attempt."""
    return state.left is not None and state.attempts > len(state.errors)


def _notice_status(execution: Execution, row: Row) -> str:
    """The status in the notice of an execution; empty where it is not known."""
    if row.facts.get("told_by") in (execution.arn, execution.name):
        return row.facts["told_status"]
    if execution.cause.startswith(ENDED_AS):
        return execution.cause.removeprefix(ENDED_AS).partition(";")[0]
    return ""


def _of_row(entry: Mapping[str, str]) -> Moment:
    facts = {name: value for name, value in entry.items() if name not in ("at", "status", "execution", "attempt")}
    return Moment(entry.get("at", ""), "row", entry.get("status", ""), entry.get("execution", ""), facts)


def _of_notice(row: Row, executions: Sequence[str]) -> Iterator[Moment]:
    """The notice that the row records, unless it is that of an execution whose states are read."""
    by = row.facts.get("told_by", "")
    if "told_at" in row.facts and by not in executions:
        name = by.rpartition(":")[2]
        yield Moment(row.facts["told_at"], "notice", "sent", name, {"status": row.facts.get("told_status", "")})


def _of_line(line: LogLine) -> Moment:
    return Moment(utc(line.at), "log", line.event, line.execution.rpartition(":")[2], line.fields)


def utc(time: datetime) -> str:
    """The time as ISO 8601 in UTC, in milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _when(moment: Moment) -> datetime:
    return _parsed(moment.at) or datetime.min.replace(tzinfo=UTC)


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(dict.fromkeys(map(str, value)))
    return re.sub(r"\s+", " ", str(value))
