"""Match each resource of two sets: added, removed or modified, and the effect on the resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE, STATEFUL_TYPES
from payflow_cfn.aws.values import ABSENT, Path, plain
from payflow_cfn.diff.changes import Effect, PropertyChange, ResourceChange
from payflow_cfn.diff.compare import Difference, differences, same
from payflow_cfn.diff.effects import property_effect
from payflow_cfn.diff.losses import losses
from payflow_cfn.diff.resources import Resource, comparable

Resources = Mapping[Path, Resource]
_TYPED = {MACHINE: "Definition"}  # a number there is no text, see Step Functions' refusals
# What makes another version of a function (https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html).
_VERSIONED = frozenset(
    {"Code", "Runtime", "Handler", "MemorySize", "Timeout"}
    | {"Environment", "Layers", "Architectures", "Role", "KmsKeyArn"}
)
_VERSION = "AWS::Lambda::Version"


def static_changes(before: Resources, after: Resources) -> Iterator[ResourceChange]:
    """The differences of the templates, in the order of the new set; what was removed comes last."""
    for path, resource in after.items():
        found = _modified(before[path], resource) if path in before else _added(resource, before)
        if found is not None:
            yield found
    for path, resource in before.items():
        if path not in after:
            yield _removed(resource)


def _added(resource: Resource, before: Resources) -> ResourceChange:
    taken = _taken(resource, before)
    note = (
        f"the name {resource.name} still belongs to {'/'.join(taken)} when this one is made: CloudFormation makes the "
        "new one first; keep the logical id, or take another name",
    )
    effect = Effect.REFUSED if taken else Effect.NO_INTERRUPTION
    return change_of(resource, "add", effect, notes=note if taken else ())


def change_of(resource: Resource, action: str, effect: Effect, **more: Any) -> ResourceChange:
    """A change of this resource."""
    stateful = resource.resource_type in STATEFUL_TYPES
    return ResourceChange(
        resource.path, resource.resource_type, action, effect, name=resource.name, stateful=stateful, **more
    )


def _taken(resource: Resource, before: Resources) -> Path:
    """The resource of the old set that has the name of this new one; empty where there is none."""
    keys = _identity(resource)
    if not resource.name or not keys:
        return ()
    for each in before.values():
        if each.resource_type == resource.resource_type and all(
            same(each.properties.get(key, ABSENT), resource.properties.get(key, ABSENT)) for key in keys
        ):
            return each.path
    return ()


def _identity(resource: Resource) -> tuple[str, ...]:
    """The properties by which no two resources of a type may be alike.

    A `Name` by itself may be one within something else (an alias within its function), and that can only be set on
    creation as well.
    """
    key, schema = resource.name_property, resource.schema
    if schema is None or key != "Name" or (key,) in schema.identifier:
        return (key,)
    return tuple(path[0] for path in schema.create_only if len(path) == 1)


def _removed(resource: Resource) -> ResourceChange:
    return change_of(resource, "remove", Effect.NO_INTERRUPTION, fate=fate(resource, "DeletionPolicy"))


def fate(resource: Resource, policy: str) -> str:
    """What happens to the resource by its policy: deleted, retained, or a snapshot stays."""
    said = str(plain(resource.attributes.get(policy, "Delete")))
    return {"Delete": "deleted", "Retain": "retained", "RetainExceptOnCreate": "retained"}.get(said, said.lower())


def _modified(before: Resource, after: Resource) -> ResourceChange | None:
    if before.resource_type != after.resource_type:
        return _other_type(before, after)
    properties = tuple(_property_changes(before, after))
    if not properties:
        return None
    effect = max(each.effect for each in properties)
    notes: tuple[str, ...] = ()
    if effect is Effect.REPLACES and _same_name(before, after):
        effect = Effect.REFUSED
        notes = (
            f"it would have to be replaced, and CloudFormation does not replace what has a name of its own "
            f"({after.name}): undo the change, or take another name",
        )
    return change_of(
        before,
        "modify",
        effect,
        fate=fate(after, "UpdateReplacePolicy") if effect >= Effect.MAY_REPLACE else "",
        properties=properties,
        notes=notes,
        losses=tuple(losses(before, after)),
    )


def _other_type(before: Resource, after: Resource) -> ResourceChange:
    changed = PropertyChange(("Type",), before.resource_type, after.resource_type, Effect.REFUSED)
    note = "the type of a resource cannot change: give the new one another logical id"
    return change_of(before, "modify", Effect.REFUSED, properties=(changed,), notes=(note,))


def _same_name(before: Resource, after: Resource) -> bool:
    """Whether its own name stays, by which CloudFormation refuses to replace it (the new one could not be made)."""
    schema, key = after.schema, after.name_property
    if schema is None or schema.delete_first or key not in after.properties or _identity(after) != (key,):
        return False
    return same(before.properties.get(key, ABSENT), after.properties[key])


def _property_changes(before: Resource, after: Resource) -> Iterator[PropertyChange]:
    one, other = comparable(before, after)
    for key in dict.fromkeys((*one, *other)):
        typed = _TYPED.get(after.resource_type) == key
        for each in differences(one.get(key, ABSENT), other.get(key, ABSENT), path=(key,), typed=typed):
            yield _changed(("Properties", *each.path), each, property_effect(after.resource_type, after.schema, each))
    for key in dict.fromkeys((*before.attributes, *after.attributes)):
        for each in differences(before.attributes.get(key, ABSENT), after.attributes.get(key, ABSENT), path=(key,)):
            # Whether the resource is there at all depends on the condition, and that on the deploy.
            yield _changed(each.path, each, Effect.UNKNOWN if key == "Condition" else Effect.NOTHING)


def _changed(path: Path, found: Difference, effect: Effect) -> PropertyChange:
    return PropertyChange(path, _shown(found.before), _shown(found.after), effect)


def _shown(value: Any) -> Any:
    return None if value is ABSENT else plain(value)


def forgotten_versions(changes: Mapping[Path, ResourceChange], after: Resources) -> Iterator[tuple[Path, str]]:
    """The functions that change without a new published version: their alias stays on the old code."""
    fresh = {each.path[:-1] for each in changes.values() if each.resource_type == _VERSION and each.action == "add"}
    versioned = {path[:-1] for path, each in after.items() if each.resource_type == _VERSION}
    for path, change in changes.items():
        made = {each.path[1] for each in change.properties if each.path[0] == "Properties"}
        if change.resource_type != FUNCTION or not made & _VERSIONED:
            continue
        if path[:-1] in versioned and path[:-1] not in fresh:
            yield path, "no new version is published: what calls the alias keeps the old code"
