"""Every policy of a set, weakened: without an action or a condition, with a wildcard, with its effect turned round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mutation.mutant import Mutant, Path, get, removed, replaced, spelled
from payflow_cfn.aws.grants import Policy, policies_of
from payflow_cfn.aws.parsed_set import ParsedSet

_ANYBODY = {"AWS": "*"}
_ANOTHER_SERVICE = {"Service": "ec2.amazonaws.com"}


def policy_mutants(templates: ParsedSet) -> Iterator[Mutant]:
    """The mutants of every statement; statements are taken as we render them, with lists."""
    for policy in policies_of(templates):
        path: Path = (policy.stack, "Resources", policy.logical, "Properties", *policy.path, "Statement")
        for index, statement in enumerate(get(templates.templates, path)):
            yield from _Place(templates, policy, (*path, index), statement).mutants()


class _Place:
    """One statement of a policy, and the mutants of it."""

    def __init__(self, templates: ParsedSet, policy: Policy, path: Path, statement: dict[str, Any]) -> None:
        self.templates, self.policy, self.path, self.statement = templates, policy, path, statement
        self.group = policy.name.partition(" ")[0]

    def mutants(self) -> Iterator[Mutant]:
        """All of this statement."""
        yield self._without("statement removed", ())
        other = {"Allow": "Deny", "Deny": "Allow"}[self.statement["Effect"]]
        yield self._with("effect turned round", ("Effect",), other)
        yield from self._actions()
        yield from self._resources()
        yield from self._principals()
        yield from self._conditions()

    def _actions(self) -> Iterator[Mutant]:
        actions = self.statement["Action"]
        for index, action in enumerate(actions):
            if len(actions) > 1:
                yield self._without("action removed", ("Action", index))
            family = f"{action.partition(':')[0]}:*"
            for wide in ("*", family):
                if action != wide:
                    yield self._with("action widened", ("Action", index), wide)

    def _resources(self) -> Iterator[Mutant]:
        resources = self.statement.get("Resource", [])
        for index, resource in enumerate(resources):
            if len(resources) > 1:
                yield self._without("resource removed", ("Resource", index))
            if resource != "*":
                yield self._with("resource widened", ("Resource", index), "*")
                yield self._with("resource widened", ("Resource", index), _with_star(resource))

    def _principals(self) -> Iterator[Mutant]:
        if "Principal" not in self.statement:
            return
        for wide in ("*", _ANYBODY):
            if self.statement["Principal"] != wide:
                yield self._with("principal widened", ("Principal",), wide)
        for kind, name in self.statement["Principal"].items():
            other = {"AWS": "Service", "Service": "AWS"}[kind]
            yield self._with("principal changed", ("Principal",), {other: name})
        yield self._with("principal changed", ("Principal",), _ANOTHER_SERVICE)

    def _conditions(self) -> Iterator[Mutant]:
        conditions = self.statement.get("Condition", {})
        if conditions:
            yield self._without("condition removed", ("Condition",))
        for operator, tests in conditions.items():
            if not operator.endswith("IfExists"):
                loose = {key: each for key, each in conditions.items() if key != operator}
                yield self._with("condition loosened", ("Condition",), {**loose, f"{operator}IfExists": tests})
            for key, values in tests.items():
                if len(conditions) > 1 or len(tests) > 1:
                    yield self._without("condition removed", ("Condition", operator, key))
                yield from self._values(("Condition", operator, key), values)

    def _values(self, path: Path, values: Any) -> Iterator[Mutant]:
        if not isinstance(values, list):
            yield self._with("condition widened", path, "*")
            yield self._with("condition widened", path, _with_star(values))
            return
        for index, value in enumerate(values):
            if len(values) > 1:
                yield self._without("condition value removed", (*path, index))
            yield self._with("condition widened", (*path, index), "*")
            yield self._with("condition widened", (*path, index), _with_star(value))

    def _with(self, kind: str, path: Path, new: Any) -> Mutant:
        whole = (*self.path, *path)
        return replaced(self.templates, f"{self.group} policy, {kind}", whole, new, where=self._where(path))

    def _without(self, kind: str, path: Path) -> Mutant:
        return removed(self.templates, f"{self.group} policy, {kind}", (*self.path, *path), where=self._where(path))

    def _where(self, path: Path) -> str:
        return f"{self.policy.name} {spelled((self.statement.get('Sid', '?'), *path))}"


def _with_star(value: Any) -> Any:
    return {"Fn::Join": ["", [value, "*"]]}
