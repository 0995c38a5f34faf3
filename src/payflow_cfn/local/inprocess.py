"""The state machine's definition, walked in this process with a clock that jumps over waits.

The few JSONata texts of the definition are known by their shape; a new one is refused, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.errors import LocalError

Task = Callable[[str, Any], Any]
_ERROR_OR_NONE = (
    "$exists($states.result.Payload.error) and $states.result.Payload.error != null "
    "? $states.result.Payload.error : 'None'"
)
_STATUS_OF_ROW = re.compile(
    r"\$status = '(\w+)' and \$states\.result\.Attributes\.status\.S in \[(.+)\] \? '(\w+)' : \$status"
)


class TaskFailed(Exception):  # noqa: N818 - Step Functions' name for it
    """A task's technical failure; its text is the error's class."""


@dataclass(slots=True)
class Walk:
    """One execution: `task(resource, arguments)` does the work, `passed(seconds)` moves the clock."""

    states: Mapping[str, Any]
    arn: str
    started_at: str
    task: Task
    passed: Callable[[float], None]
    variables: dict[str, Any] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)

    def run(self, start: str, payment: Any) -> str:
        """Walk to an ending and return its name."""
        name, self.variables["states.input"] = start, payment
        while self.states[name]["Type"] not in ("Succeed", "Fail"):
            self.trail.append(name)
            name = self._step(self.states[name])
        self.trail.append(name)
        return name

    def _step(self, state: Mapping[str, Any]) -> str:
        if state["Type"] == "Choice":
            rules = (each["Next"] for each in state["Choices"] if self.value(each["Condition"]))
            return str(next(rules, state["Default"]))
        if state["Type"] == "Wait":
            self.passed(self.value(state["Seconds"]))
        elif state["Type"] == "Task":
            caught = self._task(state)
            if caught:
                return caught
        self._assign(state)
        return str(state["Next"])

    def _task(self, state: Mapping[str, Any]) -> str | None:
        """Do a task with its retries; the next state where the last failure was caught, TaskFailed where it was not."""
        used: Counter[int] = Counter()
        while True:
            try:
                self.variables["states.result"] = self.task(state["Resource"], self.value(state["Arguments"]))
                return None
            except TaskFailed as error:
                self.variables["states.error"] = failed = str(error)
            number, rule = _first(state["Retry"], failed)
            if rule is None or used[number] >= rule["MaxAttempts"]:
                break
            self.passed(min(rule["IntervalSeconds"] * rule["BackoffRate"] ** used[number], rule["MaxDelaySeconds"]))
            used[number] += 1
        _, handler = _first(state["Catch"], failed)
        if handler is None:
            raise TaskFailed(failed)
        self._assign(handler)
        return str(handler["Next"])

    def _assign(self, state: Mapping[str, Any]) -> None:
        self.variables.update(self.value(state.get("Assign", {})))

    def value(self, template: Any) -> Any:
        """A template's value: texts between {% and %} are computed, all else stays."""
        if isinstance(template, dict):
            return {name: self.value(each) for name, each in template.items()}
        if isinstance(template, str) and template.startswith("{%"):
            return self._compute(template[2:-2].strip())
        return template

    def _compute(self, text: str) -> Any:
        known = self.variables
        if text == _ERROR_OR_NONE:
            return known["states.result"]["Payload"]["error"] or "None"
        if text.startswith("$type($input) = 'object'") and text.endswith("? $input.transaction_id : null"):
            return known["input"]["transaction_id"]
        if text.startswith("$string({'transaction_id': $facts.transaction_id"):
            pairs = re.findall(r"'(\w+)': (\$[\w.]+)", text)
            return {name: self._path(path) for name, path in pairs}
        if match := _STATUS_OF_ROW.fullmatch(text):
            row = known["states.result"]["Attributes"].get("status", {}).get("S")
            return match[3] if known["status"] == match[1] and f"'{row}'" in match[2] else known["status"]
        if text == "$substring($states.errorOutput.Error, 0, 128)":
            return known["states.error"][:128]
        return self._simple(text)

    def _simple(self, text: str) -> Any:
        if re.fullmatch(r"\$[\w.]+", text):
            return self._path(text)
        if match := re.fullmatch(r"\$replayed and (.+)", text):
            return bool(self.variables["replayed"]) and self._simple(match[1])
        if match := re.fullmatch(r"(\$\w+) (=|in|<|>=|\+) \[?(.+?)\]?", text):
            words = [each.strip(" '") for each in match[3].split(",")]
            left = self._path(match[1])
            return left in words if match[2] in ("=", "in") else _number(match[2], left, int(words[0]))
        if match := re.fullmatch(r"\[([\d, ]+)\]\[\$asks\]", text):
            return int(match[1].split(",")[self.variables["asks"]])
        raise LocalError(
            f"the walk in this process does not know the expression {text!r}",
            remedy="teach payflow_cfn.local.inprocess its shape",
        )

    def _path(self, text: str) -> Any:
        context = {
            "$states.input": self.variables["states.input"],
            "$states.context.Execution.Id": self.arn,
            "$states.context.Execution.StartTime": self.started_at,
            "$states.context.State.EnteredTime": self.started_at,
        }
        if text in context:
            return context[text]
        parts = text[1:].split(".")
        found = self.variables["states.result"] if parts[:2] == ["states", "result"] else self.variables[parts[0]]
        for part in parts[2:] if parts[0] == "states" else parts[1:]:
            found = found[part]
        return found


# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_BEYOND_ALL = ("States.DataLimitExceeded", "States.Runtime")


def _first(rules: Sequence[Mapping[str, Any]], error: str) -> tuple[int, Mapping[str, Any] | None]:
    """The first of the rules (of Retry or Catch) that is for this error, with its number."""
    return next(((n, each) for n, each in enumerate(rules) if _holds(each["ErrorEquals"], error)), (0, None))


def _holds(names: Sequence[str], error: str) -> bool:
    """Whether the list has the error's name or a wildcard that stands for it."""
    if error in names or error in _BEYOND_ALL:
        return error in names
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _number(sign: str, left: int, right: int) -> int | bool:
    if sign == "+":
        return left + right
    return left < right if sign == "<" else left >= right
