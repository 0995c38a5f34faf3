"""Read a stack with DescribeStacks, and the tree of stacks nested in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, explained, says_missing
from payflow_cfn.errors import DeployError
from payflow_cfn.text import one_line


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack; `outputs`, `parameters` and `tags` are name -> text, times are AWS's own.

    `operations` are the ids of its latest operations, as far as AWS lists them, without those that made change sets.
    """

    stack_id: str
    name: str
    status: str
    reason: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    protected: bool
    changed_at: datetime | None
    parent_id: str = ""
    root_id: str = ""
    operations: tuple[str, ...] = ()
    role_arn: str = ""
    notification_arns: tuple[str, ...] = ()
    rollback_alarms: tuple[str, ...] = ()
    monitoring_minutes: int = 0


@dataclass(frozen=True, slots=True)
class StackResource:
    """One resource of a stack; `path` is the logical ids of the nested stacks down to it, its own last.

    `drift` is the result of the last drift detection: NOT_CHECKED also for a type that CloudFormation cannot compare.
    """

    path: tuple[str, ...]
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str
    stack_id: str
    drift: str = ""

    @property
    def is_nested(self) -> bool:
        """Whether it is a nested stack that exists."""
        return is_nested(self.resource_type, self.physical_id)


def find_stack(cloudformation: CloudFormationClient, stack_name: str) -> Stack | None:
    """The stack by name or id, or None when there is none; any other failure is botocore's exception."""
    try:
        answer = cloudformation.describe_stacks(StackName=stack_name)
    except aws_errors() as error:
        if says_missing(error):
            return None
        raise
    return _stack(answer["Stacks"][0]) if answer["Stacks"] else None


def look_up_stack(cloudformation: CloudFormationClient, stack_name: str) -> Stack | None:
    """As `find_stack`, but a failure is the DeployError that a command shows."""
    with explained("reading", stack_name=stack_name):
        return find_stack(cloudformation, stack_name)


def need_stack(cloudformation: CloudFormationClient, stack_name: str) -> Stack:
    """The stack; DeployError when there is none or it cannot be read."""
    stack = look_up_stack(cloudformation, stack_name)
    if stack is None:
        raise no_stack(cloudformation, stack_name)
    return stack


def no_stack(cloudformation: CloudFormationClient, stack_name: str) -> DeployError:
    """The error of every command for an environment that is not deployed."""
    return DeployError(
        f"there is no stack {stack_name} in {cloudformation.meta.region_name}",
        remedy="check the environment and the region, or deploy it",
        stack_name=stack_name,
    )


def read_outputs(cloudformation: CloudFormationClient, *, stack_name: str) -> dict[str, str]:
    """The outputs of a deployed stack, sorted by name."""
    return dict(sorted(need_stack(cloudformation, stack_name).outputs.items()))


def list_resources(
    cloudformation: CloudFormationClient, stack_id: str, *, path: tuple[str, ...] = ()
) -> Iterator[StackResource]:
    """The resources of a stack and of every stack nested in it; a nested stack comes before its resources."""
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        for each in page["StackResourceSummaries"]:
            found = _resource(each, stack_id, path)
            yield found
            if found.is_nested and found.status != "DELETE_COMPLETE":
                yield from list_resources(cloudformation, found.physical_id, path=found.path)


def is_nested(resource_type: str, physical_id: str) -> bool:
    """Whether a resource is a nested stack that exists (its physical id is the id of that stack)."""
    return resource_type == STACK and ":cloudformation:" in physical_id


def _resource(each: Mapping[str, Any], stack_id: str, path: tuple[str, ...]) -> StackResource:
    logical_id = each["LogicalResourceId"]
    return StackResource(
        path=(*path, logical_id),
        logical_id=logical_id,
        physical_id=each.get("PhysicalResourceId", ""),
        resource_type=each["ResourceType"],
        status=each["ResourceStatus"],
        reason=one_line(each.get("ResourceStatusReason", "")),
        stack_id=stack_id,
        drift=each.get("DriftInformation", {}).get("StackResourceDriftStatus", ""),
    )


def _stack(each: Mapping[str, Any]) -> Stack:
    rollback = each.get("RollbackConfiguration", {})
    return Stack(
        stack_id=each["StackId"],
        name=each["StackName"],
        status=each["StackStatus"],
        reason=one_line(each.get("StackStatusReason", "")),
        outputs={item["OutputKey"]: item["OutputValue"] for item in each.get("Outputs", [])},
        parameters={item["ParameterKey"]: item.get("ParameterValue", "") for item in each.get("Parameters", [])},
        tags={item["Key"]: item["Value"] for item in each.get("Tags", [])},
        protected=bool(each.get("EnableTerminationProtection")),
        changed_at=each.get("LastUpdatedTime") or each.get("CreationTime"),
        parent_id=each.get("ParentId", ""),
        root_id=each.get("RootId", ""),
        operations=tuple(_operation_ids(each.get("LastOperations", []))),
        role_arn=each.get("RoleARN", ""),
        notification_arns=tuple(each.get("NotificationARNs", [])),
        rollback_alarms=tuple(trigger["Arn"] for trigger in rollback.get("RollbackTriggers", [])),
        monitoring_minutes=rollback.get("MonitoringTimeInMinutes", 0),
    )


def _operation_ids(operations: Iterable[Mapping[str, str]]) -> Iterator[str]:
    for each in operations:
        if each.get("OperationType") != "CREATE_CHANGESET" and each.get("OperationId"):
            yield each["OperationId"]
