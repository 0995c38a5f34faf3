"""The language as the walk in this process speaks it: repetitions, catchers, outputs and ends."""

from __future__ import annotations

from typing import Any

import pytest

from mutation.traces import HANG, trace_of


def walk(*answers: Any, **state: Any) -> str:
    states = {"A": {"Type": "Task", "Resource": "r", "Next": "B", **state}, "B": {"Type": "Succeed"}}
    script = list(answers)
    return trace_of({"StartAt": "A", "States": states}, lambda *_: ("call", script.pop(0)), {})


RETRY = {"ErrorEquals": ["E"], "MaxAttempts": 2, "IntervalSeconds": 1, "BackoffRate": 3.0}


@pytest.mark.parametrize(
    ("answers", "state", "trace"),
    [
        (("E",), {}, "call ends with E"),
        (("E", "E", "E"), {"Retry": [RETRY]}, "call ~1 call ~3 call ends with E"),
        (("E", {"status": 1}), {"Retry": [{**RETRY, "JitterStrategy": "FULL"}]}, "call ~1j call B:1"),
        (("E", "E", {}), {"Retry": [{**RETRY, "MaxDelaySeconds": 2}]}, "call ~1 call ~2 call B:None"),
        ((HANG,), {}, "call ends with nothing, for a year"),
        ((HANG,), {"TimeoutSeconds": 5}, "call <5 ends with States.Timeout"),
        (("E",), {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, "call B:None"),
        (("States.DataLimitExceeded",), {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
         "call ends with States.DataLimitExceeded"),
        (("States.Runtime",), {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
         "call ends with States.Runtime"),
        (("E",), {"Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}]}, "call B:None"),
        ((HANG,), {"TimeoutSeconds": 5, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}]},
         "call <5 ends with States.Timeout"),
        (({"n": 1},), {"Output": "{% {'status': $states.result.n + 1} %}"}, "call B:2"),
        (({},), {"Next": "Nowhere"}, "call lost at Nowhere"),
    ],
)  # fmt: skip
def test_the_interpreter_repeats_catches_and_gives_up_as_the_language_says(
    answers: tuple[Any, ...], state: dict[str, Any], trace: str
) -> None:
    assert walk(*answers, **state) == trace


def test_a_circle_is_left() -> None:
    circle = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    assert trace_of(circle, lambda *_: ("", {}), {}) == "runs for ever"
