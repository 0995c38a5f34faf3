"""A definition walked by hand: what is repeated, what is caught, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.local.machine import Ending, Endless, State, TaskFailed, Walk, pause

RETRY = [
    {"ErrorEquals": ["Slow"], "MaxAttempts": 1},
    {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 2},
]
CATCH = [
    {"ErrorEquals": ["States.DataLimitExceeded"], "Assign": {"why": "{% large %}"}, "Next": "Large"},
    {"ErrorEquals": ["States.ALL"], "Assign": {"why": "{% all %}"}, "Next": "Failed"},
]
TASK = {"Type": "Task", "Retry": RETRY, "Catch": CATCH, "Assign": {"why": "none"}, "Next": "Done"}
ENDS = {"Large": {"Type": "Fail"}, "Failed": {"Type": "Fail"}, "Done": {"Type": "Succeed"}}


def walk(definition: State, *answers: object, told: list[object]) -> Walk:
    left = iter(answers)

    def task(state: State, arguments: Any) -> Any:
        answer = next(left)
        if isinstance(answer, TaskFailed):
            raise answer
        return answer

    return Walk(
        definition,
        {},
        task=task,
        compute=lambda text, variables, states: f"{text} {states['errorOutput']['Error']}",
        waited=told.append,
        repeated=lambda rule, done: told.append(pause(rule, done)),
    )


@pytest.mark.parametrize(
    ("errors", "pauses", "ending", "why"),
    [
        ([], [], "Done", "none"),
        (["Slow", "Broken", "Broken"], [1, 2, 4], "Done", "none"),
        (["Slow", "Slow"], [1], "Failed", "all Slow"),
        (["States.Timeout"], [], "Failed", "all States.Timeout"),
        (["States.DataLimitExceeded"], [], "Large", "large States.DataLimitExceeded"),
    ],
)
def test_each_rule_of_retry_counts_for_itself_and_the_first_catch_takes_the_rest(
    errors: list[str], pauses: list[float], ending: str, why: str
) -> None:
    told: list[object] = []
    seen = walk({"StartAt": "Try", "States": {"Try": TASK, **ENDS}}, *map(TaskFailed, errors), "paid", told=told)
    assert seen.run("given").name == ending
    assert (told, seen.variables) == (pauses, {"why": why})


def test_an_error_that_no_wildcard_holds_ends_it() -> None:
    states = {"Try": {"Type": "Task", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]}, **ENDS}
    with pytest.raises(TaskFailed, match=r"States\.Runtime"):
        walk({"StartAt": "Try", "States": states}, TaskFailed("States.Runtime"), told=[]).run(None)


def test_a_wire_to_nowhere_a_circle_and_a_choice_of_nothing() -> None:
    lost = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    assert walk(lost, told=[]).run(1) == Ending("B", None, 1)
    with pytest.raises(Endless):
        walk({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, told=[]).run(1)
    with pytest.raises(TaskFailed, match=r"States\.NoChoiceMatched"):
        walk({"StartAt": "A", "States": {"A": {"Type": "Choice"}}}, told=[]).run(1)


def test_a_pause_is_bounded() -> None:
    assert [pause({"IntervalSeconds": 3, "MaxDelaySeconds": 10}, done) for done in (0, 1, 2)] == [3, 6, 10]
