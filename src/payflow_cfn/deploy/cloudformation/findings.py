"""Findings of DescribeEvents on a change set or an operation: failed validations and hooks, and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, text_of
from payflow_cfn.deploy.cloudformation.remedies import hint_for
from payflow_cfn.text import one_line

T = TypeVar("T")
_KINDS = frozenset({"VALIDATION_ERROR", "HOOK_INVOCATION_ERROR"})


@dataclass(frozen=True, slots=True)
class Cause:
    """One failure or warning; `path` is the logical ids from the root down to the resource, `hint` a remedy or empty.

    `place` is the path in the resource (`Properties/TableName`), `check` the validation or hook that reported it,
    `set_by` the root parameters that the value comes from, `guidance` the lines of a hook's annotations.
    """

    path: tuple[str, ...]
    resource_type: str
    physical_id: str
    status: str
    reason: str
    hint: str
    at: datetime | None
    place: str = ""
    check: str = ""
    set_by: tuple[str, ...] = ()
    guidance: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Where and why, in one line."""
        where = "/".join(filter(None, (*self.path, self.place))) or "the stack itself"
        kind = f" ({self.resource_type})" if self.resource_type else ""
        check = f" [{self.check}]" if self.check else ""
        return f"{where}{kind}: {self.reason or self.status}{check}"

    @property
    def is_of_hook(self) -> bool:
        """Whether a hook reported it."""
        return self.status.startswith("HOOK_")

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines to print below it: what set the value, and what the hook recommends."""
        origin = (f"set by the root parameter {' and '.join(self.set_by)}",) if self.set_by else ()
        return (*origin, *self.guidance)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found; `notes` say why something could not be read."""

    failures: tuple[Cause, ...] = ()
    warnings: tuple[Cause, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        """Both together, each finding and each note once."""
        return Findings(
            _once(self.failures + other.failures),
            _once(self.warnings + other.warnings),
            _once(self.notes + other.notes),
        )


def _once(found: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))


@dataclass(slots=True)
class FindingReader:
    """Reads findings; after a refusal it asks for no more and notes the reason once."""

    cloudformation: CloudFormationClient
    problem: str = ""

    def of_change_set(self, change_set_id: str, stack_id: str, *, path: tuple[str, ...]) -> Findings:
        """The findings of one change set, which have the stack's `path` before their own.

        All events are read: a warning is not a failed event.
        """
        return self._read(path, None, ChangeSetName=change_set_id, StackName=stack_id)

    def of_operation(
        self, stack_id: str, operations: Sequence[str], *, path: tuple[str, ...], since: datetime | None
    ) -> Findings:
        """The failed findings of a stack's operations; where ids are not known, those of the stack from `since` on."""
        failed: dict[str, Any] = {"Filters": {"FailedEvents": True}}
        found = Findings()
        for each in operations:
            found += self._read(path, None, OperationId=each, **failed)
        if operations and not self.problem:
            return found
        self.problem = ""
        return self._read(path, since, StackName=stack_id, **failed)

    def _read(self, path: tuple[str, ...], since: datetime | None, **which: Any) -> Findings:
        if self.problem:
            return Findings()
        try:
            pages = self.cloudformation.get_paginator("describe_events").paginate(**which)
            events = [each for page in pages for each in page.get("OperationEvents", [])]
        except aws_errors() as error:
            self.problem = text_of(error)
            note = f"CloudFormation's findings could not be read (cloudformation:DescribeEvents): {self.problem}"
            return Findings(notes=(note,))
        later = [each for each in events if since is None or each.get("Timestamp", since) >= since]
        return findings_of(later, path=path)


def findings_of(events: Iterable[Mapping[str, Any]], *, path: tuple[str, ...]) -> Findings:
    """The findings among the events of a change set or an operation, the oldest first."""
    mine = [each for each in events if each.get("EventType") in _KINDS and _is_bad(each)]
    ordered = sorted(mine, key=lambda each: (each["Timestamp"],) if "Timestamp" in each else ())
    warnings = tuple(_cause(each, path) for each in ordered if _warns(each))
    return Findings(tuple(_cause(each, path) for each in ordered if not _warns(each)), warnings)


def _is_bad(event: Mapping[str, Any]) -> bool:
    """Whether it did not succeed: a validation that was skipped decided nothing."""
    return event.get("ValidationStatus") != "SKIPPED" and event.get("HookStatus") != "HOOK_COMPLETE_SUCCEEDED"


def _warns(event: Mapping[str, Any]) -> bool:
    return "WARN" in (event.get("ValidationFailureMode"), event.get("HookFailureMode"))


def _cause(event: Mapping[str, Any], path: tuple[str, ...]) -> Cause:
    reason = one_line(
        event.get("ValidationStatusReason") or event.get("HookStatusReason") or event.get("ResourceStatusReason") or ""
    )
    own = event.get("PhysicalResourceId") and event.get("PhysicalResourceId") == event.get("StackId")
    inside, place = _split("" if own else event.get("LogicalResourceId", ""), event.get("ValidationPath", ""))
    return Cause(
        path=(*path, *filter(None, (inside,))),
        resource_type=event.get("ResourceType", ""),
        physical_id=one_line(event.get("PhysicalResourceId", "")),
        status=event.get("HookStatus") or event.get("ValidationStatus") or "FAILED",
        reason=reason,
        hint=hint_for(reason),
        at=event.get("Timestamp"),
        place=place,
        check=one_line(event.get("ValidationName") or event.get("HookType") or ""),
    )


def _split(logical_id: str, where: str) -> tuple[str, str]:
    """The logical id, and the path below the resource: `/Resources/Table/Properties/TableName` names both."""
    steps = [step for step in one_line(where).split("/") if step]
    if steps[:1] == ["Resources"] and len(steps) > 1 and logical_id in ("", steps[1]):
        return one_line(steps[1]), "/".join(steps[2:])
    return one_line(logical_id), "/".join(steps)
