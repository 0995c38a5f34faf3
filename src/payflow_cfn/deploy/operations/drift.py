"""Detect drift: changes of the root's and every nested stack's resources outside of CloudFormation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.wait import Pace, read_patiently
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.name_lookup import Clients, exists
from payflow_cfn.deploy.cloudformation.stack import StackResource, list_resources, need_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import rule_for
from payflow_cfn.deploy.operations.drift_report import Drift, ResourceDrift, resource_drift
from payflow_cfn.errors import DeployError
from payflow_cfn.text import one_line

_NEVER_DEPLOYED = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE")


def detect_drift(
    cloudformation: CloudFormationClient,
    *,
    stack_name: str,
    clients: Clients | None = None,
    pace: Pace | None = None,
) -> Drift:
    """Compare the root and every stack nested in it with the existing resources; all detections run at the same time.

    `clients` makes a client from a service's name: what CloudFormation does not compare is then looked up, so that at
    least its deletion is found. DeployError when the stack does not exist, was never deployed, or detection cannot be
    started. Detection on a stack does not cover its
    nested stacks (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html).
    """
    pace = pace or Pace()
    stack = need_stack(cloudformation, stack_name)
    if stack.status in _NEVER_DEPLOYED:
        rule = rule_for(stack.status)
        raise DeployError(
            f"the stack {stack_name} is {stack.status}, so it has nothing to compare: {rule.why}",
            remedy=rule.remedy or "deploy it",
        )
    with explained("the drift detection", stack_name=stack_name):
        stacks = {stack.stack_id: (), **dict(_nested(cloudformation, stack.stack_id))}
        asked = {each: cloudformation.detect_stack_drift(StackName=each)["StackDriftDetectionId"] for each in stacks}
    found: list[ResourceDrift] = []
    unchecked: list[tuple[str, str]] = []
    for stack_id, path in stacks.items():
        problem = _await(cloudformation, asked[stack_id], stack_name=stack_name, pace=pace)
        if problem:
            unchecked.append(("/".join(path) or stack_name, problem))
        found += _drifted(cloudformation, stack_id, path, stack_name=stack_name)
    with explained("reading the drift", stack_name=stack_name):
        left = [each for each in list_resources(cloudformation, stack.stack_id) if _is_uncompared(each)]
    there = {each: exists(clients, each.resource_type, each.physical_id) if clients else None for each in left}
    found += [_deleted(each) for each, is_there in there.items() if is_there is False]
    kinds = Counter(each.resource_type for each, is_there in there.items() if is_there is not False)
    return Drift(stack_name, tuple(found), tuple(unchecked), dict(sorted(kinds.items())))


def _is_uncompared(each: StackResource) -> bool:
    is_there = not each.status.startswith("DELETE_") and bool(each.physical_id)
    return each.drift == "NOT_CHECKED" and is_there and not each.is_nested


def _deleted(each: StackResource) -> ResourceDrift:
    return ResourceDrift(each.path, each.resource_type, one_line(each.physical_id), "DELETED", ())


def _nested(cloudformation: CloudFormationClient, stack_id: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in list_resources(cloudformation, stack_id):
        if each.is_nested and not each.status.startswith("DELETE_"):
            yield each.physical_id, each.path


def _await(cloudformation: CloudFormationClient, detection_id: str, *, stack_name: str, pace: Pace) -> str:
    """Wait for one detection; the reason if it failed, in which case a part of the stack was checked."""
    begun = pace.clock()
    for delay in pace.delays():
        answer = read_patiently(
            lambda: cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection_id),
            doing="reading the drift",
            stack_name=stack_name,
            pace=pace,
        )
        status = answer["DetectionStatus"]
        if status != "DETECTION_IN_PROGRESS":
            return one_line(answer.get("DetectionStatusReason", status)) if status == "DETECTION_FAILED" else ""
        if pace.limit is not None and pace.clock() - begun > pace.limit:
            raise DeployError(f"the drift detection of {stack_name} takes too long", remedy="try again later")
        pace.sleep(delay)
    raise AssertionError("delays never end")


def _drifted(
    cloudformation: CloudFormationClient, stack_id: str, path: tuple[str, ...], *, stack_name: str
) -> Iterator[ResourceDrift]:
    token: dict[str, Any] = {}
    while True:
        with explained("reading the drift", stack_name=stack_name):
            page = cloudformation.describe_stack_resource_drifts(
                StackName=stack_id, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"], **token
            )
        yield from (resource_drift(each, path) for each in page["StackResourceDrifts"])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
