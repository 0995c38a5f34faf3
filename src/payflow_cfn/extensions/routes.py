"""Add states that call nothing: a Choice by a step's answer, and a Wait."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.states import following, is_added, is_after_charge, states_of, with_state
from payflow_cfn.extensions.steps import KEPT
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.text import nearest
from payflow_cfn.workflow.states import State, when

_FIELD = re.compile(r"([A-Za-z_]\w*)(\.[A-Za-z_]\w*)+")
_VALUE = re.compile(r"[\w .:/-]{1,80}")
_LONGEST_WAIT = 86_400


def add_choice(payments: Draft, name: str, *, on: str, ways: Mapping[Any, str], before: str) -> Draft:
    """Add a Choice state that skips steps of extensions, by what an earlier step answered.

    `on` is a field of an answer that a step keeps (`answer="score"`), such as "score.band"; `ways` are its values and
    the state that each leads to. Any other value, also none, leads to `before`. A way leads to a step of an extension
    that follows, or to the first state after them: no state of payflow is skipped, so every payment is still charged,
    declined or reported as without the choice.
    """
    states = states_of(payments)
    following(states, name, before)
    variable = _variable(states, on)
    ends = _ahead(payments, states, before)
    for value, target in ways.items():
        if isinstance(value, str) and not _VALUE.fullmatch(value):
            raise ExtensionError(f"{name} cannot compare with {value!r}", remedy="use a short text without quotes")
        if target not in ends:
            raise ExtensionError(f"{name} cannot lead to {target}", remedy=f"{nearest(target, ends)}{_ONLY}")
    if not ways:
        raise ExtensionError(f"{name} has no way", remedy='give ways={"VALUE": "STATE"}')
    choices = [when(f"${variable} = {json.dumps(value)}", target) for value, target in ways.items()]
    state = {"Type": "Choice", "Choices": choices, "Default": before}
    return with_state(payments, name, state, before=before)


def add_wait(payments: Draft, name: str, *, seconds: int, before: str) -> Draft:
    """Add a Wait state before the charge: the payment is entered and not yet charged meanwhile."""
    states = states_of(payments)
    follows = following(states, name, before)
    if type(seconds) is not int or not 1 <= seconds <= _LONGEST_WAIT:
        raise ExtensionError(f"{name} cannot wait {seconds!r} s", remedy=f"use an integer from 1 to {_LONGEST_WAIT}")
    if is_after_charge(states, before):
        raise ExtensionError(f"{name} would stand after the charge", remedy="let it wait before ProcessPayment")
    state = {"Type": "Wait", "Seconds": seconds, "Next": follows}
    return with_state(payments, name, state, before=before, seconds=seconds)


_ONLY = "; a choice skips only steps of extensions that follow it"


def _variable(states: Mapping[str, State], on: str) -> str:
    """The field as JSONata has it, without its `$`; ExtensionError if no step keeps this answer."""
    answers = {
        name
        for state in states.values()
        for part in parts_of(state)
        for name, value in part.get("Assign", {}).items()
        if value == KEPT
    }
    variable = on.partition(".")[0]
    if not _FIELD.fullmatch(on):
        raise ExtensionError(f"{on!r} is not a field of an answer", remedy='write it as "score.band"')
    if variable not in answers:
        raise ExtensionError(f"no step keeps an answer {variable}", remedy=nearest(variable, answers))
    return on


def _ahead(payments: Draft, states: Mapping[str, State], start: str) -> list[str]:
    """The states to which a choice before `start` may lead: the steps of extensions from there, and what is next."""
    found = [start]
    while is_added(payments, found[-1]):
        state = states[found[-1]]
        found.append(str(state.get("Next") or state["Default"]))
    return found
