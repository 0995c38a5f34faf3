"""The status of a deployed set: the root, every stack nested in it, and the latest operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.history import last_operation
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.events import ResourceEvent
from payflow_cfn.deploy.cloudformation.stack import (
    Stack,
    StackResource,
    find_stack,
    list_resources,
    no_stack,
)
from payflow_cfn.deploy.cloudformation.stack_statuses import DOES_NOT_EXIST, StateRule, is_over, rule_for

Health = Literal["healthy", "attention", "failed", "busy", "missing"]
_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
VERSION_OUTPUT = "TemplateVersion"


@dataclass(frozen=True, slots=True)
class Operation:
    """The latest create, update, import or delete of the root; `ended_at` is None while it runs. Times are AWS's."""

    kind: str
    status: str
    began_at: datetime
    ended_at: datetime | None

    @property
    def text(self) -> str:
        """The operation with its start and, if it is over, its end."""
        began = _time(self.began_at)
        if self.ended_at is None:
            return f"running: {self.kind} since {began}"
        return f"last operation: {self.kind}, {began} to {_time(self.ended_at)}"


@dataclass(frozen=True, slots=True)
class NestedStatus:
    """One nested stack; `path` is the logical ids from the root down to it, `meaning` explains its status."""

    path: tuple[str, ...]
    stack_name: str
    status: str
    meaning: str
    reason: str
    changed_at: datetime | None
    in_order: bool

    @property
    def text(self) -> str:
        """The stack in one line; the meaning of its status only if the status is unusual."""
        odd = "" if self.in_order and not self.status.endswith("ROLLBACK_COMPLETE") else f" ({self.meaning})"
        reason = f": {self.reason}" if self.reason else ""
        changed = f", changed {_time(self.changed_at)}" if self.changed_at else ""
        return f"{'/'.join(self.path)} is {self.status}{odd}{reason}{changed}"


@dataclass(frozen=True, slots=True)
class SetStatus:
    """The status of a whole set; `remedy` is what to do about it (empty: nothing), `version` that of its templates.

    `resources` counts the resources of the root and its nested stacks, without the nested stacks themselves; `failing`
    are those whose last operation failed, `alarm_names` those of its alarms, `table` is that of payments.
    """

    stack_name: str
    stack_id: str
    status: str
    health: Health
    meaning: str
    remedy: str
    reason: str = ""
    version: str = ""
    protected: bool = False
    changed_at: datetime | None = None
    operation: Operation | None = None
    nested: tuple[NestedStatus, ...] = ()
    resources: int = 0
    failing: tuple[StackResource, ...] = ()
    alarm_names: tuple[str, ...] = ()
    table: str = ""

    @property
    def text(self) -> str:
        """The lines to print."""
        if self.health == "missing":
            return f"{self.meaning}: {self.remedy}"
        lines = [f"{self.stack_name} is {self.status}: {self.meaning}"]
        lines += [f"  reason: {self.reason}"] if self.reason else []
        lines += [f"  what to do: {self.remedy}"] if self.remedy else []
        lines += [f"  {self.operation.text}"] if self.operation else []
        lines.append(f"  template version: {self.version or 'not known, it has no outputs yet'}")
        lines.append(f"  termination protection: {'on' if self.protected else 'off'}")
        lines.append(f"  resources: {self.resources} in {len(self.nested)} nested stacks, {len(self.failing)} failed")
        lines += [f"  {'/'.join(each.path)} is {each.status}: {each.reason}" for each in self.failing]
        return "\n".join([*lines, *(f"  {each.text}" for each in self.nested)])


def read_status(cloudformation: CloudFormationClient, *, stack_name: str) -> SetStatus:
    """Read the status of the set whose root is `stack_name`; a missing stack is a status, not an error.

    DeployError when AWS refuses.
    """
    with explained("reading the status", stack_name=stack_name):
        root = find_stack(cloudformation, stack_name)
        return _missing(cloudformation, stack_name) if root is None else _status(cloudformation, root)


def _missing(cloudformation: CloudFormationClient, stack_name: str) -> SetStatus:
    absent = no_stack(cloudformation, stack_name)
    return SetStatus(
        stack_name,
        stack_id="",
        status=DOES_NOT_EXIST,
        health="missing",
        meaning=absent.message,
        remedy=absent.remedy,
    )


def _status(cloudformation: CloudFormationClient, root: Stack) -> SetStatus:
    rule = rule_for(root.status)
    found = [each for each in list_resources(cloudformation, root.stack_id) if each.status != "DELETE_COMPLETE"]
    nested = tuple(_nested(cloudformation, found))
    own = [each for each in found if not each.is_nested]
    return SetStatus(
        root.name,
        stack_id=root.stack_id,
        status=root.status,
        health=_health(rule, nested),
        meaning=rule.why,
        remedy=_remedy(rule, nested),
        reason=root.reason,
        version=root.outputs.get(VERSION_OUTPUT, ""),
        table=root.outputs.get("TransactionsTableName", ""),
        protected=root.protected,
        changed_at=root.changed_at,
        operation=_operation(last_operation(cloudformation, root.stack_id, operations=root.operations)),
        nested=nested,
        resources=len(own),
        failing=tuple(each for each in own if each.status.endswith("_FAILED")),
        alarm_names=tuple(each.physical_id for each in own if each.resource_type in _ALARMS and each.physical_id),
    )


def _nested(cloudformation: CloudFormationClient, resources: list[StackResource]) -> Iterator[NestedStatus]:
    for each in resources:
        if each.is_nested:
            stack = find_stack(cloudformation, each.physical_id)
            status = stack.status if stack else DOES_NOT_EXIST
            rule = rule_for(status)
            yield NestedStatus(
                path=each.path,
                stack_name=stack.name if stack else each.physical_id,
                status=status,
                meaning=rule.why,
                reason=stack.reason if stack else "",
                changed_at=stack.changed_at if stack else None,
                # While an operation runs on the root, it also runs on nested stacks: that is in order.
                in_order=rule.deploy in ("update", "busy"),
            )


def _health(rule: StateRule, nested: tuple[NestedStatus, ...]) -> Health:
    if rule.deploy == "busy":
        return "busy"
    return "healthy" if rule.deploy == "update" and all(each.in_order for each in nested) else "failed"


def _remedy(rule: StateRule, nested: tuple[NestedStatus, ...]) -> str:
    if rule.deploy == "create":
        return "deploy it"
    if rule.deploy == "update" and not all(each.in_order for each in nested):
        return "a nested stack is not in order: `payflow diagnose`; only its root repairs it"
    if rule.status.endswith("ROLLBACK_COMPLETE") and rule.deploy == "update":
        return "`payflow diagnose` shows why; then deploy again"
    return rule.remedy


def _operation(events: list[ResourceEvent]) -> Operation | None:
    own = [each for each in events if each.of_stack_itself]
    if not own:
        return None
    first, last = own[0], own[-1]
    return Operation(
        kind=first.status.split("_")[0],
        status=last.status,
        began_at=first.at,
        ended_at=last.at if is_over(last.status) else None,
    )


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S %Z}".rstrip() if at else ""
