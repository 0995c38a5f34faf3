"""Name the root parameters that set the value a finding is about, through all nested stacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import ABSENT, Given, symbols_in
from payflow_cfn.deploy.changeset.diagnose import Diagnosis
from payflow_cfn.deploy.cloudformation.findings import Cause
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.diff.stack_tree import stack_tree
from payflow_cfn.errors import PayflowError

_GIVEN = "parameters of payflow.toml, or --parameter"
_DEFAULT = "the template's default"


def with_origins(found: Diagnosis, request: Request) -> Diagnosis:
    """The diagnosis with the origin of each finding, as far as the set of the request shows it."""
    if not request.rendered:
        return found
    try:
        root = Scope(stack_tree(request.rendered), (), lambda name: Given((), name), {})
        failures = tuple(_traced(root, each, request.parameters) for each in found.failures)
        warnings = tuple(_traced(root, each, request.parameters) for each in found.warnings)
    except PayflowError:  # a set that cannot be evaluated must not hide why CloudFormation refused it
        return found
    return replace(found, cause=failures[0] if failures else None, others=failures[1:], warnings=warnings)


def _traced(root: Scope, cause: Cause, given: Collection[str]) -> Cause:
    names = _parameters(_value(root, cause))
    return replace(cause, set_by=tuple(f"{name} ({_GIVEN if name in given else _DEFAULT})" for name in names))


def _value(root: Scope, cause: Cause) -> Any:
    """The value at the cause's place with the root's parameters as symbols; ABSENT where the templates have none."""
    scope: Scope | None = root
    for step in cause.path[:-1]:
        scope = scope.child(step) if scope else None
    steps = [step for step in cause.place.split("/") if step]
    if scope is None or not cause.path or not steps:
        return ABSENT
    return scope.value(_inside(scope.part("Resources").get(cause.path[-1]), steps))


def _inside(value: Any, steps: list[str]) -> Any:
    """What lies at the path; where a function stands on the way, the function."""
    for step in steps:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return value if _is_function(value) else ABSENT
    return value


def _is_function(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _parameters(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in symbols_in(value) if isinstance(each, Given) and not each.path))
