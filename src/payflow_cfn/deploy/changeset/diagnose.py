"""Find why an operation failed: the first cause in the deepest nested stack, without the cancellations after it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.changeset.change_set import ChangeSet, list_change_sets, read_change_set
from payflow_cfn.deploy.changeset.history import last_operation, newer_events
from payflow_cfn.deploy.changeset.read_tree import change_set_findings, status_reason
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.events import ResourceEvent
from payflow_cfn.deploy.cloudformation.findings import Cause, FindingReader, Findings
from payflow_cfn.deploy.cloudformation.hooks import HookReader
from payflow_cfn.deploy.cloudformation.remedies import hint_for
from payflow_cfn.deploy.cloudformation.stack import Stack, find_stack, is_nested, need_stack
from payflow_cfn.errors import DeployError

# "Resource creation cancelled" (or update, or deletion): it was stopped only because another resource failed.
_CANCELLED = re.compile(r"^resource \w+ cancell?ed", re.IGNORECASE)
_ROLLBACKS = ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of the last operation of a stack.

    `cause` is the first failure (None when nothing failed), `others` are further failures without the cancellations,
    `rollback_cause` is why the rollback failed as well, `warnings` are findings that stopped
    nothing, `notes` what could not be read.
    """

    stack_name: str
    stack_id: str
    status: str
    cause: Cause | None
    others: tuple[Cause, ...] = ()
    rollback_cause: Cause | None = None
    warnings: tuple[Cause, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Cause, ...]:
        """The first cause and the others."""
        return (self.cause, *self.others) if self.cause else ()

    @property
    def text(self) -> str:
        """The lines to print."""
        lines = [f"{self.stack_name} is {self.status}"]
        lines[0] += "" if self.cause else ": its last operation has no failure on record"
        lines += _told("first cause", self.cause) if self.cause else []
        lines += [f"  what to do: {self.cause.hint}"] if self.cause and self.cause.hint else []
        lines += [line for each in self.others for line in _told("also failed", each)]
        lines += _told("the rollback failed", self.rollback_cause) if self.rollback_cause else []
        lines += [line for each in self.warnings for line in _told("warning", each)]
        return "\n".join([*lines, *(f"note: {each}" for each in self.notes)])


def _told(title: str, cause: Cause) -> list[str]:
    return [f"{title}: {cause.text}", *(f"  {line}" for line in cause.lines)]


def diagnose(cloudformation: Any, *, stack_name: str) -> Diagnosis:
    """Explain the last operation of a stack, given by name, or by id when it is deleted; DeployError for none."""
    stack = need_stack(cloudformation, stack_name)
    with explained("reading the events", stack_name=stack_name):
        events = last_operation(cloudformation, stack.stack_id, operations=stack.operations)
        return _diagnosis(cloudformation, events, stack)


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
        return diagnosis_of(cloudformation, read_change_set(cloudformation, change_set_id, values=False))


def diagnosis_of(cloudformation: Any, change_set: ChangeSet) -> Diagnosis:
    """The findings in a change set and in all nested ones; without a cause where it did not fail."""
    found = change_set_findings(cloudformation, change_set)
    failures = (found.failures or (status_reason(change_set, ()),)) if change_set.status == "FAILED" else ()
    first = failures[0] if failures else None
    return Diagnosis(
        change_set.stack_name,
        change_set.stack_id,
        change_set.status,
        first,
        failures[1:],
        warnings=found.warnings,
        notes=found.notes,
    )


def _diagnosis(cloudformation: Any, events: list[ResourceEvent], stack: Stack) -> Diagnosis:
    turn = next(
        (place for place, each in enumerate(events) if each.of_stack_itself and each.status in _ROLLBACKS), len(events)
    )
    readers = FindingReader(cloudformation), HookReader(cloudformation)
    search = _Search(cloudformation, *readers, by_id=bool(stack.operations))
    causes = [search.deepest(each, events, events[0].at) for each in _failures(events[:turn])] or _of_stack(events)
    if causes:
        search.look(stack.stack_id, stack.operations, (), events[0].at)
    search.remember(events)
    known = _merged(search.guided(search.found.failures), causes)
    failed = _failures(events[turn:])[:1]
    again = [search.deepest(each, events, events[turn].at, known=(*causes, *known)) for each in failed]
    return Diagnosis(
        stack.name,
        stack.stack_id,
        stack.status,
        known[0] if known else None,
        known[1:],
        again[0] if again else None,
        search.guided(search.found.warnings),
        (*search.found.notes, *search.hooks.notes),
    )


def _merged(findings: tuple[Cause, ...], causes: list[Cause]) -> tuple[Cause, ...]:
    """The findings, and the failures in the history that none of them explains: a stack's own failure, or a hook's."""
    kept = [each for each in causes if not any(_explains(finding, each) for finding in findings)]
    return tuple(dict.fromkeys([*findings, *kept]))


def _explains(finding: Cause, cause: Cause) -> bool:
    if cause.resource_type == STACK and finding.path[: len(cause.path)] == cause.path:
        return True
    return finding.path == cause.path and finding.check in cause.reason


def _failures(events: list[ResourceEvent]) -> list[ResourceEvent]:
    return [each for each in events if each.failed and not each.of_stack_itself and not _CANCELLED.match(each.reason)]


def _of_stack(events: list[ResourceEvent]) -> list[Cause]:
    """The stack's own failure, if no resource failed: a rollback alarm, a hook, a validation."""
    own = [
        each for each in events if each.of_stack_itself and each.reason and (each.failed or each.status in _ROLLBACKS)
    ]
    return [_cause(each) for each in own[:1]]


@dataclass(slots=True)
class _Search:
    """Follows failed nested stacks down, and collects the findings of each; `by_id`: AWS lists operations by id."""

    cloudformation: Any
    reader: FindingReader
    hooks: HookReader
    by_id: bool
    found: Findings = field(default_factory=Findings)
    results: dict[tuple[tuple[str, ...], str], list[str]] = field(default_factory=dict)

    def deepest(
        self,
        event: ResourceEvent,
        among: list[ResourceEvent],
        since: datetime,
        *,
        known: Collection[Cause] = (),
        depth: int = 0,
    ) -> Cause:
        """The resource that made a failed nested stack fail, at any depth, past those `known` to have failed before.

        Times are not enough: a rollback may begin in the same millisecond as the failure that it undoes.
        """
        nested_id = _nested_id(event, among)
        if not nested_id or depth == _DEEPEST:
            return _cause(event)
        stack = find_stack(self.cloudformation, nested_id) if self.by_id else None
        operations = stack.operations if stack else ()
        self.look(nested_id, operations, event.path, since)
        inner = self._inner(nested_id, operations, event.path, since)
        self.remember(inner)
        for failure in _failures(inner):
            if _cause(failure) not in known:
                return self.deepest(failure, inner, since, known=known, depth=depth + 1)
        return _cause(event)

    def look(self, stack_id: str, operations: tuple[str, ...], path: tuple[str, ...], since: datetime) -> None:
        """Add the findings of a stack's latest operations."""
        self.found += self.reader.of_operation(stack_id, operations, path=path, since=since)

    def remember(self, events: list[ResourceEvent]) -> None:
        """Note the results of hooks, which the findings do not name."""
        for each in events:
            if each.hook_result:
                self.results.setdefault((each.path, each.hook), []).append(each.hook_result)

    def guided(self, causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
        """The findings, those of hooks with their annotations."""
        return tuple(self.hooks.with_guidance(each, self.results.get((each.path, each.check), ())) for each in causes)

    def _inner(
        self, stack_id: str, operations: tuple[str, ...], path: tuple[str, ...], since: datetime
    ) -> list[ResourceEvent]:
        """The events of a nested stack's operations; by time where no id is known, or where those hold no failure."""
        if operations:
            named = newer_events(self.cloudformation, stack_id, path=path, operations=operations)
            if _failures(named):
                return named
        return newer_events(self.cloudformation, stack_id, path=path, since=since)


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
