"""Test destroy: protection and status, the list of retained resources, and the wait by stack id."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from one_template import deploy_template
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Destruction, destroy, find_stack
from payflow_cfn.errors import BusyError, DeployError

if TYPE_CHECKING:
    from deploy.conftest import FakeClock, Store, Stubbed
    from payflow_cfn.local.emulator.clients import LocalClients

NAME = "payflow-dev"
AT = "2026-11-25T10:00:00Z"
ID = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev/u"


def described(status: str, **more: Any) -> dict[str, Any]:
    return {
        "Stacks": [
            {"StackId": ID, "StackName": NAME, "StackStatus": status, "CreationTime": "2026-11-25T09:00:00Z", **more}
        ]
    }


def test_a_stack_that_is_not_there_is_destroyed_already(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist")
    assert destroy(client, stack_name=NAME).changed is False


def test_termination_protection_stops_it(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described("UPDATE_COMPLETE", EnableTerminationProtection=True))
    with pytest.raises(DeployError, match=r"termination protection.*--lift-protection"):
        destroy(client, stack_name=NAME)


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "IMPORT_ROLLBACK_FAILED", "NEW_FAILED"])
def test_a_stack_half_way_through_an_update_is_not_deleted(stubbed: Stubbed, status: str) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described(status))
    with pytest.raises(DeployError):
        destroy(client, stack_name=NAME)


def test_a_running_operation_is_not_disturbed(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described("UPDATE_IN_PROGRESS"))
    with pytest.raises(BusyError):
        destroy(client, stack_name=NAME)


def test_a_nested_stack_is_destroyed_only_through_its_root(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described("UPDATE_COMPLETE", ParentId="arn:root", RootId="arn:root"))
    with pytest.raises(DeployError, match="destroy its root"):
        destroy(client, stack_name=NAME)


def event(number: str, logical_id: str, status: str, reason: str = "") -> dict[str, Any]:
    itself = logical_id == NAME
    return {
        "StackId": ID, "StackName": NAME, "Timestamp": AT, "EventId": number, "LogicalResourceId": logical_id,
        "PhysicalResourceId": ID if itself else "b", "ResourceStatus": status, "ResourceStatusReason": reason,
        "ResourceType": "AWS::CloudFormation::Stack" if itself else "AWS::S3::Bucket",
    }  # fmt: skip


def test_a_deletion_that_fails_again_shows_what_stopped_it(stubbed: Stubbed, time_machine: FakeClock) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stacks", described("DELETE_FAILED"))
    for _ in range(2):
        stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": ID})
    stub.add_response("delete_stack", {}, {"StackName": ID, "RoleARN": "arn:role:for:deploys"})
    # The old failure shows for a moment longer, then the stack is being deleted, then it has failed again.
    stub.add_response("describe_stacks", described("DELETE_FAILED"), {"StackName": ID})
    stub.add_response("describe_stack_events", {"StackEvents": []})
    for status in ("DELETE_IN_PROGRESS", *["DELETE_FAILED"] * 6):
        stub.add_response("describe_stacks", described(status), {"StackName": ID})
    history = [event("2", "Bucket", "DELETE_FAILED", "The bucket is not empty"), event("1", NAME, "DELETE_IN_PROGRESS")]
    stub.add_response("describe_stack_events", {"StackEvents": history})
    stub.add_response("describe_stacks", described("DELETE_FAILED"), {"StackName": ID})
    stub.add_response("describe_stack_events", {"StackEvents": history})
    pace = time_machine.pace(events_every=100)
    with pytest.raises(DeployError, match="The bucket is not empty"):
        destroy(client, stack_name=NAME, role_arn="arn:role:for:deploys", pace=pace)


TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {
        "TableName": "t",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    },
}


@pytest.fixture
def deployed(clients: LocalClients, store: Store) -> LocalClients:
    """A root with a table that is kept, and a nested stack with one more (which the emulator deletes all the same)."""
    inner = json.loads(json.dumps(TABLE).replace('"t"', '"inner"'))
    child = {"Resources": {"Table": inner, "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "x"}}}}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": store.put("storage.json", child)}}
    deploy_template(
        clients("cloudformation"),
        stack_name=NAME,
        parameters={},
        root_template=json.dumps({"Resources": {"Storage": nested, "Table": TABLE}}),
        options=Options(termination_protection=True, protect_stateful=True),
    )
    return clients


@pytest.mark.local
def test_retained_resources_are_listed_with_the_import_that_restores_them(deployed: LocalClients) -> None:
    done = destroy(deployed("cloudformation"), stack_name=NAME, lift_protection=True)
    kept = {each.path: each.physical_id for each in done.retained}
    assert kept == {("Table",): "t", ("Storage", "Table"): "inner"}
    assert {each.path for each in done.deleted} == {("Storage",), ("Storage", "Topic")}
    assert "Storage/Table (AWS::DynamoDB::Table): inner; it has deletion protection" in done.text
    words = shlex.split(next(each for each in done.text.splitlines() if "--resources-to-import" in each))
    assert json.loads(words[1]) == [
        {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": name, "ResourceIdentifier": {"TableName": table}}
        for name, table in (("StorageTable", "inner"), ("Table", "t"))
    ]
    assert deployed("dynamodb").describe_table(TableName="t")["Table"]["TableName"] == "t"
    assert find_stack(deployed("cloudformation"), NAME) is None


@pytest.mark.local
def test_a_declined_destruction_leaves_the_protection_on(deployed: LocalClients) -> None:
    shown: list[Destruction] = []

    def decline(plan: Destruction) -> bool:
        shown.append(plan)
        return False

    done = destroy(deployed("cloudformation"), stack_name=NAME, lift_protection=True, confirm=decline)
    assert (done.changed, shown) == (False, [done])
    stack = find_stack(deployed("cloudformation"), NAME)
    assert stack is not None
    assert (stack.status, stack.protected) == ("CREATE_COMPLETE", True)


@pytest.mark.local
def test_a_protected_set_has_a_policy_on_every_stack(deployed: LocalClients) -> None:
    cloudformation = deployed("cloudformation")
    names = [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]]
    policies = [json.loads(cloudformation.get_stack_policy(StackName=each)["StackPolicyBody"]) for each in names]
    assert len(policies) == 2
    for policy in policies:
        denied = policy["Statement"][1]
        assert (denied["Effect"], denied["Action"]) == ("Deny", ["Update:Replace", "Update:Delete"])
        assert "AWS::DynamoDB::Table" in denied["Condition"]["StringEquals"]["ResourceType"]
