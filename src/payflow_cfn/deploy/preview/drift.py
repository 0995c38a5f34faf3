"""Changes made outside CloudFormation in a preview: which of them a drift-aware change set would overwrite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from payflow_cfn.aws.data_resources import STATEFUL_TYPES
from payflow_cfn.deploy.cloudformation.changes import PropertyChange as ProposedProperty
from payflow_cfn.deploy.cloudformation.changes import ProposedChange
from payflow_cfn.deploy.operations.drift_report import known_false, same_meaning
from payflow_cfn.deploy.preview.properties import bare
from payflow_cfn.diff import AccessChange, Change, Effect, PropertyChange, ResourceChange
from payflow_cfn.diff.text import path_text
from payflow_cfn.diff.value_format import columns

_COMPARED = frozenset({"", "IN_SYNC", "MODIFIED", "DELETED"})


def is_drifted(real: ProposedChange) -> bool:
    """Whether the resource was changed or deleted outside CloudFormation, by a drift-aware change set."""
    return real.drift in ("MODIFIED", "DELETED") or real.action == "SyncWithActual"


def with_drift(change: ResourceChange, real: ProposedChange | None) -> Iterator[Change]:
    """The change with the actual values, and what it overwrites: as a loss of data, as access, or as a note."""
    if real is None or not (real.drift or real.action == "SyncWithActual"):
        yield change
        return
    if real.drift == "DELETED":
        yield _created_again(change)
        return
    overwritten = [each for each in real.properties if _is_overwritten(each, real.resource_type)]
    sentences = [_sentence(each) for each in overwritten]
    grants = [_gives_access(real.resource_type, each.path) for each in overwritten]
    found = replace(change, properties=tuple(_with_actual(each, real) for each in change.properties))
    if is_drifted(real) and not overwritten and change.effect < Effect.MAY_REPLACE and _is_only_drift(change, real):
        note = "its drift status is reset, and it is not changed"
        found = replace(found, effect=Effect.NOTHING, notes=(*found.notes, note))
    if real.resource_type in STATEFUL_TYPES:
        yield replace(found, losses=(*found.losses, *sentences), notes=(*found.notes, *_uncompared(real)))
    else:
        told = [each for each, grant in zip(sentences, grants, strict=True) if not grant]
        yield replace(found, notes=(*found.notes, *told, *_uncompared(real)))
    for each, grant in zip(sentences, grants, strict=True):
        if grant:
            yield AccessChange(change.path, "/".join(change.path), f"{'/'.join(change.path)}: {each}", True, True)


def _created_again(change: ResourceChange) -> ResourceChange:
    gone = "it was deleted outside CloudFormation and will be created again"
    if change.stateful:
        effect = max(change.effect, Effect.REPLACES)
        return replace(change, action="modify", effect=effect, losses=(*change.losses, f"{gone}, without its data"))
    return replace(change, notes=(*change.notes, gone))


def _is_overwritten(each: ProposedProperty, resource_type: str) -> bool:
    """Whether the actual value is another than the wanted one, and not the deployed one written otherwise."""
    if not each.drifted or each.synced or _is_same(each.actual, each.after):
        return False
    return not (_is_same(each.actual, each.before) or known_false(resource_type, _below_properties(each.path)))


def _is_same(one: str | None, other: str | None) -> bool:
    return one == other or (one is not None and other is not None and same_meaning(one, other))


def _is_only_drift(change: ResourceChange, real: ProposedChange) -> bool:
    """Whether all that changes was compared with the resource, so that no template changes anything."""
    drifted = {bare(each.path) for each in real.properties if each.drifted}
    return all(bare("/".join(each.path)) in drifted for each in change.properties)


def _with_actual(change: PropertyChange, real: ProposedChange) -> PropertyChange:
    found = next((each for each in real.properties if bare(each.path) == bare("/".join(change.path))), None)
    if found is None or not found.drifted:
        return change
    return replace(change, actual=found.actual)


def _sentence(each: ProposedProperty) -> str:
    name = path_text(tuple(step for step in each.path.split("/") if step))
    return f"an emergency change of {name} will be overwritten: {columns(each.before, each.actual, each.after)}"


def _gives_access(resource_type: str, path: str) -> bool:
    in_iam = resource_type.startswith("AWS::IAM::") or resource_type.endswith(("Policy", "::Permission"))
    return in_iam or "Policy" in path.replace("DeletionPolicy", "")


def _uncompared(real: ProposedChange) -> Iterator[str]:
    if real.drift not in _COMPARED:
        yield f"its actual state was not compared ({real.drift})"
    elif is_drifted(real):
        yield from (f"not compared: {_below_properties(path)} ({reason})" for path, reason in real.ignored)


def _below_properties(path: str) -> str:
    return path.removeprefix("/Properties")
