"""Test recover: it shows what it would do, does exactly that, and never deletes a used stack."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.deploy import plan_recovery, recover
from payflow_cfn.errors import BusyError, DeployError, PayflowError

if TYPE_CHECKING:
    from botocore.stub import Stubber

    from deploy.conftest import FakeClock, Stubbed

NAME = "payflow-dev"
ID = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev/u"
CHILD = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev-Storage-1X/u"
MODEL: Any = Session().get_service_model("cloudformation")
STATUSES: tuple[str, ...] = tuple(MODEL.shape_for("StackStatus").enum)


def stack(stub: Stubber, status: str) -> None:
    found = {"StackId": ID, "StackName": NAME, "StackStatus": status, "CreationTime": "2026-11-25T09:00:00Z"}
    stub.add_response("describe_stacks", {"Stacks": [found]})


def resources(stub: Stubber, of: str, *rows: tuple[str, str, str, str]) -> None:
    listed = [
        {
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": f"AWS::{kind}",
            "ResourceStatus": status,
            "LastUpdatedTimestamp": "2026-11-25T09:00:00Z",
            "ResourceStatusReason": "why",
        }
        for logical, physical, kind, status in rows
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": listed}, {"StackName": of})


def events(stub: Stubber) -> None:
    stub.add_response("describe_stack_events", {"StackEvents": []})


def wedged(stub: Stubber) -> None:
    stack(stub, "UPDATE_ROLLBACK_FAILED")
    explained(stub, "UPDATE_ROLLBACK_FAILED")
    resources(
        stub,
        ID,
        ("Alarm", "a", "CloudWatch::Alarm", "UPDATE_FAILED"),
        ("Storage", CHILD, "CloudFormation::Stack", "UPDATE_FAILED"),
        ("Topic", "t", "SNS::Topic", "UPDATE_COMPLETE"),
    )
    resources(stub, CHILD, ("Table", "t", "DynamoDB::Table", "UPDATE_FAILED"))


def explained(stub: Stubber, status: str) -> None:
    stack(stub, status)
    events(stub)


def test_a_stuck_rollback_is_described_before_anything_is_done(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    wedged(stub)
    plan = plan_recovery(client, stack_name=NAME, skip=["Alarm", "Storage/Table"])
    assert (plan.action, plan.skip) == ("continue-rollback", ("Alarm", "payflow-dev-Storage-1X.Table"))
    assert "stuck: Alarm: why; Storage/Table: why" in plan.text
    assert "counts them as rolled back although they are not" in plan.text


def test_only_what_is_stuck_can_be_skipped(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    wedged(stub)
    with pytest.raises(DeployError, match=r"Topic is not stuck.*Alarm, Storage/Table"):
        plan_recovery(client, stack_name=NAME, skip=["Topic"])


def test_the_rollback_is_continued_with_what_is_skipped(stubbed: Stubbed, time_machine: FakeClock) -> None:
    client, stub = stubbed("cloudformation")
    wedged(stub)
    plan = plan_recovery(client, stack_name=NAME, skip=["Storage/Table"])
    stub.add_response(
        "continue_update_rollback", {}, {"StackName": ID, "ResourcesToSkip": ["payflow-dev-Storage-1X.Table"]}
    )
    stack(stub, "UPDATE_ROLLBACK_FAILED")
    events(stub)
    stack(stub, "UPDATE_ROLLBACK_IN_PROGRESS")
    stack(stub, "UPDATE_ROLLBACK_COMPLETE")
    events(stub)
    done = recover(client, plan, pace=time_machine.pace())
    assert done is not None
    assert done.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_that_fails_again_is_an_error(stubbed: Stubbed, time_machine: FakeClock) -> None:
    client, stub = stubbed("cloudformation")
    wedged(stub)
    plan = plan_recovery(client, stack_name=NAME)
    stub.add_response("continue_update_rollback", {}, {"StackName": ID})
    stack(stub, "UPDATE_ROLLBACK_IN_PROGRESS")
    events(stub)
    stack(stub, "UPDATE_ROLLBACK_FAILED")
    events(stub)
    explained(stub, "UPDATE_ROLLBACK_FAILED")
    with pytest.raises(DeployError, match=r"still in UPDATE_ROLLBACK_FAILED.*--skip"):
        recover(client, plan, pace=time_machine.pace())


def test_an_update_that_was_not_rolled_back_is_rolled_back(stubbed: Stubbed, time_machine: FakeClock) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub, "UPDATE_FAILED")
    explained(stub, "UPDATE_FAILED")
    resources(stub, ID)
    plan = plan_recovery(client, stack_name=NAME)
    stub.add_response("rollback_stack", {}, {"StackName": ID})
    stack(stub, "UPDATE_ROLLBACK_COMPLETE")
    events(stub)
    done = recover(client, plan, pace=time_machine.pace())
    assert done is not None
    assert (plan.action, done.status) == ("roll-back", "UPDATE_ROLLBACK_COMPLETE")


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_stack_that_was_never_deployed_is_deleted_only_on_request(
    stubbed: Stubbed, time_machine: FakeClock, status: str
) -> None:
    client, stub = stubbed("cloudformation")
    for _ in range(2):
        stack(stub, status)
        resources(stub, ID)
        explained(stub, status)
    with pytest.raises(DeployError, match="recover --remove"):
        plan_recovery(client, stack_name=NAME)
    plan = plan_recovery(client, stack_name=NAME, remove=True)
    stub.add_response("delete_stack", {}, {"StackName": ID})
    stack(stub, "DELETE_COMPLETE")
    events(stub)
    assert recover(client, plan, pace=time_machine.pace()) is None


def test_a_previewed_stack_that_has_resources_is_never_deleted(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub, "REVIEW_IN_PROGRESS")
    resources(stub, ID, ("Table", "t", "DynamoDB::Table", "CREATE_COMPLETE"))
    with pytest.raises(DeployError, match="yet it has resources"):
        plan_recovery(client, stack_name=NAME, remove=True)


def test_a_stack_in_order_needs_nothing(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub, "UPDATE_COMPLETE")
    plan = plan_recovery(client, stack_name=NAME)
    assert (plan.action, recover(client, plan)) == ("nothing", plan.stack)


def test_a_running_operation_is_not_disturbed(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub, "UPDATE_ROLLBACK_IN_PROGRESS")
    with pytest.raises(BusyError):
        plan_recovery(client, stack_name=NAME)


@pytest.mark.parametrize("status", STATUSES)
def test_after_an_update_or_import_nothing_is_deleted_even_if_allowed(status: str) -> None:
    cloud = FakeCloudFormation(status)
    with contextlib.suppress(PayflowError):
        recover(cloud.client, plan_recovery(cloud.client, stack_name=NAME, remove=True))
    deletable = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
    assert ("delete_stack" in cloud.written) == (status in deletable)
