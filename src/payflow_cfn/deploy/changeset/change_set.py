"""Change sets: name one of our own, wait for it, read it with all nested ones, detect an empty one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.changeset.wait import Pace, read_patiently
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, says_missing
from payflow_cfn.deploy.cloudformation.changes import ProposedChange, parse_changes
from payflow_cfn.errors import BusyError
from payflow_cfn.text import one_line

# The two texts with which CloudFormation reports that there is nothing to do; any other FAILED is a failure.
EMPTY_REASONS = frozenset(
    {
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    }
)

_PLANNED = "payflow-plan-"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One change set from DescribeChangeSet; `changes` are those of its own stack, without the nested ones.

    `mode` is REVERT_DRIFT where it was compared with the resources; `parameters` are {name: value}.
    """

    change_set_id: str
    stack_name: str
    stack_id: str
    status: str
    reason: str
    execution: str
    created_at: datetime | None
    changes: tuple[ProposedChange, ...]
    mode: str = ""
    name: str = ""
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether it failed only because there is nothing to change."""
        return self.status == "FAILED" and self.reason.strip() in EMPTY_REASONS


@dataclass(frozen=True, slots=True)
class ListedChangeSet:
    """One change set from ListChangeSets; `failed` is False for one that only had nothing to change."""

    change_set_id: str
    name: str
    failed: bool
    created_at: datetime | None
    executed: bool = False

    @property
    def planned(self) -> bool:
        """Whether `plan --keep` left it, and nobody has executed it."""
        return self.name.startswith(_PLANNED) and not self.executed and not self.failed

    def since(self, at: datetime | None) -> bool:
        """Whether it was made after `at`, the time of the stack's last change."""
        return at is None or self.created_at is None or self.created_at >= at


def list_change_sets(cloudformation: CloudFormationClient, stack_id: str) -> list[ListedChangeSet]:
    """The change sets of a stack that still exist, oldest first."""
    pages = cloudformation.get_paginator("list_change_sets").paginate(StackName=stack_id)
    found = [_listed(each) for page in pages for each in page.get("Summaries", [])]
    return sorted(found, key=lambda each: each.created_at or datetime.min.replace(tzinfo=UTC))


def _listed(each: Mapping[str, Any]) -> ListedChangeSet:
    empty = one_line(each.get("StatusReason", "")) in EMPTY_REASONS
    failed = each["Status"] == "FAILED" and not empty
    executed = each.get("ExecutionStatus", "").startswith("EXECUTE_")
    return ListedChangeSet(
        each["ChangeSetId"], one_line(each["ChangeSetName"]), failed, each.get("CreationTime"), executed
    )


def unique_name() -> str:
    """A change set name that no other run has, so that no run takes another's change set for its own."""
    return f"payflow-{uuid.uuid4().hex}"


def planned_name() -> str:
    """A name for a change set that a plan leaves to be executed later, short enough to be typed."""
    return f"{_PLANNED}{uuid.uuid4().hex[:12]}"


def read_change_set(
    cloudformation: CloudFormationClient,
    change_set_id: str,
    *,
    path: tuple[str, ...] = (),
    values: bool = True,
    stack_name: str = "",
) -> ChangeSet:
    """Read one change set, all pages; `values` asks for the properties' values before and after.

    A name in place of its id needs the `stack_name`.
    """
    first: Mapping[str, Any] = {}
    changes: list[ProposedChange] = []
    of_stack: dict[str, Any] = {"StackName": stack_name} if stack_name else {}
    pages = cloudformation.get_paginator("describe_change_set")
    for page in pages.paginate(ChangeSetName=change_set_id, IncludePropertyValues=values, **of_stack):
        first = first or page
        changes += parse_changes(page.get("Changes", []), path=path)
    return ChangeSet(
        change_set_id=first["ChangeSetId"],
        stack_name=first["StackName"],
        stack_id=first["StackId"],
        status=first["Status"],
        reason=one_line(first.get("StatusReason", "")),
        execution=first.get("ExecutionStatus", ""),
        created_at=first.get("CreationTime"),
        changes=tuple(changes),
        mode=first.get("DeploymentMode", ""),
        name=first.get("ChangeSetName", ""),
        description=first.get("Description", ""),
        parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in first.get("Parameters", [])},
    )


def wait_for_change_set(
    cloudformation: CloudFormationClient, change_set_id: str, *, stack_name: str, pace: Pace
) -> ChangeSet:
    """Wait until the change set is made or has failed, and return it."""
    for delay in pace.delays():
        found: ChangeSet = read_patiently(
            lambda: _own(cloudformation, change_set_id, stack_name),
            doing="reading the change set",
            stack_name=stack_name,
            pace=pace,
        )
        if not found.status.endswith(("_IN_PROGRESS", "_PENDING")):
            return found
        pace.sleep(delay)
    raise AssertionError("delays never end")


def overtaken(stack_name: str) -> BusyError:
    """The error for a change set of ours that is gone: CloudFormation removes all others when one is executed."""
    return BusyError(
        f"the stack {stack_name} is busy: another run changed it meanwhile",
        remedy="deploy again, or with --wait",
        stack_name=stack_name,
    )


def _own(cloudformation: CloudFormationClient, change_set_id: str, stack_name: str) -> ChangeSet:
    try:
        return read_change_set(cloudformation, change_set_id)
    except aws_errors() as error:
        if says_missing(error):
            raise overtaken(stack_name) from error
        raise


def nothing_changes(cloudformation: CloudFormationClient, root: ChangeSet) -> bool:
    """Whether CloudFormation reports of the root and of every nested change set that there is nothing to do."""
    if root.empty:
        return True
    nested = [each for each in root.changes if each.resource_type == STACK and each.action == "Modify"]
    if not nested or len(nested) != len(root.changes) or not all(each.nested_change_set for each in nested):
        return False
    children = [read_change_set(cloudformation, each.nested_change_set, path=each.path) for each in nested]
    return all(nothing_changes(cloudformation, child) for child in children)
