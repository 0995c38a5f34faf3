"""Findings of DescribeEvents: failures and warnings with their place, and a refusal that is only a note."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.conftest import Stubbed
from payflow_cfn.deploy.cloudformation.findings import FindingReader, Findings, findings_of
from payflow_cfn.deploy.cloudformation.hooks import HookReader

AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
STACK = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev-Storage/u"
SET = "arn:aws:cloudformation:eu-west-2:1:changeSet/c/u"
RESULT = "0e1b8f2c-1111-4222-8333-444455556666"


def validation(seconds: int, reason: str, **more: Any) -> dict[str, Any]:
    """A failed validation as CloudFormation's user guide shows it."""
    return {
        "EventId": f"e{seconds}", "StackId": STACK, "OperationId": "o-1", "OperationType": "CREATE_CHANGESET",
        "OperationStatus": "FAILED", "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Table",
        "PhysicalResourceId": "", "ResourceType": "AWS::DynamoDB::Table", "Timestamp": AT + timedelta(seconds=seconds),
        "ValidationFailureMode": "FAIL", "ValidationName": "PROPERTY_VALIDATION", "ValidationStatus": "FAILED",
        "ValidationStatusReason": reason, "ValidationPath": "/Resources/Table/Properties/KeySchema/0", **more,
    }  # fmt: skip


def test_all_findings_of_a_resource_are_kept_the_oldest_first_with_their_place() -> None:
    found = findings_of([validation(2, "second"), validation(1, "first")], path=("Storage",))
    assert [each.text for each in found.failures] == [
        "Storage/Table/Properties/KeySchema/0 (AWS::DynamoDB::Table): first [PROPERTY_VALIDATION]",
        "Storage/Table/Properties/KeySchema/0 (AWS::DynamoDB::Table): second [PROPERTY_VALIDATION]",
    ]


def test_a_warning_is_no_failure_and_what_was_skipped_is_neither() -> None:
    warned = validation(1, "not empty", ValidationFailureMode="WARN", OperationStatus="SUCCEEDED")
    skipped = validation(2, "not looked at", ValidationStatus="SKIPPED")
    progress = {"EventType": "PROGRESS_EVENT", "ResourceStatus": "CREATE_FAILED", "LogicalResourceId": "Table"}
    found = findings_of([warned, skipped, progress], path=())
    assert (found.failures, [each.reason for each in found.warnings]) == ((), ["not empty"])


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ({"ValidationPath": "/Resources/Table"}, "Storage/Table"),
        ({"ValidationPath": ""}, "Storage/Table"),
        ({"ValidationPath": "Properties/TableName"}, "Storage/Table/Properties/TableName"),
        ({"LogicalResourceId": "", "ValidationPath": "/Resources/Table"}, "Storage/Table"),
        ({"LogicalResourceId": "payflow-dev-Storage", "PhysicalResourceId": STACK, "ValidationPath": ""}, "Storage"),
    ],
)
def test_the_place_is_the_stacks_the_resources_and_the_propertys(event: dict[str, str], where: str) -> None:
    (found,) = findings_of([validation(0, "r", **event)], path=("Storage",)).failures
    assert found.text == f"{where} (AWS::DynamoDB::Table): r [PROPERTY_VALIDATION]"


def test_control_characters_of_a_reason_reach_no_terminal() -> None:
    (found,) = findings_of([validation(0, "bad \x1b[2J\nnews")], path=()).failures
    assert found.reason == "bad [2J news"


def test_an_existing_name_has_a_remedy() -> None:
    reason = "Resource of type 'AWS::DynamoDB::Table' with identifier 't' already exists."
    (found,) = findings_of([validation(0, reason, ValidationName="NAME_CONFLICT_VALIDATION")], path=()).failures
    assert "import it" in found.hint


def test_a_refusal_is_noted_once_and_asked_for_once(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error(
        "describe_events", "AccessDenied", "no", expected_params={"ChangeSetName": SET, "StackName": STACK}
    )
    reader = FindingReader(client)
    assert reader.of_change_set(SET, STACK, path=()).notes == (
        "CloudFormation's findings could not be read (cloudformation:DescribeEvents): no",
    )
    assert reader.of_change_set(SET, STACK, path=()) == Findings()


def test_an_operation_is_read_by_its_id(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    old = validation(-9, "found in this operation, whatever the time")
    failed = {"Filters": {"FailedEvents": True}}
    stub.add_response("describe_events", {"OperationEvents": [old]}, {"OperationId": "o-1", **failed})
    found = FindingReader(client).of_operation(STACK, ("o-1",), path=("Storage",), since=AT)
    assert [each.reason for each in found.failures] == ["found in this operation, whatever the time"]


def test_without_an_id_or_where_that_is_refused_the_time_decides(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    events = {"OperationEvents": [validation(-9, "of an earlier operation"), validation(1, "of this one")]}
    failed = {"Filters": {"FailedEvents": True}}
    stub.add_response("describe_events", events, {"StackName": STACK, **failed})
    stub.add_client_error("describe_events", "ValidationError", "no such operation")
    stub.add_response("describe_events", events, {"StackName": STACK, **failed})
    for operations in ((), ("o-1",)):
        found = FindingReader(client).of_operation(STACK, operations, path=(), since=AT)
        assert ([each.reason for each in found.failures], found.notes) == (["of this one"], ())


HOOK = {
    "EventType": "HOOK_INVOCATION_ERROR", "LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table",
    "HookType": "Acme::Encryption::Hook", "HookStatus": "HOOK_COMPLETE_FAILED", "HookFailureMode": "FAIL",
    "HookStatusReason": "1 rule failed", "Timestamp": AT,
}  # fmt: skip
ANNOTATIONS = {
    "HookResultId": RESULT,
    "Annotations": [
        {"AnnotationName": "CT.DYNAMODB.PR.1", "Status": "FAILED", "SeverityLevel": "HIGH",
         "StatusMessage": "The table has no customer key.", "RemediationMessage": "Set SSESpecification",
         "RemediationLink": "https://acme.example/ct1"},
        {"AnnotationName": "CT.DYNAMODB.PR.2", "Status": "PASSED", "StatusMessage": "backups are on"},
    ],
}  # fmt: skip


def test_a_hook_shows_its_annotations_that_did_not_pass(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    results = [
        {"HookResultId": RESULT, "TypeName": "Acme::Encryption::Hook", "Status": "HOOK_COMPLETE_FAILED"},
        {"HookResultId": RESULT[::-1], "TypeName": "Acme::Other::Hook", "Status": "HOOK_COMPLETE_FAILED"},
    ]
    stub.add_response("list_hook_results", {"HookResults": results}, {"TargetType": "CHANGE_SET", "TargetId": SET})
    stub.add_response("get_hook_result", ANNOTATIONS, {"HookResultId": RESULT})
    guided = HookReader(client).guided(findings_of([HOOK], path=()), SET)
    (found,) = guided.failures
    assert guided.notes == ()
    assert (found.text, found.lines) == (
        "Table (AWS::DynamoDB::Table): 1 rule failed [Acme::Encryption::Hook]",
        (
            "CT.DYNAMODB.PR.1 FAILED (HIGH): The table has no customer key. Set SSESpecification, https://acme.example/ct1",
        ),
    )


def test_denied_annotations_are_a_note(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("list_hook_results", "AccessDenied", "no")
    found = HookReader(client).guided(findings_of([HOOK], path=()), SET)
    assert (len(found.failures), found.notes) == (1, ("the annotations of hooks could not be read: no",))


def test_findings_without_a_hook_ask_for_no_annotations(stubbed: Stubbed) -> None:
    client, _ = stubbed("cloudformation")
    found = findings_of([validation(0, "r")], path=())
    assert HookReader(client).guided(found, SET) == found
