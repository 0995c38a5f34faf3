"""Test the diagnosis: the first cause in the deepest nested stack, during and after the operation, without noise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.deploy import diagnose, diagnose_change_set
from payflow_cfn.errors import DeployError

if TYPE_CHECKING:
    from botocore.stub import Stubber

    from deploy.conftest import Stubbed

BEGIN = datetime(2026, 11, 25, 10, tzinfo=UTC)
ARN = "arn:aws:cloudformation:eu-west-2:1:stack/{}/u"
ROOT, CHILD, GRANDCHILD = ARN.format("payflow-dev"), ARN.format("payflow-dev-Storage"), ARN.format("payflow-dev-Table")
NESTED = "AWS::CloudFormation::Stack"


def line(
    seconds: int, stack: str, logical_id: str, status: str, reason: str = "", *, physical: str = "", kind: str = "T"
) -> dict[str, Any]:
    itself = logical_id == "*"
    return {
        "StackId": stack, "EventId": f"{stack}{seconds}", "StackName": stack.split("/")[1],
        "Timestamp": BEGIN + timedelta(seconds=seconds),
        "LogicalResourceId": stack.split("/")[1] if itself else logical_id,
        "PhysicalResourceId": stack if itself else physical,
        "ResourceType": NESTED if itself else kind, "ResourceStatus": status, "ResourceStatusReason": reason,
    }  # fmt: skip


def queue(stub: Stubber, status: str, *lines: dict[str, Any]) -> None:
    stub.add_response(
        "describe_stacks",
        {"Stacks": [{"StackId": ROOT, "StackName": "payflow-dev", "StackStatus": status, "CreationTime": BEGIN}]},
    )
    events(stub, ROOT, *lines)


def events(stub: Stubber, stack: str, *lines: dict[str, Any]) -> None:
    stub.add_response("describe_stack_events", {"StackEvents": list(lines)[::-1]}, {"StackName": stack})


def findings(stub: Stubber, *found: dict[str, Any], **which: Any) -> None:
    which = which if "ChangeSetName" in which else {**which, "Filters": {"FailedEvents": True}}
    stub.add_response("describe_events", {"OperationEvents": list(found)}, which)


def test_the_cause_is_the_first_failure_of_the_deepest_stack(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(
        stub,
        "UPDATE_ROLLBACK_COMPLETE",
        line(-9, ROOT, "Old", "CREATE_FAILED", "of an earlier operation"),
        line(0, ROOT, "*", "UPDATE_IN_PROGRESS"),
        line(5, ROOT, "Alarms", "UPDATE_FAILED", "Resource update cancelled", physical=ARN.format("a"), kind=NESTED),
        line(
            6,
            ROOT,
            "Storage",
            "UPDATE_FAILED",
            "Embedded stack was not successfully updated",
            physical=CHILD,
            kind=NESTED,
        ),
        line(7, ROOT, "*", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Storage]."),
        line(9, ROOT, "*", "UPDATE_ROLLBACK_COMPLETE"),
    )
    findings(stub, StackName=CHILD)
    events(
        stub,
        CHILD,
        line(-5, CHILD, "Key", "CREATE_FAILED", "of an earlier operation"),
        line(1, CHILD, "*", "UPDATE_IN_PROGRESS"),
        line(2, CHILD, "Other", "CREATE_FAILED", "Resource creation cancelled"),
        line(
            3,
            CHILD,
            "Inner",
            "UPDATE_FAILED",
            "Embedded stack was not successfully updated",
            physical=GRANDCHILD,
            kind=NESTED,
        ),
    )
    findings(stub, StackName=GRANDCHILD)
    events(
        stub,
        GRANDCHILD,
        line(2, GRANDCHILD, "Table", "UPDATE_FAILED", "t already exists", physical="t", kind="AWS::DynamoDB::Table"),
        line(2, GRANDCHILD, "Late", "CREATE_FAILED", "because of the table"),
    )
    findings(stub, StackName=ROOT)
    found = diagnose(client, stack_name="payflow-dev")
    assert found.cause is not None
    assert (found.cause.path, found.cause.reason) == (("Storage", "Inner", "Table"), "t already exists")
    assert found.others == ()
    assert found.text == (
        "payflow-dev is UPDATE_ROLLBACK_COMPLETE\n"
        "first cause: Storage/Inner/Table (AWS::DynamoDB::Table): t already exists\n"
        f"  what to do: {found.cause.hint}"
    )


def test_the_cause_of_a_failed_rollback_is_shown_beside_the_first_cause(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(
        stub,
        "UPDATE_ROLLBACK_FAILED",
        line(0, ROOT, "*", "UPDATE_IN_PROGRESS"),
        line(1, ROOT, "A", "UPDATE_FAILED", "first"),
        line(2, ROOT, "*", "UPDATE_ROLLBACK_IN_PROGRESS", "r"),
        line(3, ROOT, "B", "UPDATE_FAILED", "second"),
        line(4, ROOT, "*", "UPDATE_ROLLBACK_FAILED", "x"),
    )
    findings(stub, StackName=ROOT)
    found = diagnose(client, stack_name="payflow-dev")
    assert [each and each.text for each in (found.cause, found.rollback_cause)] == ["A (T): first", "B (T): second"]
    assert found.text.endswith("the rollback failed: B (T): second")


def test_a_rollback_that_begins_in_the_moment_of_the_failure_has_a_reason_of_its_own(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    nested = {"physical": CHILD, "kind": NESTED}
    queue(
        stub,
        "UPDATE_ROLLBACK_FAILED",
        line(0, ROOT, "*", "UPDATE_IN_PROGRESS"),
        line(1, ROOT, "Storage", "UPDATE_FAILED", "see below", **nested),
        line(1, ROOT, "*", "UPDATE_ROLLBACK_IN_PROGRESS", "r"),
        line(2, ROOT, "Storage", "UPDATE_FAILED", "see below", **nested),
        line(2, ROOT, "*", "UPDATE_ROLLBACK_FAILED", "x"),
    )
    inner = [line(1, CHILD, "A", "UPDATE_FAILED", "first"), line(2, CHILD, "B", "UPDATE_FAILED", "second")]
    findings(stub, StackName=CHILD)
    events(stub, CHILD, *inner)
    findings(stub, StackName=ROOT)
    findings(stub, StackName=CHILD)
    events(stub, CHILD, *inner)
    found = diagnose(client, stack_name="payflow-dev")
    assert [each and each.reason for each in (found.cause, found.rollback_cause)] == ["first", "second"]


def test_two_real_failures_are_both_shown(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(
        stub,
        "ROLLBACK_COMPLETE",
        line(0, ROOT, "*", "CREATE_IN_PROGRESS"),
        line(1, ROOT, "A", "CREATE_FAILED", "a"),
        line(1, ROOT, "B", "CREATE_FAILED", "b"),
        line(2, ROOT, "*", "ROLLBACK_IN_PROGRESS"),
    )
    findings(stub, StackName=ROOT)
    found = diagnose(client, stack_name="payflow-dev")
    assert [each.reason for each in found.others] == ["b"]


def test_a_rollback_without_a_failed_resource_is_explained_by_the_stack(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(
        stub,
        "UPDATE_ROLLBACK_COMPLETE",
        line(0, ROOT, "*", "UPDATE_IN_PROGRESS", "User Initiated"),
        line(2, ROOT, "*", "UPDATE_ROLLBACK_IN_PROGRESS", "The alarm arn:x is in ALARM"),
    )
    findings(stub, StackName=ROOT)
    found = diagnose(client, stack_name="payflow-dev")
    assert found.cause is not None
    assert found.cause.text == f"the stack itself ({NESTED}): The alarm arn:x is in ALARM"
    assert "look at that alarm" in found.cause.hint


def test_an_operation_that_went_well_has_no_cause(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(stub, "UPDATE_COMPLETE", line(0, ROOT, "*", "UPDATE_IN_PROGRESS"), line(2, ROOT, "*", "UPDATE_COMPLETE"))
    assert "no failure on record" in diagnose(client, stack_name="payflow-dev").text


def test_a_terminal_never_sees_what_a_reason_would_make_it_do(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(
        stub,
        "ROLLBACK_COMPLETE",
        line(0, ROOT, "*", "CREATE_IN_PROGRESS"),
        line(1, ROOT, "A", "CREATE_FAILED", "bad \x1b]0;title\x07\x1b[2J\nnews\u202e " + "x" * 9000),
    )
    findings(stub, StackName=ROOT)
    text = diagnose(client, stack_name="payflow-dev").text
    assert all(each.isprintable() for each in text.replace("\n", ""))
    assert len(text) < 2500


def test_a_missing_stack_is_an_error(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id payflow-dev does not exist")
    with pytest.raises(DeployError, match=rf"there is no stack payflow-dev in {client.meta.region_name}: check"):
        diagnose(client, stack_name="payflow-dev")


def nested_change(logical_id: str, change_set: str) -> dict[str, Any]:
    change = {"Action": "Modify", "LogicalResourceId": logical_id, "ResourceType": NESTED, "ChangeSetId": change_set}
    return {"Type": "Resource", "ResourceChange": change}


def test_a_failed_change_set_is_followed_to_any_depth(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    sets = [f"arn:aws:cloudformation:eu-west-2:1:changeSet/c{each}/u" for each in range(3)]
    reasons = ["Nested change set was not successfully created", "The same", "Access Denied"]
    for place, (arn, reason) in enumerate(zip(sets, reasons, strict=True)):
        below = [nested_change(f"Level{place + 1}", sets[place + 1])] if place < 2 else []
        stub.add_response(
            "describe_change_set",
            {
                "ChangeSetId": arn,
                "StackId": ROOT,
                "StackName": "payflow-dev",
                "Status": "FAILED",
                "StatusReason": reason,
                "Changes": below,
            },
        )
        findings(stub, ChangeSetName=arn, StackName=ROOT)
    found = diagnose_change_set(client, sets[0])
    assert found.cause is not None
    assert (found.cause.path, found.cause.reason) == (("Level1", "Level2"), "Access Denied")
    assert "lacks a permission" in found.cause.hint


def by_id(stub: Stubber, stack: str, status: str, *operations: tuple[str, str]) -> None:
    last = [{"OperationType": kind, "OperationId": each} for kind, each in operations]
    facts = {"StackId": stack, "StackName": stack.split("/")[1], "StackStatus": status, "CreationTime": BEGIN}
    stub.add_response("describe_stacks", {"Stacks": [{**facts, "LastOperations": last}]})


def test_an_operation_is_addressed_by_its_id_in_every_stack(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    nested = {"physical": CHILD, "kind": NESTED}
    by_id(stub, ROOT, "UPDATE_ROLLBACK_COMPLETE", ("CREATE_CHANGESET", "c"), ("ROLLBACK", "r"), ("UPDATE_STACK", "u"))
    lines = [
        {**line(0, ROOT, "Old", "UPDATE_FAILED", "of an earlier operation"), "OperationId": "old"},
        {**line(0, ROOT, "*", "UPDATE_IN_PROGRESS"), "OperationId": "u"},
        {**line(1, ROOT, "Storage", "UPDATE_FAILED", "see below", **nested), "OperationId": "u"},
        {**line(2, ROOT, "*", "UPDATE_ROLLBACK_IN_PROGRESS", "r"), "OperationId": "r"},
    ]
    events(stub, ROOT, *lines)
    by_id(stub, CHILD, "UPDATE_ROLLBACK_COMPLETE", ("UPDATE_STACK", "below"))
    invalid = {
        "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table",
        "ValidationName": "PROPERTY_VALIDATION", "ValidationFailureMode": "FAIL", "ValidationStatus": "FAILED",
        "ValidationStatusReason": "unknown key", "ValidationPath": "/Resources/Table/Properties/Colour",
    }  # fmt: skip
    findings(stub, invalid, OperationId="below")
    own = "Validation failed with 1 error(s). Call DescribeEvents"
    events(
        stub,
        CHILD,
        {**line(0, CHILD, "Same", "UPDATE_FAILED", "in the same second, earlier"), "OperationId": "before"},
        {**line(0, CHILD, "*", "UPDATE_FAILED", own), "OperationId": "below"},
    )
    events(stub, CHILD)  # by time, where the operation has no failed resource
    findings(stub, OperationId="r")
    findings(stub, OperationId="u")
    found = diagnose(client, stack_name="payflow-dev")
    assert [each.text for each in found.failures] == [
        "Storage/Table/Properties/Colour (AWS::DynamoDB::Table): unknown key [PROPERTY_VALIDATION]"
    ]


def test_a_rollback_that_was_continued_keeps_the_first_cause(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    by_id(stub, ROOT, "UPDATE_ROLLBACK_COMPLETE", ("CONTINUE_ROLLBACK", "c"))
    lines = [
        {**line(0, ROOT, "*", "UPDATE_IN_PROGRESS"), "OperationId": "u"},
        {**line(1, ROOT, "A", "UPDATE_FAILED", "first"), "OperationId": "u"},
        {**line(2, ROOT, "*", "UPDATE_ROLLBACK_IN_PROGRESS"), "OperationId": "c"},
    ]
    events(stub, ROOT, *lines)
    events(stub, ROOT, *lines)
    findings(stub, OperationId="c")
    found = diagnose(client, stack_name="payflow-dev")
    assert [each.text for each in found.failures] == ["A (T): first"]


def test_a_hook_that_stopped_an_operation_shows_what_it_recommends(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    invoked = {"HookType": "Acme::Hook", "HookInvocationId": "0e1b8f2c-1111-4222-8333-444455556666"}
    queue(
        stub,
        "UPDATE_ROLLBACK_COMPLETE",
        line(0, ROOT, "*", "UPDATE_IN_PROGRESS"),
        {**line(1, ROOT, "A", "UPDATE_IN_PROGRESS", "no"), **invoked, "HookStatus": "HOOK_COMPLETE_FAILED"},
        line(2, ROOT, "A", "UPDATE_FAILED", "The following hook(s) failed: [Acme::Hook]"),
    )
    hook = {
        "EventType": "HOOK_INVOCATION_ERROR", "LogicalResourceId": "A", "ResourceType": "T", "HookType": "Acme::Hook",
        "HookStatus": "HOOK_COMPLETE_FAILED", "HookStatusReason": "1 rule failed", "HookFailureMode": "FAIL",
    }  # fmt: skip
    findings(stub, hook, StackName=ROOT)
    annotation = {"AnnotationName": "R1", "Status": "FAILED", "StatusMessage": "open", "RemediationLink": "https://x"}
    stub.add_response("get_hook_result", {"Annotations": [annotation]}, {"HookResultId": invoked["HookInvocationId"]})
    found = diagnose(client, stack_name="payflow-dev")
    assert found.text.splitlines()[1:] == [
        "first cause: A (T): 1 rule failed [Acme::Hook]",
        "  R1 FAILED: open, https://x",
    ]


def test_a_denied_describe_events_is_the_last_line_and_hides_nothing(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    queue(stub, "ROLLBACK_COMPLETE", line(0, ROOT, "*", "CREATE_IN_PROGRESS"), line(1, ROOT, "A", "CREATE_FAILED", "a"))
    stub.add_client_error("describe_events", "AccessDenied", "not allowed")
    assert diagnose(client, stack_name="payflow-dev").text.splitlines() == [
        "payflow-dev is ROLLBACK_COMPLETE",
        "first cause: A (T): a",
        "note: CloudFormation's findings could not be read (cloudformation:DescribeEvents): not allowed",
    ]
