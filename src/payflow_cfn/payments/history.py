"""An execution as its history shows it: how it ended, and its states with their durations, attempts and errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.workflow.execution import Execution, unreadable

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# The most events of one request. A payment has about thirty; an extension's steps may add some.
_EVENTS = 1000
_ENDS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}


class State(NamedTuple):
    """One visit of a state; `left` is None while it lasts, and for the state in which the execution ended.

    `attempts` counts the task's requests, and `errors` has an error's name for each that failed.
    """

    name: str
    entered: datetime
    left: datetime | None = None
    attempts: int = 0
    errors: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return round((self.left - self.entered).total_seconds(), 3) if self.left else None


class History(NamedTuple):
    """An execution with its states; `started` is None if its first events are left out (`is_cut`)."""

    execution: Execution
    started: datetime | None
    states: tuple[State, ...]
    is_cut: bool


def read_history(sfn: SFNClient, arn: str, name: str) -> History | None:
    """The execution in one request, without inputs and outputs; None if there is none of this name."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        # The newest events first: the end decides what a person does, and it is in the first page.
        page = sfn.get_execution_history(
            executionArn=arn, maxResults=_EVENTS, reverseOrder=True, includeExecutionData=False
        )
    except (BotoCoreError, ClientError) as error:
        response: Mapping[str, Any] = getattr(error, "response", {})
        if response.get("Error", {}).get("Code") == "ExecutionDoesNotExist":
            return None
        raise unreadable(error, arn, name) from error
    events: list[Any] = page["events"][::-1]
    begun = [each["timestamp"] for each in events if each["type"] == "ExecutionStarted"]
    return History(
        _execution(events[-1], arn, name),
        started=begun[0] if begun else None,
        states=states_of(events),
        is_cut="nextToken" in page,
    )


def states_of(events: Iterable[Mapping[str, Any]]) -> tuple[State, ...]:
    """The states that these events enter, in order; an event belongs to the state of the event before it."""
    states: list[State] = []
    owner: dict[int, int] = {}
    for event in events:
        kind = event["type"]
        if kind.endswith("StateEntered"):
            states.append(State(event["stateEnteredEventDetails"]["name"], event["timestamp"]))
            owner[event["id"]] = len(states) - 1
            continue
        # The embedded AWS does not name the event before.
        before = event.get("previousEventId")
        index = owner.get(before) if before else len(states) - 1 if states else None
        if kind.endswith("StateExited"):
            # Inside a Map or Parallel state, the event before its exit is one of an inner state.
            index = _last_open(states, event["stateExitedEventDetails"]["name"])
        if index is None:
            continue
        owner[event["id"]] = index
        states[index] = _after(states[index], event)
    return tuple(states)


def _after(state: State, event: Mapping[str, Any]) -> State:
    kind = event["type"]
    if kind.endswith("StateExited"):
        return state._replace(left=event["timestamp"])
    if kind.endswith("Scheduled"):
        return state._replace(attempts=state.attempts + 1)
    error = "" if kind in _ENDS else _details(event).get("error", "")
    return state._replace(errors=(*state.errors, error)) if error else state


def _last_open(states: list[State], name: str) -> int | None:
    found = [index for index, each in enumerate(states) if each.name == name and each.left is None]
    return found[-1] if found else None


def _execution(last: Mapping[str, Any], arn: str, name: str) -> Execution:
    status = _ENDS.get(last["type"], "RUNNING")
    facts = _details(last) if status != "RUNNING" else {}
    stopped = last["timestamp"] if status != "RUNNING" else None
    return Execution(
        arn, name, status, "", facts.get("error", ""), facts.get("cause", ""), replayed=True, stopped=stopped
    )


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = event["type"]
    found: Mapping[str, Any] = event.get(f"{kind[:1].lower()}{kind[1:]}EventDetails", {})
    return found
