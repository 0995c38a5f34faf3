"""A state machine's definition walked in this process, its JSONata evaluated, and told in short words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from payflow_cfn.local.machine import Ending, Endless, State, TaskFailed, Walk, pause

HANG = "hang"
_CONTEXT = {
    "Execution": {"Id": "arn:execution", "StartTime": "2026-01-01T00:00:00Z"},
    "State": {"EnteredTime": "2026-01-01T00:00:01Z"},
}


def trace_of(definition: State, task: Callable[[str, Any], tuple[str, Any]], given: Any) -> str:
    """What happens in an execution, in one line.

    `task(resource, arguments)` returns what a call is called there, and its answer: a text is the name of an error,
    HANG a task that never answers.
    """
    told: list[str] = []

    def called(state: State, arguments: Any) -> Any:
        token, answer = task(str(state.get("Resource")), arguments)
        told.append(token)
        if answer == HANG:
            if "TimeoutSeconds" not in state:
                raise TaskFailed("nothing, for a year")
            told.append(f"<{state['TimeoutSeconds']}")
            raise TaskFailed("States.Timeout")
        if isinstance(answer, str):
            raise TaskFailed(answer)
        return answer

    walk = Walk(
        definition,
        _CONTEXT,
        task=called,
        compute=_evaluated,
        waited=lambda seconds: told.append(f"wait{seconds}"),
        repeated=lambda rule, done: told.append(_pause(rule, done)),
    )
    try:
        told.append(_ending(walk, walk.run(given)))
    except TaskFailed as error:
        told.append(f"ends with {error}")
    except Endless:
        told.append("runs for ever")
    return " ".join(told)


def _ending(walk: Walk, end: Ending) -> str:
    if end.state is None:
        return f"lost at {end.name}"
    if end.state["Type"] == "Succeed":
        return f"{end.name}:{end.value.get('status') if isinstance(end.value, dict) else end.value}"
    error, cause = (walk.value(end.state.get(each), {"context": _CONTEXT}) for each in ("Error", "Cause"))
    return f"{end.name}!{error}!{cause}"


def _pause(rule: State, done: int) -> str:
    """The longest pause, with `j` where it is spread."""
    return f"~{pause(rule, done):g}{'j' if rule.get('JitterStrategy') == 'FULL' else ''}"


def _evaluated(text: str, variables: Mapping[str, Any], states: Mapping[str, Any]) -> Any:
    from jsonata import JException

    expression = _compiled(text)
    frame = expression.create_frame()
    for key, each in {**variables, "states": states}.items():
        frame.bind(key, each)
    try:
        return expression.evaluate(None, frame)
    except JException as problem:
        raise TaskFailed("States.QueryEvaluationError") from problem


@lru_cache(2000)
def _compiled(text: str) -> Any:
    from jsonata import Jsonata

    return Jsonata(text)
