"""Test small definitions in the interpreter: retries, catches and ends."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.local.walk.interpreter import Ending, Endless, State, TaskFailed, Walk, pause

RETRY = [
    {"ErrorEquals": ["Slow"], "MaxAttempts": 1},
    {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 2},
]
ERROR = "$states.errorOutput.Error"
CATCH = [
    {"ErrorEquals": ["States.DataLimitExceeded"], "Assign": {"why": f"{{% 'large ' & {ERROR} %}}"}, "Next": "Large"},
    {"ErrorEquals": ["States.ALL"], "Assign": {"why": f"{{% 'all ' & {ERROR} %}}"}, "Next": "Failed"},
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
        lambda: {"State": {"EnteredTime": len(told)}},
        task=task,
        waited=told.append,
        repeated=lambda _, seconds: told.append(seconds),
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


def test_a_missing_next_state_a_loop_and_a_choice_without_a_match() -> None:
    lost = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    assert walk(lost, told=[]).run(1) == Ending("B", None, 1, {})
    with pytest.raises(Endless):
        walk({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, told=[]).run(1)
    with pytest.raises(TaskFailed, match=r"States\.NoChoiceMatched"):
        walk({"StartAt": "A", "States": {"A": {"Type": "Choice"}}}, told=[]).run(1)


def test_a_pause_is_bounded() -> None:
    assert [pause({"IntervalSeconds": 3, "MaxDelaySeconds": 10}, done) for done in (0, 1, 2)] == [3, 6, 10]


NOTHING = "{% $nobody %}"
CAUGHT = {"Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Failed"}]}


@pytest.mark.parametrize("part", [{"Arguments": {"a": NOTHING}}, {"Output": NOTHING}, {"Assign": {"a": NOTHING}}])
def test_a_task_catches_an_expression_of_its_own_that_has_no_value(part: dict[str, Any]) -> None:
    states = {"Try": {"Type": "Task", "Next": "Done", **part, **CAUGHT}, **ENDS}
    assert walk({"StartAt": "Try", "States": states}, "paid", told=[]).run(None).name == "Failed"


@pytest.mark.parametrize(
    "later",
    [
        {"Type": "Choice", "Choices": [{"Condition": NOTHING, "Next": "Done"}], "Default": "Done"},
        {"Type": "Pass", "Assign": {"a": NOTHING}, "Next": "Done"},
        {"Type": "Wait", "Seconds": NOTHING, "Next": "Done"},
    ],
    ids=lambda state: str(state["Type"]),
)
def test_what_a_later_state_cannot_evaluate_is_caught_by_no_earlier_task(later: dict[str, Any]) -> None:
    states = {"Try": {"Type": "Task", "Next": "Later", **CAUGHT}, "Later": later, **ENDS}
    with pytest.raises(TaskFailed, match=r"States\.QueryEvaluationError"):
        walk({"StartAt": "Try", "States": states}, "paid", told=[]).run(None)


def test_an_expression_of_a_catcher_that_has_no_value_is_caught_by_nobody() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Output": NOTHING, "Next": "Failed"}]
    states = {"Try": {"Type": "Task", "Catch": catch, "Next": "Done"}, **ENDS}
    with pytest.raises(TaskFailed, match=r"States\.QueryEvaluationError"):
        walk({"StartAt": "Try", "States": states}, TaskFailed("Broken"), told=[]).run(None)


@pytest.mark.parametrize(
    ("output", "given"),
    [({}, {"Error": "Broken", "Cause": "text"}), ({"Output": "{% $states.input %}"}, {"paid": 1})],
)
def test_after_a_catch_without_output_the_next_input_is_the_error(output: dict[str, str], given: object) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Failed", **output}]
    states = {"Try": {"Type": "Task", "Catch": catch, "Next": "Done"}, **ENDS}
    ending = walk({"StartAt": "Try", "States": states}, TaskFailed("Broken"), told=[]).run({"paid": 1})
    assert (ending.name, ending.value) == ("Failed", given)


def test_the_context_is_that_of_the_moment() -> None:
    entered = "{% $states.context.State.EnteredTime %}"
    states = {
        "A": {"Type": "Wait", "Seconds": 5, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"at": entered}, "Next": "Done"},
        **ENDS,
    }
    assert walk({"StartAt": "A", "States": states}, told=[]).run(None).variables == {"at": 1}
