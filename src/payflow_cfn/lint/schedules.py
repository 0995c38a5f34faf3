"""The rule about lists that a workflow reads entry by entry: a schedule of waits, and the counter of its loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.lint.expressions import texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.jsonata_kinds import Indexed
from payflow_cfn.lint.machine import State, all_states


def lists_are_read_to_their_end(templates: ParsedSet) -> Iterator[Breach]:
    """PF089: the condition of a loop lets it read each entry of its list, and none behind the last.

    The entry behind the last is undefined, which fails the state after all waits. One that is never read is a wait that
    was planned and never takes place
    (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
    """
    states = list(all_states(templates))
    for state in states:
        for text in texts(state):
            for each in text.expression.indexed if text.expression else ():
                for problem in _problems(each, states, state):
                    yield Breach(state.stack, f"{state.path}/{text.field}", problem)


def _problems(read: Indexed, states: list[State], state: State) -> Iterator[str]:
    length, name, added = len(read.entries), read.name, read.added
    last = {limit + added for limit in _guards(state, states, name)}
    first = {start + added for start in _starts(states, state, name)}
    if any(each >= length for each in last):
        yield f"the list has {length} entries, and the condition before lets ${name} read entry {max(last)} (from 0)"
    elif len(last) == 1 and max(last) < length - 1:
        yield f"the list has {length} entries, and the condition before lets ${name} read no more than {max(last) + 1}"
    if first and min(first) < 0:
        yield f"${name} begins below the first entry, and a negative number counts from the end"


def _guards(state: State, states: list[State], name: str) -> Iterator[int]:
    """What the variable is at most, by the conditions of the choices that lead here."""
    for other in states:
        if other.graph == state.graph and other.kind == "Choice":
            for choice in other.fields.get("Choices", []):
                found = expression_in(choice.get("Condition")) if choice.get("Next") == state.name else None
                for each in found.bounds if found else ():
                    if each.name == name and each.how in ("<", "<=", "="):
                        yield ceil(each.number) - 1 if each.how == "<" else floor(each.number)


def _starts(states: list[State], state: State, name: str) -> Iterator[int]:
    """The numbers that the variable is set to."""
    for each in states:
        if each.machine == state.machine:
            for entry in parts_of(each.fields):
                value = _assigned(entry, name)
                if isinstance(value, int) and not isinstance(value, bool):
                    yield value


def _assigned(entry: Mapping[str, Any], name: str) -> Any:
    return entry.get("Assign", {}).get(name)
