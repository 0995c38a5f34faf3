"""Find why an operation failed: the first cause in the deepest nested stack, without the cancellations after it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payflow_cfn.deploy.changeset.change_set import first_reason, list_change_sets, read_change_set
from payflow_cfn.deploy.changeset.history import last_operation, newer_events
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.events import ResourceEvent
from payflow_cfn.deploy.cloudformation.remedies import hint_for
from payflow_cfn.deploy.cloudformation.stack import is_nested, need_stack
from payflow_cfn.errors import DeployError

# "Resource creation cancelled" (or update, or deletion): it was stopped only because another resource failed.
_CANCELLED = re.compile(r"^resource \w+ cancell?ed", re.IGNORECASE)
_ROLLBACKS = ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Cause:
    """One failure; `path` is the logical ids from the root down to the resource, `hint` what to do (may be empty)."""

    path: tuple[str, ...]
    resource_type: str
    physical_id: str
    status: str
    reason: str
    hint: str
    at: datetime | None

    @property
    def text(self) -> str:
        """Where and why, in one line."""
        where = "/".join(self.path) or "the stack itself"
        return f"{where}{f' ({self.resource_type})' if self.resource_type else ''}: {self.reason or self.status}"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of the last operation of a stack.

    `cause` is the first failure (None when nothing failed), `others` are further failures without the cancellations,
    `rollback_cause` is why the rollback failed as well.
    """

    stack_name: str
    stack_id: str
    status: str
    cause: Cause | None
    others: tuple[Cause, ...] = ()
    rollback_cause: Cause | None = None

    @property
    def text(self) -> str:
        """The lines to print."""
        if self.cause is None:
            return f"{self.stack_name} is {self.status}: its last operation has no failure on record"
        lines = [f"{self.stack_name} is {self.status}", f"first cause: {self.cause.text}"]
        lines += [f"  what to do: {self.cause.hint}"] if self.cause.hint else []
        lines += [f"also failed: {each.text}" for each in self.others]
        lines += [f"the rollback failed: {self.rollback_cause.text}"] if self.rollback_cause else []
        return "\n".join(lines)


def diagnose(cloudformation: Any, *, stack_name: str) -> Diagnosis:
    """Explain the last operation of a stack, given by name, or by id when it is deleted; DeployError for none."""
    stack = need_stack(cloudformation, stack_name)
    with explained("reading the events", stack_name=stack_name):
        events = last_operation(cloudformation, stack.stack_id)
        return _diagnosis(cloudformation, events, stack_name=stack.name, stack_id=stack.stack_id, status=stack.status)


def diagnose_stack(cloudformation: Any, *, stack_name: str, change_set: str = "") -> Diagnosis:
    """Explain the last failure: of the last operation, or, if that went well, of the newest change set.

    With `change_set` (a name or an ARN), explain that one. DeployError when the stack or the change set is missing.
    """
    stack = need_stack(cloudformation, stack_name)
    with explained("listing the change sets", stack_name=stack_name):
        known = list_change_sets(cloudformation, stack.stack_id)
    if change_set:
        named = next((each for each in known if change_set in (each.name, each.change_set_id)), None)
        if named is None:
            names = ", ".join(each.name for each in known) or "none"
            raise DeployError(f"{stack_name} has no change set {change_set}", remedy=f"it has {names}")
        return diagnose_change_set(cloudformation, named.change_set_id)
    found = diagnose(cloudformation, stack_name=stack.stack_id)
    newest = known[-1] if known else None
    if found.cause or found.rollback_cause or newest is None or not newest.failed or not newest.since(stack.changed_at):
        return found
    return diagnose_change_set(cloudformation, newest.change_set_id)


def diagnose_change_set(cloudformation: Any, change_set_id: str) -> Diagnosis:
    """Explain a change set that could not be made, down to the nested one that it failed in."""
    with explained("reading the change set", stack_name=change_set_id):
        failed = read_change_set(cloudformation, change_set_id, values=False)
        path, reason = first_reason(cloudformation, failed)
    cause = Cause(path, "", "", failed.status, reason, hint_for(reason), failed.created_at)
    return Diagnosis(failed.stack_name, failed.stack_id, failed.status, cause if failed.status == "FAILED" else None)


def _diagnosis(
    cloudformation: Any, events: list[ResourceEvent], *, stack_name: str, stack_id: str, status: str
) -> Diagnosis:
    turn = next(
        (place for place, each in enumerate(events) if each.of_stack_itself and each.status in _ROLLBACKS), len(events)
    )
    before = _failures(events[:turn])
    causes = [_deepest(cloudformation, each, events, events[0].at) for each in before]
    causes = causes or _of_stack(events)
    known = tuple(dict.fromkeys(causes))
    failed = _failures(events[turn:])[:1]
    again = [_deepest(cloudformation, each, events, events[turn].at, known=known) for each in failed]
    return Diagnosis(stack_name, stack_id, status, known[0] if known else None, known[1:], again[0] if again else None)


def _failures(events: list[ResourceEvent]) -> list[ResourceEvent]:
    return [each for each in events if each.failed and not each.of_stack_itself and not _CANCELLED.match(each.reason)]


def _of_stack(events: list[ResourceEvent]) -> list[Cause]:
    """The stack's own failure, if no resource failed: a rollback alarm, a hook, a validation."""
    own = [
        each for each in events if each.of_stack_itself and each.reason and (each.failed or each.status in _ROLLBACKS)
    ]
    return [_cause(each) for each in own[:1]]


def _deepest(
    cloudformation: Any,
    event: ResourceEvent,
    among: list[ResourceEvent],
    since: datetime,
    *,
    known: Collection[Cause] = (),
    depth: int = 0,
) -> Cause:
    """Follow a failed nested stack down to the resource that made it fail, without the `known` earlier failures.

    Times are not enough to tell them apart: a rollback may begin in the same millisecond as the failure that it undoes.
    """
    nested_id = _nested_id(event, among)
    if not nested_id or depth == _DEEPEST:
        return _cause(event)
    inner = newer_events(cloudformation, nested_id, path=event.path, since=since)
    for failure in _failures(inner):
        if _cause(failure) not in known:
            return _deepest(cloudformation, failure, inner, since, known=known, depth=depth + 1)
    return _cause(event)


def _nested_id(event: ResourceEvent, among: list[ResourceEvent]) -> str:
    """The id of the nested stack that an event is about; a failed event may lack it, so the stack's others are read."""
    same = [event, *(each for each in among if each.logical_id == event.logical_id and not each.of_stack_itself)]
    return next((each.physical_id for each in same if is_nested(each.resource_type, each.physical_id)), "")


def _cause(event: ResourceEvent) -> Cause:
    return Cause(
        path=event.path,
        resource_type=event.resource_type,
        physical_id=event.physical_id,
        status=event.status,
        reason=event.reason,
        hint=hint_for(event.reason),
        at=event.at,
    )
