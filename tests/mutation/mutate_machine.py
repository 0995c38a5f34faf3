"""The state machine, spoiled: retries, catches, bounds and choices removed or redirected, what states send changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mutation.mutant import Mutant, Path, get, leaves, removed, replaced, spelled
from payflow_cfn.aws.parsed_set import ParsedSet

# Where a wire is laid instead: to "paid", to "failed", and back to the charge.
_ELSEWHERE = ("PaymentComplete", "PaymentFailed", "ProcessPayment")
_NEVER, _ALWAYS = "{% false %}", "{% true %}"
_RETRY: dict[str, tuple[Any, ...]] = {
    "MaxAttempts": (0, 99),
    "IntervalSeconds": (1, 300),
    "BackoffRate": (1.0,),
    "MaxDelaySeconds": (1,),
    "JitterStrategy": ("NONE",),
}


def machine_mutants(templates: ParsedSet) -> Iterator[Mutant]:
    """Each state of each state machine, changed in one place, and the machine's own fields."""
    for stack, logical, _ in templates.resources("AWS::StepFunctions::StateMachine"):
        machine = _Machine(templates, (stack, "Resources", logical, "Properties", "Definition"))
        yield from machine.mutants()


class _Machine:
    """One definition, and the mutants of it."""

    def __init__(self, templates: ParsedSet, path: Path) -> None:
        self.templates, self.path = templates, path
        self.states: dict[str, dict[str, Any]] = get(templates.templates, path)["States"]

    def mutants(self) -> Iterator[Mutant]:
        """All of them."""
        yield self._gone("own bound removed", ("TimeoutSeconds",))
        yield self._new("own bound changed", ("TimeoutSeconds",), 60)
        yield self._new("start redirected", ("StartAt",), "ProcessPayment")
        yield self._new("query language changed", ("QueryLanguage",), "JSONPath")
        for name, state in self.states.items():
            yield self._gone("state removed", ("States", name))
            yield from self._wires(name, state)
            yield from self._catches(name, state)
            yield from self._retries(name, state)
            yield from self._choices(name, state)
            yield from self._bounds(name, state)
            yield from self._values(name, state)

    def _wires(self, name: str, state: dict[str, Any]) -> Iterator[Mutant]:
        if "Next" in state:
            yield from self._redirected("next state redirected", ("States", name, "Next"))
            yield self._new("next state ended", ("States", name), {**_but(state, "Next"), "End": True})
        if "Default" in state:
            yield from self._redirected("default redirected", ("States", name, "Default"))
            yield self._gone("default removed", ("States", name, "Default"))

    def _catches(self, name: str, state: dict[str, Any]) -> Iterator[Mutant]:
        path: Path = ("States", name, "Catch")
        for index, entry in enumerate(state.get("Catch", [])):
            yield self._gone("catch removed", (*path, index))
            yield from self._redirected("catch redirected", (*path, index, "Next"))
            yield self._new("catch for another error", (*path, index, "ErrorEquals"), ["States.Permissions"])
            if "Output" in entry:
                yield self._gone("catch hands on the error", (*path, index, "Output"))
                yield self._new("catch hands on another value", (*path, index, "Output"), "another")
            if "Assign" in entry:
                yield self._gone("catch remembers nothing", (*path, index, "Assign"))
                for leaf, _ in leaves(entry["Assign"]):
                    yield self._gone("catch remembers less", (*path, index, "Assign", *leaf))
                    yield self._new("catch remembers another value", (*path, index, "Assign", *leaf), "COMPLETED")
        if "Catch" in state:
            yield self._gone("all catches removed", path)
            yield self._new("catches in another order", path, state["Catch"][::-1])

    def _retries(self, name: str, state: dict[str, Any]) -> Iterator[Mutant]:
        path: Path = ("States", name, "Retry")
        for index, entry in enumerate(state.get("Retry", [])):
            yield self._gone("retry removed", (*path, index))
            for number, _ in enumerate(entry["ErrorEquals"]):
                yield self._gone("retry error removed", (*path, index, "ErrorEquals", number))
            yield self._new("retry of everything", (*path, index, "ErrorEquals"), ["States.ALL"])
            for key in _RETRY.keys() & entry:
                yield self._gone(f"retry {key} removed", (*path, index, key))
                others = (each for each in _RETRY[key] if each != entry[key])
                yield from (self._new(f"retry {key} changed", (*path, index, key), each) for each in others)
        if len(state.get("Retry", [])) > 1:
            yield self._new("retries in another order", path, state["Retry"][::-1])

    def _choices(self, name: str, state: dict[str, Any]) -> Iterator[Mutant]:
        path: Path = ("States", name, "Choices")
        choices = state.get("Choices", [])
        for index, _ in enumerate(choices):
            yield self._gone("choice removed", (*path, index))
            yield from self._redirected("choice redirected", (*path, index, "Next"))
            for test in (_ALWAYS, _NEVER):
                yield self._new("choice without its condition", (*path, index, "Condition"), test)
        for index in range(len(choices) - 1):
            swapped = [*choices[:index], choices[index + 1], choices[index], *choices[index + 2 :]]
            yield self._new("choices in another order", path, swapped)

    def _bounds(self, name: str, state: dict[str, Any]) -> Iterator[Mutant]:
        path: Path = ("States", name, "TimeoutSeconds")
        if "TimeoutSeconds" in state:
            yield self._gone("task bound removed", path)
            for seconds in (1, state["TimeoutSeconds"] - 1, state["TimeoutSeconds"] * 10):
                yield self._new("task bound changed", path, seconds)
        if "Seconds" in state:
            yield self._new("wait changed", ("States", name, "Seconds"), 0)

    def _values(self, name: str, state: dict[str, Any]) -> Iterator[Mutant]:
        for field, kind in (("Arguments", "argument"), ("Assign", "variable")):
            for leaf, _ in leaves(state[field]) if field in state else ():
                yield self._gone(f"{kind} removed", ("States", name, field, *leaf))
                yield self._new(f"{kind} changed", ("States", name, field, *leaf), "another")
        for field in ("Output", "Resource", "Error", "Cause"):
            if field in state:
                yield self._gone(f"{field} removed", ("States", name, field))
                yield self._new(f"{field} changed", ("States", name, field), "another")
        other = {"Succeed": "Fail", "Fail": "Succeed"}.get(state["Type"], "Pass")
        if other != state["Type"]:
            yield self._new("state of another type", ("States", name, "Type"), other)

    def _redirected(self, kind: str, path: Path) -> Iterator[Mutant]:
        right = get(self.templates.templates, (*self.path, *path))
        yield from (self._new(kind, path, each) for each in (*_ELSEWHERE, "Nowhere") if each != right)

    def _new(self, kind: str, path: Path, value: Any) -> Mutant:
        return replaced(self.templates, f"workflow, {kind}", (*self.path, *path), value, where=spelled(path))

    def _gone(self, kind: str, path: Path) -> Mutant:
        return removed(self.templates, f"workflow, {kind}", (*self.path, *path), where=spelled(path))


def _but(state: dict[str, Any], field: str) -> dict[str, Any]:
    return {key: each for key, each in state.items() if key != field}
