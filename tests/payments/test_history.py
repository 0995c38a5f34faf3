"""An execution's states, read from its history as Step Functions writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payflow_cfn.payments.history import State, read_history, states_of
from payment_stubs import EXECUTIONS, Cloud, history_of

TASK = {"resourceType": "lambda", "resource": "invoke"}
START = datetime(2026, 11, 25, 10, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(number: int, kind: str, seconds: float, *, before: int, **details: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "timestamp": at(seconds), "previousEventId": before, **details}


def entered(number: int, kind: str, name: str, seconds: float, *, before: int) -> dict[str, Any]:
    return event(number, f"{kind}StateEntered", seconds, before=before, stateEnteredEventDetails={"name": name})


def left(number: int, kind: str, name: str, seconds: float, *, before: int) -> dict[str, Any]:
    return event(number, f"{kind}StateExited", seconds, before=before, stateExitedEventDetails={"name": name})


RETRIED = [
    event(1, "ExecutionStarted", 0, before=0),
    entered(2, "Task", "Charge", 1, before=0),
    event(3, "TaskScheduled", 1, before=2),
    event(4, "TaskStarted", 1, before=3),
    event(5, "TaskFailed", 2, before=4, taskFailedEventDetails={**TASK, "error": "Lambda.Unknown"}),
    event(6, "TaskScheduled", 4, before=5),
    event(7, "TaskTimedOut", 5, before=6, taskTimedOutEventDetails={**TASK, "error": "States.Timeout"}),
    event(8, "TaskScheduled", 8, before=7),
    event(9, "TaskSucceeded", 9, before=8),
    left(10, "Task", "Charge", 9.5, before=9),
    entered(11, "Fail", "Failed", 9.6, before=10),
    event(12, "ExecutionFailed", 9.6, before=11, executionFailedEventDetails={"error": "E", "cause": "C"}),
]


def test_a_state_has_its_duration_its_attempts_and_the_error_of_each_failure() -> None:
    assert states_of(RETRIED) == (
        State("Charge", at(1), at(9.5), 3, ("Lambda.Unknown", "States.Timeout")),
        State("Failed", at(9.6)),
    )
    assert states_of(RETRIED)[0].seconds == 8.5


def test_events_of_branches_belong_to_the_states_of_their_branches() -> None:
    events = [
        entered(2, "Parallel", "Both", 1, before=0),
        entered(3, "Task", "Left", 1, before=2),
        entered(4, "Task", "Right", 1, before=2),
        event(5, "TaskScheduled", 1, before=3),
        event(6, "TaskFailed", 2, before=5, taskFailedEventDetails={"error": "OfLeft"}),
        event(7, "TaskScheduled", 2, before=4),
        left(8, "Task", "Right", 3, before=7),
        left(9, "Task", "Left", 4, before=6),
        left(10, "Parallel", "Both", 5, before=9),
    ]
    assert states_of(events) == (
        State("Both", at(1), at(5)), State("Left", at(1), at(4), 1, ("OfLeft",)), State("Right", at(1), at(3), 1)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("events", "status", "more"),
    [(RETRIED, "FAILED", {}), (RETRIED[:5], "RUNNING", {}), (RETRIED[5:], "FAILED", {"nextToken": "t"})],
)
def test_an_execution_is_what_its_last_event_shows(
    events: list[dict[str, Any]], status: str, more: dict[str, str]
) -> None:
    cloud = Cloud()
    answer = {"events": events[::-1], **more}
    cloud.stub("stepfunctions").add_response("get_execution_history", answer, history_of(1))
    found = read_history(cloud.client("stepfunctions"), f"{EXECUTIONS}:T-1", "T-1")
    assert found is not None
    over = status == "FAILED"
    assert (found.execution.status, found.execution.error, found.execution.cause) == (
        status, "E" if over else "", "C" if over else ""
    )  # fmt: skip
    assert (found.execution.stopped, found.started) == (at(9.6) if over else None, None if more else at(0))
    assert found.is_cut is bool(more)
