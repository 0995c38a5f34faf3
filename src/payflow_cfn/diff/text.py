"""A comparison as text for a person and as data for a program."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from payflow_cfn.aws.values import Path
from payflow_cfn.diff.changes import AccessChange, Change, Effect, InterfaceChange, PropertyChange, ResourceChange
from payflow_cfn.diff.folding import FEW, counted, shared
from payflow_cfn.diff.value_format import columns, side, sides
from payflow_cfn.text import safe

_LONGEST = 110
_PARTS = re.compile(r" (?=(?:if|only if|or|and) )")
_HOW = {Effect.REPLACES: "would be replaced"}
_MARKS = {"add": "+", "remove": "-", "modify": "~"}


def text(changes: Sequence[Change], *, folded: bool = False) -> str:
    """The whole comparison: what endangers data, who may do what, what breaks, and the tree of resources.

    `folded` counts the permissions of each party where they are many, and tells equal changes of many resources once.
    """
    if not changes:
        return "no differences"
    at_hand = [each for each in changes if not each.only]
    lines = _body(at_hand, folded=folded) if at_hand else ["no differences with the values at hand"]
    for only in dict.fromkeys(each.only for each in changes if each.only):
        inside = _body([each for each in changes if each.only == only], folded=folded)
        lines += ["", safe(f"only where {only}:"), *(f"  {line}" if line else "" for line in inside)]
    return "\n".join(lines)


def _body(changes: Sequence[Change], *, folded: bool) -> list[str]:
    resources = [each for each in changes if isinstance(each, ResourceChange)]
    common, single = shared(resources, property_line) if folded else ([], resources)
    found = [*sections(changes, folded=folded), ("resources", [*map(safe, common), *tree(single).splitlines()])]
    return [summary(resources), *(line for title, lines in found for line in _section(title, lines))]


def sections(changes: Sequence[Change], *, folded: bool) -> list[tuple[str, list[str]]]:
    """The lines above the resources, each list with its title: what endangers data, who may do what, what breaks."""
    resources = [each for each in changes if isinstance(each, ResourceChange)]
    interface = [each for each in changes if isinstance(each, InterfaceChange)]
    if resources and all(each.action == "add" and not each.only for each in resources):
        interface = [each for each in interface if each.breaking]  # a first deploy: its template has the rest
    return [
        ("data at risk", [line for each in resources if each.endangers_data for line in risk_lines(each)]),
        ("taken away", [safe(f"! {resource_title(each)}: {loss}") for each in resources for loss in each.losses]),
        _access_section([each for each in changes if isinstance(each, AccessChange)], folded=folded),
        ("parameters and outputs", [interface_line(each) for each in interface if each.kind != "stack"]),
        ("stack", [interface_line(each) for each in interface if each.kind == "stack"]),
    ]


def tree(changes: Sequence[Change]) -> str:
    """The resources that change, under their stacks, each with its properties: `before -> after`."""
    lines: list[str] = []
    above: Path | None = None
    resources = [each for each in changes if isinstance(each, ResourceChange)]
    for each in sorted(resources, key=lambda each: each.path[:-1]):
        stack = each.path[:-1]
        if stack != above:
            lines += _headings(above, stack)
            above = stack
        lines += ["  " * (len(stack) + 1) + line for line in _resource(each)]
    return "\n".join(lines)


def _headings(above: Path | None, stack: Path) -> Iterator[str]:
    if above is None:
        yield "root"
    for depth, name in enumerate(stack, start=1):
        if above is None or above[:depth] != stack[:depth]:
            yield "  " * depth + safe(name)


def summary(resources: Sequence[ResourceChange]) -> str:
    """One line: how many resources are added, changed in place, replaced, removed."""
    counts = [
        (sum(each.action == "add" for each in resources), "added"),
        (sum(_in_place(each) for each in resources), "changed in place"),
        (sum(each.action == "modify" and each.effect is Effect.MAY_REPLACE for each in resources), "perhaps replaced"),
        (sum(each.action == "modify" and each.effect is Effect.REPLACES for each in resources), "replaced"),
        (sum(each.effect is Effect.REFUSED for each in resources), "refused by CloudFormation"),
        (sum(each.action == "remove" for each in resources), "removed"),
    ]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no resource changes"


def _in_place(each: ResourceChange) -> bool:
    return each.action == "modify" and each.effect < Effect.MAY_REPLACE and bool(each.properties)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _access_section(changes: Sequence[AccessChange], *, folded: bool) -> tuple[str, list[str]]:
    lines = [line for each in changes for line in access_lines(each)]
    if not folded or len(lines) <= FEW:
        return "access", lines
    alarming = [line for each in changes if each.alarming for line in access_lines(each)]
    others = [safe(line) for line in counted([each for each in changes if not each.alarming])]
    return f"access ({len(changes)} changes, --verbose shows each)", [*alarming, *others]


def risk_lines(each: ResourceChange) -> Iterator[str]:
    """What a change does to data, and what to do about it."""
    if each.effect is Effect.REFUSED:
        yield f"! {resource_title(each)}: CloudFormation would refuse this change"
        return
    how = "would be removed" if each.action == "remove" else _HOW.get(each.effect, each.effect.words)
    kept = f"; the old one is {each.fate}" if each.fate else ""
    yield safe(f"! {resource_title(each)} {how}{kept}")
    yield safe(f"    undo the change, or pass --allow-replace {each.logical_id}")


def resource_title(each: ResourceChange) -> str:
    """The path of a resource, its type, and its name where it has one."""
    return safe(f"{'/'.join(each.path)} ({_what(each)})")


def access_lines(each: AccessChange) -> Iterator[str]:
    """One line, or where it would be long one for each part of the condition."""
    mark = "!" if each.alarming else "+" if each.wider else "-"
    first, *parts = _PARTS.split(each.text) if len(each.text) > _LONGEST else [each.text]
    yield safe(f"{mark} {first}")
    yield from (safe(f"    {part}") for part in parts)


def interface_line(each: InterfaceChange) -> str:
    """A change of a parameter, an output or another part of a template."""
    if each.kind == "stack":
        before, after = sides(each.before, each.after)
        return safe(f"{'!' if each.breaking else '~'} {each.name}: {before} -> {after}")
    mark = "! breaking: " if each.breaking else ""
    return safe(f"{mark}{each.kind} {each.name}: {each.text}{_values(each)}")


def _values(each: InterfaceChange) -> str:
    if each.before == each.after or each.text.startswith(("renamed", "removed")):
        return ""
    if each.before is None and each.text.startswith("new"):
        return f" ({side(each.after)})"
    before, after = sides(each.before, each.after)
    return f": {before} -> {after}"


def _resource(each: ResourceChange) -> Iterator[str]:
    mark = mark_of(each)
    effect = f": {each.effect.words}" if each.action == "modify" or each.effect is Effect.REFUSED else ""
    kept = f", the old one is {each.fate}" if each.fate and each.effect is not Effect.REFUSED else ""
    first = f"{each.logical_id} ({_what(each)}){effect}{kept}"
    if mark == "=":
        yield safe(f"= {'; '.join((first, *each.notes))}")
    else:
        yield safe(f"{mark} {first}")
        yield from (safe(f"    ! {note}") for note in each.notes)
    for change in each.properties:
        yield safe(f"    {property_line(change)}")


def mark_of(each: ResourceChange) -> str:
    """The mark of a resource: added, changed in place, replaced, removed, or `!` where a deploy would fail."""
    if each.effect is Effect.REFUSED:
        return "!"
    if each.action == "modify" and each.effect is Effect.NOTHING:
        return "="  # listed because it is named, not to be decided on
    return "-/+" if each.action == "modify" and each.effect >= Effect.MAY_REPLACE else _MARKS[each.action]


def _what(each: ResourceChange) -> str:
    return f"{each.resource_type} {each.name}" if each.name else each.resource_type


def property_line(each: PropertyChange) -> str:
    """One change of a property: its name, its values, its effect."""
    name = path_text(each.path)
    effect = f" ({each.effect.verb})" if each.effect > Effect.NO_INTERRUPTION else ""
    if each.actual is not None:
        return f"{name}: {columns(each.before, each.actual, each.after)}{effect}"
    if each.before == each.after:
        cause = f" with {'/'.join(each.cause)}" if each.cause else ""
        return f"{name}: may change{cause}{effect}"
    # A state machine's definition keeps the types of its values, everything else takes a number as its text.
    before, after = sides(each.before, each.after, is_typed=each.path[1:2] == ("Definition",))
    cause = f", with {'/'.join(each.cause)}" if each.dynamic else ""
    return f"{name}: {before} -> {after}{cause}{effect}"


def path_text(path: Path) -> str:
    """A path as it is printed: `KeySchema[AttributeName=id].KeyType`."""
    steps = path[1:] if path[0] == "Properties" else path
    return "".join(step if step.startswith("[") or not index else f".{step}" for index, step in enumerate(steps))


def change_data(change: Change) -> dict[str, Any]:
    """A change as plain data for JSON; `kind` says which (resource, access, parameter, output)."""
    found = dataclasses.asdict(change)
    match change:
        case ResourceChange():
            properties = [
                {**dataclasses.asdict(each), "effect": each.effect.name.lower(), "dynamic": each.dynamic}
                for each in change.properties
            ]
            return {
                "kind": "resource",
                **found,
                "effect": change.effect.name.lower(),
                "endangers_data": change.endangers_data,
                "properties": properties,
            }
        case AccessChange():
            return {"kind": "access", **found}
    return found
