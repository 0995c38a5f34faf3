"""The changes that a change set would make, as values: in the root stack and in every stack nested in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.cloudformation.findings import Cause


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property of a resource; `before` and `after` are None where CloudFormation does not say.

    In a drift-aware change set `drifted` marks a property that was compared with the resource: `before` is the value
    last deployed then, `actual` the value of the resource, and `synced` says that they are only recorded as equal.
    """

    path: str
    before: str | None
    after: str | None
    recreation: str
    drifted: bool = False
    actual: str | None = None
    synced: bool = False


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """One resource that a change set touches.

    `action` is Add, Modify, Remove, Import, Dynamic or SyncWithActual; `replacement` True, False, Conditional or empty;
    `policy_action` what happens to the old one (Delete, Retain, Snapshot, ReplaceAndDelete, ReplaceAndRetain...);
    `dynamic` whether every detail depends on a value that only the deploy will know. `drift` is the drift status of the
    resource in a drift-aware change set, `ignored` the paths that it did not compare, each with the reason.
    """

    path: tuple[str, ...]
    logical_id: str
    physical_id: str
    resource_type: str
    action: str
    replacement: str
    policy_action: str
    scope: tuple[str, ...]
    properties: tuple[PropertyChange, ...]
    nested_change_set: str = ""
    dynamic: bool = False
    drift: str = ""
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """One line: what happens, where, to what."""
        how = {"True": ", replaced", "Conditional": ", may be replaced"}.get(self.replacement, "")
        # A stack's id stays, and its own changes are listed separately; what is new replaces nothing.
        how = "" if self.resource_type == STACK or self.action in ("Add", "Import") else how
        kept = f", old one: {self.policy_action}" if self.policy_action else ""
        return f"{self.action} {'/'.join(self.path)} ({self.resource_type}{how}{kept})"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one change set would do to a stack; `kind` is CREATE or UPDATE.

    `warnings` are those of CloudFormation, `notes` say why it could not be read whether there are any.
    """

    stack_name: str
    stack_id: str
    change_set_id: str
    kind: str
    changes: tuple[ProposedChange, ...]
    warnings: tuple[Cause, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def leaves(self) -> tuple[ProposedChange, ...]:
        """The changes without those of nested stacks that are only the sum of listed changes in them."""
        parents = {each.path[:-1] for each in self.changes}
        return tuple(each for each in self.changes if each.resource_type != STACK or each.path not in parents)


def merged(valued: Iterable[ProposedChange], bare: Iterable[ProposedChange]) -> tuple[ProposedChange, ...]:
    """The changes of one change set by both readings: with property values, and without.

    Each reading leaves out changes that the other one has: of values that come from another resource's attribute, or
    of values below a property.
    """
    others = {each.path: each for each in bare}
    first = [_with_bare(each, others.pop(each.path)) if each.path in others else each for each in valued]
    return (*first, *others.values())


_WORST_LAST = ("", "False", "Conditional", "True")


def _with_bare(valued: ProposedChange, bare: ProposedChange) -> ProposedChange:
    tops = {_top(each.path) for each in valued.properties}
    found = (*valued.properties, *(each for each in bare.properties if _top(each.path) not in tops))
    if {valued.replacement, bare.replacement} <= set(_WORST_LAST):
        worst = max(valued.replacement, bare.replacement, key=_WORST_LAST.index)
    else:  # of a later API: what is not known stays visible
        worst = next(each for each in (valued.replacement, bare.replacement) if each not in _WORST_LAST)
    return replace(valued, properties=found, replacement=worst, dynamic=valued.dynamic and bare.dynamic)


def _top(path: str) -> tuple[str, ...]:
    """The first two steps of a path: `Properties` and the property, in whichever form the reading has it."""
    return tuple(step for step in path.split("/") if step)[:2]


def parse_changes(changes: Iterable[Mapping[str, Any]], *, path: tuple[str, ...]) -> list[ProposedChange]:
    """The resource changes of one DescribeChangeSet page."""
    return [_change(each["ResourceChange"], path) for each in changes if "ResourceChange" in each]


def _change(each: Mapping[str, Any], path: tuple[str, ...]) -> ProposedChange:
    details = each.get("Details", [])
    return ProposedChange(
        path=(*path, each["LogicalResourceId"]),
        logical_id=each["LogicalResourceId"],
        physical_id=each.get("PhysicalResourceId", ""),
        resource_type=each.get("ResourceType", ""),
        action=each.get("Action", ""),
        replacement=each.get("Replacement", ""),
        policy_action=each.get("PolicyAction", ""),
        scope=tuple(each.get("Scope", [])),
        properties=tuple(dict.fromkeys(_property(detail["Target"]) for detail in details if "Target" in detail)),
        nested_change_set=each.get("ChangeSetId", ""),
        dynamic=bool(details) and all(detail.get("Evaluation") == "Dynamic" for detail in details),
        drift=each.get("ResourceDriftStatus", ""),
        ignored=tuple(
            (one.get("Path", ""), one.get("Reason", "")) for one in each.get("ResourceDriftIgnoredAttributes", [])
        ),
    )


def _property(target: Mapping[str, Any]) -> PropertyChange:
    name = target.get("Path") or "/".join(filter(None, (target.get("Attribute", ""), target.get("Name", ""))))
    before, live = target.get("BeforeValue"), target.get("Drift", {})
    is_actual = target.get("BeforeValueFrom") == "ACTUAL_STATE"
    return PropertyChange(
        path=name,
        before=live.get("PreviousValue", None if is_actual else before),
        after=target.get("AfterValue"),
        recreation=target.get("RequiresRecreation", ""),
        drifted=bool(live) or is_actual,
        actual=live.get("ActualValue", before if is_actual else None),
        synced=target.get("AttributeChangeType") == "SyncWithActual",
    )
