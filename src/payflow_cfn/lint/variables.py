"""The rule about a workflow's variables: what a state reads was assigned before, on every way to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.lint.expressions import texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.jsonata import functions
from payflow_cfn.lint.machine import State, inner_graphs, machines

Names = frozenset[str]

_QUOTED = re.compile(r"'[^']*'")
_OF_A_PATH = re.compile(r"(?<![\w$.])\$([A-Za-z_]\w*)")
_READ = re.compile(r"\$(\w+)")
_NAME = re.compile(r"[^\W\d]\w{0,79}")


def variables_are_assigned(templates: ParsedSet) -> Iterator[Breach]:
    """PF034: every variable that a state reads is assigned on every path to that state, and each assigned one is read.

    A state that fails assigns nothing; only its catcher does. A state that then reads a missing variable fails,
    too, and no notice is sent. A state in a branch or a map cannot assign a variable from around it, and in a
    distributed map cannot read it. A variable that nothing reads is often a slip of another one's name
    (https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html).
    """
    for stack, path, definition in machines(templates):
        # A function's name may be a variable's as well, and is one where it is assigned.
        assigned = {name for _, each in walk(definition) if isinstance(each, dict) for name in _assigned(each)}
        language = definition.get("QueryLanguage", "JSONPath")
        given = {"states"} | functions().keys() - assigned
        whole = State(stack, path, "", language, {})
        for place, name, problem in _problems(definition, whole, frozenset()):
            if problem or name not in given:
                yield Breach(stack, place, problem or f"${name} is not assigned on every way here")
        written = {value for _, value in walk(definition) if isinstance(value, str)}
        for name in sorted(assigned - {each for text in written for each in _READ.findall(text)}):
            yield Breach(stack, path, f"${name} is assigned, and nothing reads it", "warning")


def _problems(graph: Mapping[str, Any], around: State, outer: Names) -> Iterator[tuple[str, str, str]]:
    """Each variable that may be missing, or cannot be assigned: its place, its name and why not.

    `outer` are the variables of the states around the graph.
    """
    for key, known in _assigned_before(graph, outer).items():
        fields, place = graph["States"][key], f"{around.path}/States/{key}"
        state = State(around.stack, place, key, fields.get("QueryLanguage", around.language), fields)
        for name in sorted(_read(state) - known):
            yield place, name, ""
        for name in sorted(frozenset().union(*map(_assigned, parts_of(fields)))):
            if name in outer:
                yield place, name, f"${name} is a variable of the states around, so it can only be read here"
            elif name == "states" or not _NAME.fullmatch(name):
                yield place, name, f"{name} cannot be the name of a variable"
        for where, each in inner_graphs(fields, place):
            distributed = each.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
            inside = State(around.stack, where, "", around.language, {})
            yield from _problems(each, inside, frozenset() if distributed else known)


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


def _read(state: State) -> set[str]:
    found: set[str] = set()
    for text in texts(state):
        last = text.steps[-1]
        if text.expression:
            found |= text.expression.variables
        elif state.language != "JSONata" and (last.endswith((".$", "Path")) or last == "Variable"):
            found |= set(_OF_A_PATH.findall(_QUOTED.sub("", text.value)))
    return found
