"""A state machine's definition, walked step by step in this process: what it calls, when, and how it ends.

Small on purpose: Pass, Task, Choice, Wait, Succeed and Fail, with Retry, Catch, a state's Output, and the Assign of a
state or a catcher. It fails where Step Functions fails: an expression without a value is States.QueryEvaluationError,
and after a catch without Output the next state's input is {Error, Cause}.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from payflow_cfn.local.walk.expressions import ERROR, NoValue, evaluate

State = Mapping[str, Any]

# A machine that goes round in circles is stopped here; the longest story of ours takes 60 steps.
_MOST_STEPS = 200
# Neither wildcard holds these (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
_BEYOND_ALL = ("States.DataLimitExceeded", "States.Runtime")


class TaskFailed(Exception):  # noqa: N818 - Step Functions' name for it
    """A task's or an expression's failure; its text is the error's name."""


class Endless(Exception):  # noqa: N818 - what the walk is, not what went wrong in it
    """The machine loops without an end."""


@dataclass(frozen=True, slots=True)
class Position:
    """The position of an execution: a state, its input, the variables, and the uses of each of its retriers."""

    name: str
    value: Any
    variables: Mapping[str, Any]
    used: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """The execution waits for a Task: answer it with `Machine.answer` or `Machine.fail`."""

    at: Position
    resource: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class Pause:
    """The execution waits for `seconds`: a Wait, or by `rule` of Retry before a repetition; go on with `resume`."""

    at: Position
    seconds: Any
    rule: State | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an execution: a state's name, the state (None: there is none of that name), and its input."""

    name: str
    state: State | None
    value: Any
    variables: Mapping[str, Any] = field(default_factory=dict)


Stop = Call | Pause | Ending


@dataclass(frozen=True, slots=True)
class Machine:
    """A definition; each step returns where the execution stops next. TaskFailed: nothing catches a failure."""

    definition: State

    def start(self, given: Any, context: State) -> Stop:
        """Enter the first state with the execution's input."""
        return self._enter(Position(str(self.definition.get("StartAt")), given, {}), context)

    def answer(self, at: Position, result: Any, context: State) -> Stop:
        """Leave a Task with its result."""
        state, states = self._state(at), {"input": at.value, "context": context, "result": result}
        try:
            left = _leave(state, at, states)
        except TaskFailed as error:
            return self._caught(state, at, str(error), context)
        return self._enter(left, context)

    def fail(self, at: Position, error: str, context: State) -> Stop:
        """Repeat a Task that failed, or leave it through a catcher."""
        state = self._state(at)
        used = at.used or (0,) * len(state.get("Retry", []))
        number, rule = _first(state.get("Retry", []), error)
        if rule is None or used[number] >= rule.get("MaxAttempts", 3):
            return self._caught(state, at, error, context)
        more = tuple(count + (index == number) for index, count in enumerate(used))
        return Pause(replace(at, used=more), pause(rule, used[number]), rule)

    def resume(self, stop: Pause, context: State) -> Stop:
        """Go on after a pause: leave the Wait, or do the Task again."""
        if stop.rule is not None:
            return self._task(self._state(stop.at), stop.at, context)
        state = self._state(stop.at)
        return self._enter(_leave(state, stop.at, {"input": stop.at.value, "context": context}), context)

    def _state(self, at: Position) -> State:
        found: State = self.definition["States"][at.name]
        return found

    def _enter(self, at: Position, context: State) -> Stop:
        """Go through states that need nothing from outside."""
        for _ in range(_MOST_STEPS):
            state = self.definition["States"].get(at.name)
            if state is None or state["Type"] in ("Succeed", "Fail"):
                return Ending(at.name, state, at.value, at.variables)
            states = {"input": at.value, "context": context}
            if state["Type"] == "Task":
                return self._task(state, at, context)
            if state["Type"] == "Wait":
                return Pause(at, value(state["Seconds"], at.variables, states))
            at = _chosen(state, at, states) if state["Type"] == "Choice" else _leave(state, at, states)
        raise Endless

    def _task(self, state: State, at: Position, context: State) -> Stop:
        try:
            arguments = value(state.get("Arguments", {}), at.variables, {"input": at.value, "context": context})
        except TaskFailed as error:
            return self._caught(state, at, str(error), context)
        return Call(at, str(state.get("Resource")), arguments)

    def _caught(self, state: State, at: Position, error: str, context: State) -> Stop:
        _, handler = _first(state.get("Catch", []), error)
        if handler is None:
            raise TaskFailed(error)
        output = {"Error": error, "Cause": "text"}
        states = {"input": at.value, "context": context, "errorOutput": output}
        return self._enter(_leave(handler, at, {**states, "result": output}), context)


@dataclass(slots=True)
class Walk:
    """One execution, walked to its end.

    `task(state, arguments)` does a Task's work, or raises TaskFailed. `context()` is the Context object of the moment.
    `waited(seconds)` hears of a Wait; `repeated(rule, done)` of a pause before a repetition, by the rule of Retry and
    how often it was used before.
    """

    definition: State
    context: Callable[[], State]
    task: Callable[[State, Any], Any]
    waited: Callable[[Any], None]
    repeated: Callable[[State, float], None]
    variables: Mapping[str, Any] = field(default_factory=dict)

    def run(self, given: Any) -> Ending:
        """Walk to an ending; TaskFailed where nothing catches a failure, Endless where there is no ending."""
        machine = Machine(self.definition)
        stop = machine.start(given, self.context())
        for _ in range(_MOST_STEPS):
            if isinstance(stop, Ending):
                self.variables = stop.variables
                return stop
            stop = self._call(machine, stop) if isinstance(stop, Call) else self._pause(machine, stop)
        raise Endless

    def _call(self, machine: Machine, stop: Call) -> Stop:
        try:
            result = self.task(self.definition["States"][stop.at.name], stop.arguments)
        except TaskFailed as error:
            return machine.fail(stop.at, str(error), self.context())
        return machine.answer(stop.at, result, self.context())

    def _pause(self, machine: Machine, stop: Pause) -> Stop:
        if stop.rule is None:
            self.waited(stop.seconds)
        else:
            self.repeated(stop.rule, stop.seconds)
        return machine.resume(stop, self.context())


def value(template: Any, variables: State, states: State) -> Any:
    """Return a template's value: texts between {% and %} are computed, all else stays."""
    if isinstance(template, dict):
        return {key: value(each, variables, states) for key, each in template.items()}
    if isinstance(template, list):
        return [value(each, variables, states) for each in template]
    if isinstance(template, str) and template.startswith("{%"):
        try:
            return evaluate(template[2:-2].strip(), variables, states)
        except NoValue as problem:
            raise TaskFailed(ERROR) from problem
    return template


def pause(rule: State, done: int) -> float:
    """Return the longest pause before the next repetition by a rule of Retry, in seconds."""
    seconds: float = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** done
    return min(seconds, float(rule.get("MaxDelaySeconds", seconds)))


def _leave(state: State, at: Position, states: State) -> Position:
    output = value(state["Output"], at.variables, states) if "Output" in state else states.get("result", at.value)
    assigned = value(state.get("Assign", {}), at.variables, states)
    return Position(str(state.get("Next")), output, {**at.variables, **assigned})


def _chosen(state: State, at: Position, states: State) -> Position:
    tests = (
        each["Next"] for each in state.get("Choices", []) if value(each["Condition"], at.variables, states) is True
    )
    chosen = next(tests, state.get("Default"))
    if chosen is None:
        raise TaskFailed("States.NoChoiceMatched")
    return Position(chosen, at.value, at.variables)


def _first(rules: Sequence[State], error: str) -> tuple[int, State | None]:
    return next(((n, each) for n, each in enumerate(rules) if _holds(each.get("ErrorEquals", []), error)), (0, None))


def _holds(names: Sequence[str], error: str) -> bool:
    if error in names or error in _BEYOND_ALL:
        return error in names
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")
