"""Test the status of a set, from the root, its nested stacks and its events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.deploy import STATES, read_status
from payflow_cfn.errors import DeployError

if TYPE_CHECKING:
    from botocore.stub import Stubber

    from deploy.conftest import Stubbed

BEGIN = datetime(2026, 11, 25, 10, tzinfo=UTC)
ARN = "arn:aws:cloudformation:eu-west-2:1:stack/{}/u"
ROOT, CHILD = ARN.format("payflow-dev"), ARN.format("payflow-dev-Storage")
NESTED = "AWS::CloudFormation::Stack"


def described(stack: str, status: str, **more: Any) -> dict[str, Any]:
    name = stack.split("/")[1]
    return {"Stacks": [{"StackId": stack, "StackName": name, "StackStatus": status, "CreationTime": BEGIN, **more}]}


def listed(logical_id: str, physical_id: str, kind: str, status: str, reason: str = "") -> dict[str, Any]:
    return {
        "LogicalResourceId": logical_id, "PhysicalResourceId": physical_id, "ResourceType": kind,
        "ResourceStatus": status, "ResourceStatusReason": reason, "LastUpdatedTimestamp": BEGIN,
    }  # fmt: skip


def event(seconds: int, status: str) -> dict[str, Any]:
    return {
        "StackId": ROOT, "EventId": str(seconds), "StackName": "payflow-dev", "LogicalResourceId": "payflow-dev",
        "PhysicalResourceId": ROOT, "ResourceType": NESTED, "ResourceStatus": status,
        "Timestamp": BEGIN + timedelta(seconds=seconds),
    }  # fmt: skip


def queue(stub: Stubber, root: str, child: str, *, table: str = "CREATE_COMPLETE", **more: Any) -> None:
    """What AWS says of a root with one nested stack that holds a table."""
    stub.add_response("describe_stacks", described(ROOT, root, **more), {"StackName": "payflow-dev"})
    resources = [listed("Storage", CHILD, NESTED, child), listed("Old", "gone", "T", "DELETE_COMPLETE")]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": ROOT})
    own = [listed("Table", "t", "AWS::DynamoDB::Table", table, "no\x1b[2J room")]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": own}, {"StackName": CHILD})
    stub.add_response("describe_stacks", described(CHILD, child), {"StackName": CHILD})
    begun = root.split("_")[0] + "_IN_PROGRESS"
    events = [event(0, begun)] if root == begun else [event(90, root), event(0, begun)]
    stub.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": ROOT})


def test_a_set_in_order(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    outputs = [{"OutputKey": "TemplateVersion", "OutputValue": "1.0.0"}]
    queue(stub, "UPDATE_COMPLETE", "UPDATE_COMPLETE", Outputs=outputs, EnableTerminationProtection=True)
    found = read_status(client, stack_name="payflow-dev")
    assert found.health == "healthy"
    assert found.text.splitlines() == [
        "payflow-dev is UPDATE_COMPLETE: it is in order",
        "  last operation: UPDATE, 2026-11-25 10:00:00 UTC to 2026-11-25 10:01:30 UTC",
        "  template version: 1.0.0",
        "  termination protection: on",
        "  resources: 1 in 1 nested stacks, 0 failed",
        "  Storage is UPDATE_COMPLETE, changed 2026-11-25 10:00:00 UTC",
    ]


def test_an_operation_that_runs_is_told_with_its_beginning(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(stub, "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", table="UPDATE_IN_PROGRESS")
    found = read_status(client, stack_name="payflow-dev")
    assert found.health == "busy"
    assert "  running: UPDATE since 2026-11-25 10:00:00 UTC" in found.text.splitlines()


def test_a_failed_resource_is_named_with_its_reason_and_without_escapes(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(stub, "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", table="UPDATE_FAILED")
    found = read_status(client, stack_name="payflow-dev")
    assert found.health == "failed"
    assert "  what to do: `payflow recover` shows what it would do and does it" in found.text.splitlines()
    assert "  Storage/Table is UPDATE_FAILED: no [2J room" in found.text.splitlines()


def test_a_failed_nested_stack_makes_the_set_failed(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(stub, "UPDATE_COMPLETE", "UPDATE_ROLLBACK_FAILED")
    found = read_status(client, stack_name="payflow-dev")
    assert found.health == "failed"
    assert "only its root repairs it" in found.remedy
    assert "(the rollback of its update failed)" in found.text


def test_no_stack_is_a_status_of_its_own(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id payflow-dev does not exist")
    found = read_status(client, stack_name="payflow-dev")
    where = f"payflow-dev in {client.meta.region_name}"
    said = f"there is no stack {where}: check the environment and the region, or deploy it"
    assert (found.health, found.text) == ("missing", said)


def test_a_refused_call_is_not_a_missing_stack(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "AccessDenied", "not yours")
    with pytest.raises(DeployError, match="reading the status of payflow-dev failed: not yours"):
        read_status(client, stack_name="payflow-dev")


@pytest.mark.parametrize("status", sorted(set(STATES) - {"DOES_NOT_EXIST", "DELETE_COMPLETE"}))
def test_every_status_has_its_health_and_every_failed_one_a_remedy(stubbed: Stubbed, status: str) -> None:
    client, stub = stubbed("cloudformation")
    queue(stub, status, "CREATE_COMPLETE")
    found = read_status(client, stack_name="payflow-dev")
    busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
    usable = status in {
        "CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"
    }  # fmt: skip
    assert found.health == ("busy" if busy else "healthy" if usable else "failed")
    assert found.remedy or found.health == "healthy"
