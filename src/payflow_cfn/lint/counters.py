"""The rule about counters of a workflow: a comparison with a number can be true and can be false."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor, inf
from typing import Any, NamedTuple

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.lint.expressions import texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.jsonata_kinds import Bound
from payflow_cfn.lint.machine import State, all_states

# Visits of a state after which a range that still grows is taken for endless: only a condition bounds it then.
_PATIENCE = 50


class Range(NamedTuple):
    """The whole numbers that a counter can be."""

    least: float
    most: float


def counters_decide(templates: ParsedSet) -> Iterator[Breach]:
    """PF090: a comparison of a counter with a number is true on some way through the workflow, and false on another.

    One that always holds ends a loop at once, or never. A last attempt that nothing reaches is never made: the counter
    begins below, and the loop ends before
    (https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html).
    """
    graphs: dict[tuple[str, str], list[State]] = {}
    for state in all_states(templates):
        graphs.setdefault(state.graph, []).append(state)
    for (stack, path), states in graphs.items():
        graph = _at(templates.templates[stack], path)
        for name in _counters(states, templates):
            found = _ranges(graph, {state.name: state.fields for state in states}, name)
            for state in states:
                for text in texts(state):
                    for each in text.expression.measured if text.expression else ():
                        if each.name == name and (told := _always(each, found.get(state.name))):
                            yield Breach(stack, f"{state.path}/{text.field}", told)


def _at(template: Any, path: str) -> Any:
    """The graph at a path; the names of states have no slash, and in a list stand numbers."""
    for step in path.split("/"):
        template = template[int(step)] if isinstance(template, list) else template[step]
    return template


def _counters(states: list[State], templates: ParsedSet) -> Iterator[str]:
    """The variables that only these states assign: numbers, and sums of themselves."""
    machine = templates.templates[states[0].stack]["Resources"][states[0].path.split("/")[1]]
    every = [name for _, each in walk(machine) if isinstance(each, dict) for name in _assigned(each)]
    own = [
        (name, value)
        for state in states
        for entry in parts_of(state.fields)
        for name, value in _assigned(entry).items()
    ]
    for name in sorted({name for name, _ in own}):
        values = [_step(name, value) for each, value in own if each == name]
        if (
            len(values) == every.count(name)
            and None not in values
            and any(counts for counts, _ in filter(None, values))
        ):
            yield name


def _assigned(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    given = entry.get("Assign")
    return given if isinstance(given, dict) else {}


def _step(name: str, value: Any) -> tuple[bool, float] | None:
    """Whether an assigned value counts on from the variable's own, and the number; None where it is another value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return False, value
    found = expression_in(value)
    if found and found.counted and found.counted[0] == name:
        return True, found.counted[1]
    return None


def _ranges(graph: Mapping[str, Any], states: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Range]:
    """What the counter can be where a state begins, for each state that is reached after it was set."""
    found: dict[str, Range | None] = {str(graph.get("StartAt")): None}
    visits: dict[str, int] = {}
    todo = list(found)
    while todo:
        key = todo.pop()
        for target, given in _ways(states.get(key, {}), name, found[key]):
            if target not in states:
                continue
            before = found.get(target)
            after = given if before is None else before if given is None else _joined(before, given)
            if target not in found or after != before:
                visits[target] = visits.get(target, 0) + 1
                found[target] = _widened(before, after) if visits[target] > _PATIENCE else after
                todo.append(target)
    return {key: each for key, each in found.items() if each is not None}


def _joined(one: Range, other: Range) -> Range:
    return Range(min(one.least, other.least), max(one.most, other.most))


def _widened(before: Range | None, after: Range | None) -> Range | None:
    if before is None or after is None:
        return after
    return Range(-inf if after.least < before.least else after.least, inf if after.most > before.most else after.most)


def _ways(state: Mapping[str, Any], name: str, now: Range | None) -> Iterator[tuple[Any, Range | None]]:
    """Each state that may follow, with what the counter is then; a way that its condition closes is left out."""
    for each in state.get("Catch", []):
        yield each.get("Next"), _after(each, name, now)
    for each in state.get("Choices", []):
        limited = _limited(each.get("Condition"), name, now)
        if limited is None or limited.least <= limited.most:
            yield each.get("Next"), _after(each, name, limited)
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], _after(state, name, now)


def _after(entry: Mapping[str, Any], name: str, now: Range | None) -> Range | None:
    if name not in _assigned(entry):
        return now
    counts, number = _step(name, _assigned(entry)[name]) or (False, 0)
    if not counts:
        return Range(number, number)
    return Range(now.least + number, now.most + number) if now else None


def _limited(condition: Any, name: str, now: Range | None) -> Range | None:
    """What remains of a range where the condition holds."""
    found = expression_in(condition)
    for each in found.bounds if found and now else ():
        if now and each.name == name:
            least, most = _allowed(each)
            now = Range(max(now.least, least), min(now.most, most))
    return now


def _allowed(bound: Bound) -> Range:
    number = bound.number
    match bound.how:
        case "<":
            return Range(-inf, ceil(number) - 1)
        case "<=":
            return Range(-inf, floor(number))
        case ">":
            return Range(floor(number) + 1, inf)
        case ">=":
            return Range(ceil(number), inf)
    return Range(number, number)


def _always(bound: Bound, now: Range | None) -> str:
    """Why a comparison comes out the same way each time; empty where it does not."""
    if now is None:
        return ""
    allowed, told = _allowed(bound), f"${bound.name} {bound.how} {bound.number:g}"
    can_be = f"${bound.name} is {_shown(now)} here"
    if now.most < allowed.least or now.least > allowed.most:
        return f"{told} never holds: {can_be}"
    return f"{told} always holds: {can_be}" if allowed.least <= now.least and now.most <= allowed.most else ""


def _shown(now: Range) -> str:
    if now.least == now.most:
        return f"{now.least:g}"
    least = f"{now.least:g}" if now.least > -inf else ""
    most = f"{now.most:g}" if now.most < inf else ""
    return f"{least} to {most}" if least and most else f"{least} or more" if least else f"{most} or less"
