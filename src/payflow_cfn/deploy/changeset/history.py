"""Read the events of a stack and of every stack nested in it: each one once, in order of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, text_of
from payflow_cfn.deploy.cloudformation.events import ResourceEvent
from payflow_cfn.deploy.cloudformation.stack import is_nested
from payflow_cfn.text import one_line

# Ten nested stacks must not cause ten calls a second: a round reads the events of at most this many, in turn.
MOST_STACKS_A_ROUND = 4
_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})


@dataclass(slots=True)
class _Stream:
    stack_id: str
    path: tuple[str, ...]
    newest: str = ""
    unread: bool = True
    busy: bool = True


@dataclass(slots=True)
class History:
    """Reads the events since `since` (AWS's time) or since the last call; `problem` is why a round was cut short.

    `opening` is the end of the stack's own status when the operation begins. Earlier events are left out. It is for
    operations without a time from AWS: a deletion, a continued rollback. `operations` are the ids of the operations to
    report, where AWS lists them: their first event then replaces `since`.
    """

    cloudformation: CloudFormationClient
    stack_id: str
    since: datetime | None
    opening: str = ""
    operations: Collection[str] = ()
    problem: str = ""
    _streams: dict[str, _Stream] = field(default_factory=dict)
    _turn: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._follow(self.stack_id, ())

    def read(self, *, everything: bool = False) -> list[ResourceEvent]:
        """The new events; `everything`, for the last round, reads all stacks, otherwise a round is bounded."""
        self.problem = ""
        found: list[ResourceEvent] = []
        left = len(self._turn) if everything else MOST_STACKS_A_ROUND
        done: set[str] = set()
        while left > 0 and not self.problem:
            stream = self._next(done)
            if stream is None:
                break
            done.add(stream.stack_id)
            found += self._read_one(stream)
            left = left - 1 if not everything else len(self._turn)
        return sorted(found, key=lambda event: event.at)

    def _next(self, done: set[str]) -> _Stream | None:
        for _ in range(len(self._turn)):
            stack_id = self._turn[0]
            self._turn.rotate(-1)
            stream = self._streams[stack_id]
            if stack_id not in done and (stream.busy or stream.unread):
                return stream
        return None

    def _read_one(self, stream: _Stream) -> list[ResourceEvent]:
        try:
            self._find_beginning()
            found = newer_events(
                self.cloudformation, stream.stack_id, path=stream.path, newest=stream.newest, since=self.since
            )
        except aws_errors() as error:
            self.problem = text_of(error)
            return []
        if self.opening and not self._opened(found):
            return []
        stream.unread = False
        found = [each for each in found if self.since is None or each.at >= self.since]
        if found:
            stream.newest = found[-1].event_id
        for event in found:
            if not event.of_stack_itself and is_nested(event.resource_type, event.physical_id):
                self._follow(event.physical_id, event.path, busy=event.status.endswith("_IN_PROGRESS"))
        return found

    def _find_beginning(self) -> None:
        if self.operations:
            named = newer_events(self.cloudformation, self.stack_id, operations=self.operations)
            self.since, self.operations = named[0].at if named else self.since, ()

    def _opened(self, found: list[ResourceEvent]) -> bool:
        begun = [each.at for each in found if each.of_stack_itself and each.status.endswith(self.opening)]
        if begun:
            self.since, self.opening = begun[-1], ""
        return bool(begun)

    def _follow(self, stack_id: str, path: tuple[str, ...], *, busy: bool = True) -> None:
        stream = self._streams.get(stack_id)
        if stream is None:
            stream = self._streams[stack_id] = _Stream(stack_id, path)
            self._turn.append(stack_id)
        stream.busy, stream.unread = busy, True


def newer_events(
    cloudformation: CloudFormationClient,
    stack_id: str,
    *,
    path: tuple[str, ...] = (),
    newest: str = "",
    since: datetime | None = None,
    operations: Collection[str] = (),
) -> list[ResourceEvent]:
    """The events after `newest` (an id) and not before `since`, oldest first; AWS gives them newest first, in pages.

    With `operations`, only the events of these; one stack has one operation at a time.
    """
    found: list[ResourceEvent] = []
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for each in page["StackEvents"]:
            if operations and each.get("OperationId") not in operations:
                if found:
                    return found[::-1]
                continue
            if each["EventId"] == newest or (since is not None and each["Timestamp"] < since):
                return found[::-1]
            found.append(_event(each, path))
    return found[::-1]


def last_operation(
    cloudformation: CloudFormationClient, stack_id: str, *, operations: Collection[str] = ()
) -> list[ResourceEvent]:
    """The events of the stack's latest create, update, import or delete, with its rollback, oldest first.

    `operations` are the ids of the latest ones; where they name no beginning (a rollback that is continued, or an
    emulator without ids), the latest beginning in the history counts.
    """
    if operations:
        named = newer_events(cloudformation, stack_id, operations=operations)
        begun = [place for place, each in enumerate(named) if _begins(each)]
        if begun:
            return named[begun[-1] :]
    found: list[ResourceEvent] = []
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for each in page["StackEvents"]:
            event = _event(each, ())
            found.append(event)
            if _begins(event):
                return found[::-1]
    return found[::-1]


def _begins(event: ResourceEvent) -> bool:
    return event.of_stack_itself and event.status in _BEGINNINGS


def _event(each: Mapping[str, Any], path: tuple[str, ...]) -> ResourceEvent:
    stack_id, physical_id = each["StackId"], each.get("PhysicalResourceId") or ""
    logical_id = each.get("LogicalResourceId", "")
    return ResourceEvent(
        path=path if physical_id == stack_id else (*path, logical_id),
        stack_name=each["StackName"],
        stack_id=stack_id,
        logical_id=logical_id,
        physical_id=physical_id,
        resource_type=each.get("ResourceType", ""),
        status=each.get("ResourceStatus", ""),
        reason=one_line(each.get("ResourceStatusReason") or ""),
        at=each["Timestamp"],
        event_id=each["EventId"],
        hook=each.get("HookType", ""),
        hook_result=each.get("HookInvocationId", ""),
    )
