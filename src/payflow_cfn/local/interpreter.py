"""A state machine's definition walked in this process, its JSONata evaluated: what it calls, when, and how it ends.

Small on purpose: Pass, Task, Choice, Wait, Succeed and Fail, with Retry, Catch, Assign and Output.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

State = Mapping[str, Any]

# A machine that goes round in circles is stopped here; the longest story of ours takes 60 steps.
_MOST_STEPS = 200
HANG = "hang"


class TaskError(Exception):
    """A task's failure; its text is the error's name. HANG is a task that never answers."""


@dataclass(slots=True)
class Execution:
    """One execution; `task(name, resource, arguments)` does the work, `trace` is what happened in short words."""

    definition: State
    task: Callable[[str, str, Any], tuple[str, Any]]
    variables: dict[str, Any] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def run(self, given: Any) -> str:
        """Walk to an end and return the trace, in one line."""
        name, value = self.definition.get("StartAt"), given
        for _ in range(_MOST_STEPS):
            state = self.definition["States"].get(name)
            if state is None or state["Type"] in ("Succeed", "Fail"):
                self._end(str(name), state, value)
                break
            try:
                name, value = self._step(str(name), state, value)
            except TaskError as error:
                self.trace.append(f"ends with {error}")
                break
        else:
            self.trace.append("runs for ever")
        return " ".join(self.trace)

    def _end(self, name: str, state: State | None, value: Any) -> None:
        if state is None:
            self.trace.append(f"lost at {name}")
        elif state["Type"] == "Succeed":
            self.trace.append(f"{name}:{value.get('status') if isinstance(value, dict) else value}")
        else:
            self.trace.append(f"{name}!{self._value(state.get('Error'), {})}!{self._value(state.get('Cause'), {})}")

    def _step(self, name: str, state: State, value: Any) -> tuple[Any, Any]:
        kind = state["Type"]
        if kind == "Choice":
            tests = (each["Next"] for each in state.get("Choices", []) if self._value(each["Condition"], {}) is True)
            chosen = next(tests, state.get("Default"))
            if chosen is None:
                raise TaskError("States.NoChoiceMatched")
            return chosen, value
        if kind == "Wait":
            self.trace.append(f"wait{self._value(state['Seconds'], {})}")
        states: dict[str, Any] = {"input": value, "context": _CONTEXT}
        if kind == "Task":
            try:
                states["result"] = self._task(name, state)
            except TaskError as error:
                return self._caught(state, error, states), value
        output = self._value(state["Output"], states) if "Output" in state else states.get("result", value)
        self._assign(state.get("Assign", {}), states)
        return (None if state.get("End") else state.get("Next")), output

    def _task(self, name: str, state: State) -> Any:
        attempts: dict[int, int] = {}
        while True:
            arguments = self._value(state.get("Arguments", {}), {"context": _CONTEXT})
            try:
                return self._called(name, state, arguments)
            except TaskError as error:
                index = _matching(state.get("Retry", []), str(error))
                entry = state["Retry"][index] if index is not None else {}
                done = attempts.get(index or 0, 0)
                if index is None or done >= entry.get("MaxAttempts", 3):
                    raise
                attempts[index] = done + 1
                self.trace.append(_delay(entry, done))

    def _called(self, name: str, state: State, arguments: Any) -> Any:
        token, answer = self.task(name, str(state.get("Resource")), arguments)
        self.trace.append(token)
        if answer == HANG:
            if "TimeoutSeconds" not in state:
                raise TaskError("nothing, for a year")
            self.trace.append(f"<{state['TimeoutSeconds']}")
            raise TaskError("States.Timeout")
        if isinstance(answer, str):
            raise TaskError(answer)
        return answer

    def _caught(self, state: State, error: TaskError, states: dict[str, Any]) -> Any:
        index = _matching(state.get("Catch", []), str(error))
        if index is None:
            raise error
        entry = state["Catch"][index]
        self._assign(entry.get("Assign", {}), {**states, "errorOutput": {"Error": str(error), "Cause": "text"}})
        return entry["Next"]

    def _assign(self, values: Any, states: Mapping[str, Any]) -> None:
        self.variables.update(self._value(values, states))

    def _value(self, value: Any, states: Mapping[str, Any]) -> Any:
        if isinstance(value, dict):
            return {key: self._value(each, states) for key, each in value.items()}
        if isinstance(value, list):
            return [self._value(each, states) for each in value]
        if isinstance(value, str) and value.startswith("{%"):
            return self._evaluated(value[2:-2].strip(), {"context": _CONTEXT, **states})
        return value

    def _evaluated(self, text: str, states: Mapping[str, Any]) -> Any:
        from jsonata import JException

        expression = _compiled(text)
        frame = expression.create_frame()
        for key, each in {**self.variables, "states": states}.items():
            frame.bind(key, each)
        try:
            return expression.evaluate(None, frame)
        except JException as problem:
            raise TaskError("States.QueryEvaluationError") from problem


_CONTEXT = {
    "Execution": {"Id": "arn:execution", "StartTime": "2026-01-01T00:00:00Z"},
    "State": {"EnteredTime": "2026-01-01T00:00:01Z"},
}


@lru_cache(2000)
def _compiled(text: str) -> Any:
    from jsonata import Jsonata

    return Jsonata(text)


def _matching(entries: list[State], error: str) -> int | None:
    """The first entry for this error: neither wildcard holds States.DataLimitExceeded, nor TaskFailed a timeout."""
    for index, each in enumerate(entries):
        for name in each.get("ErrorEquals", []):
            wild = name == "States.ALL" or (name == "States.TaskFailed" and error != "States.Timeout")
            if name == error or (wild and error != "States.DataLimitExceeded"):
                return index
    return None


def _delay(entry: State, done: int) -> str:
    """The longest pause before the next attempt, with `j` where it is spread."""
    seconds = entry.get("IntervalSeconds", 1) * entry.get("BackoffRate", 2.0) ** done
    spread = "j" if entry.get("JitterStrategy") == "FULL" else ""
    return f"~{min(seconds, entry.get('MaxDelaySeconds', seconds)):g}{spread}"
