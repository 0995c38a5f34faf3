"""The rule about a workflow's variables: what a state reads was assigned before, on every way to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.machine import inner_graphs, machines

Names = frozenset[str]

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
# A function's name has its parenthesis behind it, or is handed to another function.
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)\b(?!\s*\()")
_BOUND = re.compile(r"\$([A-Za-z_]\w*)\s*:=")
_ARGUMENTS = re.compile(r"function\s*\(([^)]*)\)")
# https://docs.jsonata.org and https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
_FUNCTIONS = (
    "abs append average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent "
    "distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase formatInteger formatNumber "
    "fromMillis hash join keys length lookup lowercase map match max merge millis min not now number pad parse "
    "parseInteger partition power random range reduce replace reverse round shuffle sift single sort split spread sqrt "
    "string substring substringAfter substringBefore sum toMillis trim type uppercase uuid zip"
)
_GIVEN = frozenset(["states", *_FUNCTIONS.split()])


def variables_are_assigned(templates: ParsedSet) -> Iterator[Breach]:
    """PF034: every variable that a state reads is assigned on every path to that state, also after a failure.

    A state that fails assigns nothing; only its catcher does. A state that then reads a missing variable fails,
    too, and no notice is sent (https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html).
    """
    for stack, path, definition in machines(templates):
        # A function's name may be a variable's as well, and is one where it is assigned.
        functions = _GIVEN - {
            name for _, each in walk(definition) if isinstance(each, dict) for name in _assigned(each)
        }
        for state, name in _unassigned(definition, path, frozenset()):
            if name not in functions:
                message = f"${name} is not assigned on every way here"
                yield Breach(stack, state, message)


def _unassigned(graph: Mapping[str, Any], path: str, outer: Names) -> Iterator[tuple[str, str]]:
    """The place and the name of each variable that may be missing; `outer` are those of the states around the graph."""
    for key, known in _assigned_before(graph, outer).items():
        state, place = graph["States"][key], f"{path}/States/{key}"
        inner = dict(inner_graphs(state, place))
        own = {field: value for field, value in state.items() if field not in ("Branches", "ItemProcessor", "Iterator")}
        for name in sorted(_read(own) - known):
            yield place, name
        for where, each in inner.items():
            yield from _unassigned(each, where, known)


def _assigned_before(graph: Mapping[str, Any], outer: Names) -> dict[str, Names]:
    """Of each state that is reached, the variables that every way to it has assigned."""
    states = graph.get("States", {})
    known: dict[str, Names] = {graph["StartAt"]: outer} if graph.get("StartAt") in states else {}
    todo = list(known)
    while todo:
        key = todo.pop()
        for target, assigned in _ways(states[key]):
            brings = known[key] | assigned
            merged = known[target] & brings if target in known else brings
            if target in states and known.get(target) != merged:
                known[target] = merged
                todo.append(target)
    return known


def _ways(state: Mapping[str, Any]) -> Iterator[tuple[Any, Names]]:
    for each in (*state.get("Catch", []), *state.get("Choices", [])):
        yield each.get("Next"), _assigned(each)
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], _assigned(state)


def _assigned(value: Mapping[str, Any]) -> Names:
    return frozenset(each.removesuffix(".$") for each in value.get("Assign", {}))


def _read(value: Any) -> set[str]:
    found: set[str] = set()
    for _, each in walk(value):
        if isinstance(each, str) and each.startswith("{%"):
            text = _TEXT.sub("''", each)
            own = {
                *_BOUND.findall(text),
                *(name for some in _ARGUMENTS.findall(text) for name in _VARIABLE.findall(some)),
            }
            found |= set(_VARIABLE.findall(text)) - own
    return found
