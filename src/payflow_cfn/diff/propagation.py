"""Find resources that the replacement of another resource affects, through outputs and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.aws.values import ABSENT, Attribute, Path, Text, plain, symbols_in, text_of
from payflow_cfn.diff.changes import Effect, PropertyChange, ResourceChange
from payflow_cfn.diff.compare import Difference, item_steps
from payflow_cfn.diff.effects import property_effect
from payflow_cfn.diff.references import followed
from payflow_cfn.diff.resource_diff import Resources, change_of, fate
from payflow_cfn.diff.resources import Resource


def spread(changes: Mapping[Path, ResourceChange], before: Resources, after: Resources) -> dict[Path, ResourceChange]:
    """The changes, with those that follow from them: until nothing more is found that could move."""
    found = dict(changes)
    while True:
        moved = {
            path: change
            for path, resource in after.items()
            if path in before and (change := _moved(found.get(path), resource, found, (before, after))) is not None
        }
        if not moved:
            return found
        found.update(moved)


def moves(symbol: Any, changes: Mapping[Path, ResourceChange], after: Resources) -> bool:
    """Whether a reference may come to another value: its resource is (perhaps) replaced, or updates that attribute.

    An attribute that has the value of a property moves with it, which a change set with property values does not list.
    """
    if not isinstance(symbol, Attribute) or symbol.path not in changes or symbol.path not in after:
        return False
    change = changes[symbol.path]
    if change.action != "modify" or change.effect in (Effect.REFUSED, Effect.NOTHING):
        return False
    if change.effect >= Effect.MAY_REPLACE or symbol.name in _volatile(after[symbol.path], symbol.name):
        return True
    wanted = ("Properties", *followed(symbol, after))
    changed = [each.path for each in change.properties]
    return len(wanted) > 1 and any(path[: len(wanted)] == wanted or wanted[: len(path)] == path for path in changed)


def _volatile(resource: Resource, asked: str) -> frozenset[str]:
    """The attributes that an update in place may move; all of a type that nobody knows, never what identifies it."""
    if resource.opaque and asked.startswith("Outputs."):
        return frozenset({asked})
    schema = resource.schema
    if schema is None:
        return frozenset({asked}) - {"Ref"}
    last = resource.resource_type.rpartition("::")[2]
    stable = {"Arn", "Id", "Name", "Ref", f"{last}Arn", f"{last}Id", f"{last}Name"}
    return frozenset(path[0] for path in schema.read_only if path not in schema.identifier) - stable


def _moved(
    change: ResourceChange | None,
    resource: Resource,
    found: Mapping[Path, ResourceChange],
    sides: tuple[Resources, Resources],
) -> ResourceChange | None:
    if change is not None and change.action != "modify":
        return None
    known = [each.path for each in change.properties] if change else []
    fresh = []
    for each in _moving(resource, found, sides):
        if not any(each.path[: len(path)] == path[: len(each.path)] for path in known):
            fresh.append(each)
            known.append(each.path)
    if not fresh:
        return None
    effect = max(each.effect for each in fresh)
    change = change or change_of(resource, "modify", effect)
    effect = max(effect, change.effect)
    kept = fate(resource, "UpdateReplacePolicy") if effect >= Effect.MAY_REPLACE else change.fate
    return replace(change, effect=effect, fate=kept, properties=(*change.properties, *fresh))


def _moving(
    resource: Resource, found: Mapping[Path, ResourceChange], sides: tuple[Resources, Resources]
) -> Iterator[PropertyChange]:
    before, after = sides
    for path, value in leaves(resource.properties, ()):
        cause = next((each.path for each in symbols_in(value) if moves(each, found, after)), None)
        if cause is None or cause == resource.path:
            continue
        effect = property_effect(resource.resource_type, resource.schema, Difference(path, value, ABSENT))
        old, new = (plain(with_names(value, each)) for each in (before, after))
        # What only may move can at most replace perhaps: an ARN often stays when its resource is made anew.
        effect = effect if old != new else min(effect, Effect.MAY_REPLACE)
        yield PropertyChange(("Properties", *path), old, new, effect, cause)


def with_names(value: Any, resources: Resources) -> Any:
    """The value with names and other properties of the templates in place of the references that return them."""
    if isinstance(value, Text):
        return text_of(with_names(each, resources) for each in value.parts)
    path = followed(value, resources) if isinstance(value, Attribute) else ()
    return resources[value.path].at(path) if path else value


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every value in a map or a list that is neither, with its path."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for step, each in zip(item_steps(value), value, strict=True):
            yield from leaves(each, (*path, step))
    else:
        yield path, value
