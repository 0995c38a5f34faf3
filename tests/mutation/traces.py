"""A state machine's definition walked in this process, its JSONata evaluated, and told in short words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payflow_cfn.local.walk.interpreter import Ending, Endless, State, TaskFailed, Walk, value

HANG = "hang"
_CONTEXT = {
    "Execution": {"Id": "arn:execution", "Name": "execution", "StartTime": "2026-01-01T00:00:00Z"},
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
        lambda: _CONTEXT,
        task=called,
        waited=lambda seconds: told.append(f"wait{seconds}"),
        repeated=lambda rule, seconds: told.append(_pause(rule, seconds)),
    )
    try:
        told.append(_ending(walk.run(given)))
    except TaskFailed as error:
        told.append(f"ends with {error}")
    except Endless:
        told.append("runs for ever")
    return " ".join(told)


def _ending(end: Ending) -> str:
    if end.state is None:
        return f"lost at {end.name}"
    if end.state["Type"] == "Succeed":
        return f"{end.name}:{end.value.get('status') if isinstance(end.value, dict) else end.value}"
    error, cause = (value(end.state.get(each), end.variables, {"context": _CONTEXT}) for each in ("Error", "Cause"))
    return f"{end.name}!{error}!{cause}"


def _pause(rule: State, seconds: float) -> str:
    """The longest pause, with `j` where it is spread."""
    return f"~{seconds:g}{'j' if rule.get('JitterStrategy') == 'FULL' else ''}"
