"""Upgrade notes: what happens to a running stack when one set is deployed over another, in words and by topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from payflow_cfn.aws.data_resources import MACHINE, TABLE
from payflow_cfn.aws.values import Path
from payflow_cfn.diff.changes import AccessChange, Change, Effect, InterfaceChange, PropertyChange, ResourceChange
from payflow_cfn.diff.text import (
    access_lines,
    interface_line,
    path_text,
    resource_title,
    risk_lines,
)
from payflow_cfn.text import safe

# The functions of these versions read each other's rows and take what each other's definitions send:
# tests/local/test_upgrade.py goes from each release to this version and back.
COMPATIBLE = ("1.0.0", "1.1.0")
# Each topic, with what is printed if there is nothing to say.
_TOPICS = {
    "replaced": "nothing",
    "data at risk": "none",
    "updated in place": "nothing",
    "added": "nothing",
    "removed": "nothing",
    "parameters": "the same",
    "outputs": "the same",
    "other parts of the templates": "the same",
    "permissions": "the same",
    "versions of functions": "the same",
}
_ALIAS = "AWS::Lambda::Alias"
_STATES: Path = ("Properties", "Definition", "States")
Notes = Mapping[str, Sequence[str]]


def upgrade_notes(changes: Sequence[Change], *, old: str, new: str) -> Notes:
    """The lines of each topic; `changes` are of `diff_sets`, `old` and `new` the versions of the two sets."""
    resources = [each for each in changes if isinstance(each, ResourceChange)]
    modified = [each for each in resources if each.action == "modify"]
    interface = [each for each in changes if isinstance(each, InterfaceChange)]
    found = {
        "replaced": [_replaced(each) for each in modified if each.effect >= Effect.MAY_REPLACE],
        "data at risk": [line for each in resources for line in _risks(each)],
        "updated in place": [_updated(each) for each in modified if Effect.NOTHING < each.effect < Effect.MAY_REPLACE],
        "added": [_only(each, resource_title(each)) for each in resources if each.action == "add"],
        "removed": [_removed(each) for each in resources if each.action == "remove"],
        "parameters": [_only(each, interface_line(each)) for each in interface if each.kind == "parameter"],
        "outputs": [_only(each, interface_line(each)) for each in interface if each.kind == "output"],
        "other parts of the templates": [
            _only(each, interface_line(each)) for each in interface if each.kind not in ("parameter", "output")
        ],
        "permissions": [_permission(each) for each in changes if isinstance(each, AccessChange)],
        "versions of functions": [line for each in resources for line in _moved(each)],
    }
    return {**found, "executions in flight": list(_executions(resources, old, new)), "rows": _rows(resources, old, new)}


def notes_text(notes: Notes) -> str:
    """The notes for a person: a line for a topic without changes, a list for any other."""
    lines: list[str] = []
    for topic, found in notes.items():
        lines += [f"{topic}:", *(f"  {each}" for each in found)] if found else [f"{topic}: {_TOPICS[topic]}"]
    return "\n".join(lines)


def _only(change: Change, text: str) -> str:
    return f"{text} (only where {safe(change.only)})" if change.only else text


def _replaced(each: ResourceChange) -> str:
    causes = ", ".join(dict.fromkeys(path_text(p.path) for p in each.properties if p.effect >= Effect.MAY_REPLACE))
    fate = f", the old one is {each.fate}" if each.fate else ""
    return _only(each, f"{resource_title(each)}: {each.effect.words}, for {safe(causes)}{fate}")


def _risks(each: ResourceChange) -> Iterator[str]:
    if each.endangers_data:
        yield _only(each, "; ".join(line.strip() for line in risk_lines(each)))
    yield from (_only(each, safe(f"{resource_title(each)}: {loss}")) for loss in each.losses)


def _updated(each: ResourceChange) -> str:
    names = ", ".join(dict.fromkeys(path_text(change.path[:2]) for change in each.properties))
    interrupts = f" ({each.effect.words})" if each.effect > Effect.NO_INTERRUPTION else ""
    return _only(each, f"{resource_title(each)}: {safe(names)}{interrupts}")


def _removed(each: ResourceChange) -> str:
    return _only(each, f"{resource_title(each)}{f': it is {each.fate}' if each.fate else ''}")


def _permission(each: AccessChange) -> str:
    return _only(each, " ".join(line.strip() for line in access_lines(each)))


def _moved(each: ResourceChange) -> Iterator[str]:
    if each.resource_type == _ALIAS and each.action == "modify":
        for change in each.properties:
            before, after = (
                str(value).removeprefix("${").removesuffix(".Version}") for value in (change.before, change.after)
            )
            yield _only(each, safe(f"{'/'.join(each.path)} moves from {before} to {after}"))


def _executions(resources: Sequence[ResourceChange], old: str, new: str) -> Iterator[str]:
    yield "an execution keeps the definition that it began with, to its end"
    machines = [each for each in resources if each.resource_type == MACHINE]
    changed = [change for each in machines for change in each.properties if change.path[1:2] == ("Definition",)]
    yield from _definition(changed) if changed else ["the definition is the same"]
    if any(each.resource_type == _ALIAS and each.action == "modify" for each in resources):
        yield "its next steps call the new versions of the functions, with what the old definition sends"
        yield _tested(old, new, "the functions of either version take what the definition of the other sends")


def _definition(changes: Sequence[PropertyChange]) -> Iterator[str]:
    for each in changes:
        if each.path[:3] == _STATES and len(each.path) == 4:
            verb = "new" if each.before is None else "removed" if each.after is None else "changed"
            yield safe(f"the state {each.path[3]} is {verb}")
        elif "Payload" in each.path[:-1] and None in (each.before, each.after):
            verb = "sends" if each.before is None else "no longer sends"
            yield safe(f"{each.path[3]} {verb} {each.path[-1]}")
    states = dict.fromkeys(each.path[3] for each in changes if each.path[:3] == _STATES and len(each.path) > 4)
    if states:
        yield safe(f"executions that begin later have other settings of {', '.join(states)}")


def _rows(resources: Sequence[ResourceChange], old: str, new: str) -> list[str]:
    tables = [each for each in resources if each.resource_type == TABLE]
    found = [f"{resource_title(each)}: {each.effect.words}" for each in tables] or ["the table stays as it is"]
    return [*found, _tested(old, new, "the functions of either version read the rows of the other")]


def _tested(old: str, new: str, what: str) -> str:
    if {old, new} <= set(COMPATIBLE):
        return f"{what}; tested from each release to this version and back"
    one, other = (safe(each or "a set without a version") for each in (old, new))
    return f"not known for {one} and {other}: whether {what}"
