"""Put a state into the workflow: what leads to it, what follows it, and the time that it adds to an execution."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.state_graph import next_states, reachable
from payflow_cfn.errors import ExtensionError
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.text import nearest
from payflow_cfn.workflow.states import State

STACK, MACHINE = "workflow", "PaymentWorkflow"
# The state that charges.
CHARGE = "ProcessPayment"
# Each Task outputs the payment's result: the state that ends the execution hands it on.
RESULT = "{% $result %}"
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,79}")


def states_of(payments: Draft) -> Mapping[str, State]:
    """The states of the workflow."""
    states: Mapping[str, State] = payments.stack(STACK)["Resources"][MACHINE]["Properties"]["Definition"]["States"]
    return states


def with_states(payments: Draft, states: Mapping[str, State], *, seconds: int = 0) -> Draft:
    """The draft with these states in the workflow, whose executions may take so many seconds more."""
    machine = payments.stack(STACK)["Resources"][MACHINE]
    definition = machine["Properties"]["Definition"]
    changed = {**definition, "States": states, "TimeoutSeconds": definition["TimeoutSeconds"] + seconds}
    properties = {**machine["Properties"], "Definition": changed}
    return payments.with_section(STACK, "Resources", {MACHINE: {**machine, "Properties": properties}})


def with_state(payments: Draft, name: str, state: State, *, before: str, after: str = "", seconds: int = 0) -> Draft:
    """The draft with the state before another one, on every way to it, or after one."""
    states = states_of(payments)
    others = (
        {key: _redirected(each, before, name) for key, each in states.items()}
        if before
        else {**states, after: {**states[after], "Next": name}}
    )
    return with_states(payments, {**others, name: state}, seconds=seconds).claimed(_path(name))


def is_added(payments: Draft, name: str) -> bool:
    """Whether an extension added this state."""
    return _path(name) in payments.changed


def _path(name: str) -> str:
    return f"{STACK}/{MACHINE}/states/{name}".lower()


def following(states: Mapping[str, State], name: str, before: str, after: str = "") -> str:
    """The state that follows the new one."""
    if not _NAME.fullmatch(name) or name in states or bool(before) == bool(after):
        raise ExtensionError(
            f"{name!r} cannot be added before {before or 'nothing'} or after {after or 'nothing'}",
            remedy="use a new name that begins with a capital, and say either before= or after=",
        )
    place = before or after
    if place not in states:
        raise ExtensionError(f"the workflow has no state {place}", remedy=nearest(place, states))
    follows = str(before or states[after].get("Next", ""))
    if not follows:
        raise ExtensionError(f"nothing follows {after} in one way", remedy="name a state with one Next, or use before=")
    return follows


def is_after_charge(states: Mapping[str, State], name: str) -> bool:
    """Whether a way leads from the charge to this state; the charge itself is not after it."""
    return name in reachable({each: next_states(state) for each, state in states.items()}, CHARGE)


def _redirected(value: Any, old: str, new: str) -> Any:
    """The state with every way to `old` leading to `new`."""
    if isinstance(value, Mapping):
        return {
            key: new if key in ("Next", "Default") and each == old else _redirected(each, old, new)
            for key, each in value.items()
        }
    return [_redirected(each, old, new) for each in value] if isinstance(value, list) else value
