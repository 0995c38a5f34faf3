"""A state machine's definition walked in this process: what it calls, when, and how it ends.

Small on purpose: Pass, Task, Choice, Wait, Succeed and Fail, with Retry, Catch, a state's Output, and the Assign of a
state or a catcher. What the definition does not use is not here: a choice assigns nothing, and after a catch it is the
state's input that goes on.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

State = Mapping[str, Any]

# A machine that goes round in circles is stopped here; the longest story of ours takes 60 steps.
_MOST_STEPS = 200
# Neither wildcard holds these (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
_BEYOND_ALL = ("States.DataLimitExceeded", "States.Runtime")


class TaskFailed(Exception):  # noqa: N818 - Step Functions' name for it
    """A task's or an expression's failure; its text is the error's name."""


class Endless(Exception):  # noqa: N818 - what the walk is, not what went wrong in it
    """The machine goes round in circles."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a walk ends: a state's name, the state (None: there is none of that name), and what it was given."""

    name: str
    state: State | None
    value: Any


@dataclass(slots=True)
class Walk:
    """One execution.

    `task(state, arguments)` does a Task's work, or raises TaskFailed. `compute(text, variables, states)` is the value
    of an expression. `waited(seconds)` hears of a Wait; `repeated(rule, done)` of a pause before a repetition, by the
    rule of Retry and how often it was used before.
    """

    definition: State
    context: Mapping[str, Any]
    task: Callable[[State, Any], Any]
    compute: Callable[[str, Mapping[str, Any], Mapping[str, Any]], Any]
    waited: Callable[[Any], None]
    repeated: Callable[[State, int], None]
    variables: dict[str, Any] = field(default_factory=dict)

    def run(self, given: Any) -> Ending:
        """Walk to an ending; TaskFailed where nothing catches a failure, Endless where there is no ending."""
        name, value = self.definition.get("StartAt"), given
        for _ in range(_MOST_STEPS):
            state = self.definition["States"].get(name)
            if state is None or state["Type"] in ("Succeed", "Fail"):
                return Ending(str(name), state, value)
            name, value = self._step(state, value)
        raise Endless

    def _step(self, state: State, value: Any) -> tuple[Any, Any]:
        states = {"input": value, "context": self.context}
        if state["Type"] == "Choice":
            return self._chosen(state, states), value
        if state["Type"] == "Wait":
            self.waited(self.value(state["Seconds"], states))
        if state["Type"] == "Task":
            try:
                states["result"] = self._task(state, states)
            except TaskFailed as error:
                return self._caught(state, error, states), value
        output = self.value(state["Output"], states) if "Output" in state else states.get("result", value)
        self._assign(state, states)
        return (None if state.get("End") else state.get("Next")), output

    def _chosen(self, state: State, states: Mapping[str, Any]) -> Any:
        tests = (each["Next"] for each in state.get("Choices", []) if self.value(each["Condition"], states) is True)
        chosen = next(tests, state.get("Default"))
        if chosen is None:
            raise TaskFailed("States.NoChoiceMatched")
        return chosen

    def _task(self, state: State, states: Mapping[str, Any]) -> Any:
        used: Counter[int] = Counter()
        while True:
            arguments = self.value(state.get("Arguments", {}), states)
            try:
                return self.task(state, arguments)
            except TaskFailed as error:
                number, rule = _first(state.get("Retry", []), str(error))
                if rule is None or used[number] >= rule.get("MaxAttempts", 3):
                    raise
                self.repeated(rule, used[number])
                used[number] += 1

    def _caught(self, state: State, error: TaskFailed, states: Mapping[str, Any]) -> Any:
        _, handler = _first(state.get("Catch", []), str(error))
        if handler is None:
            raise error
        self._assign(handler, {**states, "errorOutput": {"Error": str(error), "Cause": "text"}})
        return handler["Next"]

    def _assign(self, state: State, states: Mapping[str, Any]) -> None:
        self.variables.update(self.value(state.get("Assign", {}), states))

    def value(self, template: Any, states: Mapping[str, Any]) -> Any:
        """A template's value: texts between {% and %} are computed, all else stays."""
        if isinstance(template, dict):
            return {key: self.value(each, states) for key, each in template.items()}
        if isinstance(template, list):
            return [self.value(each, states) for each in template]
        if isinstance(template, str) and template.startswith("{%"):
            return self.compute(template[2:-2].strip(), self.variables, states)
        return template


def pause(rule: State, done: int) -> float:
    """The longest pause before the next repetition by a rule of Retry, in seconds."""
    seconds: float = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** done
    return min(seconds, float(rule.get("MaxDelaySeconds", seconds)))


def _first(rules: Sequence[State], error: str) -> tuple[int, State | None]:
    """The first of the rules (of Retry or Catch) that is for this error, with its number."""
    return next(((n, each) for n, each in enumerate(rules) if _holds(each.get("ErrorEquals", []), error)), (0, None))


def _holds(names: Sequence[str], error: str) -> bool:
    """Whether the list has the error's name or a wildcard that stands for it."""
    if error in names or error in _BEYOND_ALL:
        return error in names
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")
