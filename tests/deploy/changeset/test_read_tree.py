"""Reasons and warnings of a change set are found in it and in every nested one, and nothing hides a reason."""

from __future__ import annotations

from typing import Any

import pytest

from fake_cloudformation import NAME, FakeCloudFormation, change, nested, refused
from payflow_cfn.deploy.changeset.change_set import read_change_set
from payflow_cfn.deploy.changeset.read_tree import change_set_findings, read_proposal
from payflow_cfn.deploy.cloudformation.changes import ProposedChange
from payflow_cfn.deploy.cloudformation.findings import Findings

TABLE = "AWS::DynamoDB::Table"
POINTER = "The following hook(s)/validation failed: [AWS::EarlyValidation]. Use the DescribeEvents API"


def finding(reason: str, mode: str = "FAIL") -> dict[str, Any]:
    return {
        "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Table", "ResourceType": TABLE,
        "OperationStatus": "FAILED" if mode == "FAIL" else "SUCCEEDED", "ValidationFailureMode": mode,
        "ValidationName": "V", "ValidationStatusReason": reason, "ValidationPath": "/Resources/Table/Properties/A",
    }  # fmt: skip


def made(cloud: FakeCloudFormation) -> str:
    return str(cloud.create_change_set(StackName=NAME, ChangeSetName="payflow-1")["Id"])


def findings(cloud: FakeCloudFormation) -> Findings:
    return change_set_findings(cloud.client, read_change_set(cloud.client, made(cloud)))


def texts(found: Findings) -> list[str]:
    return [each.text for each in found.failures]


def test_every_nested_change_set_is_asked_at_any_depth() -> None:
    failed = {"Status": "FAILED", "StatusReason": POINTER}
    deep = nested("Deep", change("Table", TABLE, "Add"), **failed)
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("A", deep, **failed), nested("B", **failed), **failed)
    cloud.findings = {
        f"{NAME}-A-Deep": [finding("one"), finding("two")],
        f"{NAME}-B": [finding("three")],
    }
    found = findings(cloud)
    assert texts(found) == [
        f"A/Deep/Table/Properties/A ({TABLE}): one [V]",
        f"A/Deep/Table/Properties/A ({TABLE}): two [V]",
        f"B/Table/Properties/A ({TABLE}): three [V]",
    ]
    assert found.notes == (
        f"the change set in A/Deep gives the reason: {POINTER}",
        f"the change set in B gives the reason: {POINTER}",
    )


def test_a_nested_change_set_that_only_the_reason_names_is_followed_by_its_stacks_name() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", Status="FAILED")
    root = made(cloud)
    cloud.put(f"{NAME}-Storage-1ABC", "UPDATE_COMPLETE")
    cloud.next_changes, cloud.outcome = [], {"Status": "FAILED", "StatusReason": POINTER}
    below = cloud.create_change_set(StackName=f"{NAME}-Storage-1ABC", ChangeSetName="nested")["Id"]
    cloud.change_sets[root]["StatusReason"] = f"Nested change set {below} was not successfully created"
    cloud.findings = {f"{NAME}-Storage-1ABC": [finding("one")]}
    found = change_set_findings(cloud.client, read_change_set(cloud.client, root))
    assert texts(found) == [f"Storage/Table/Properties/A ({TABLE}): one [V]"]


def test_where_describe_events_is_refused_every_reason_is_still_shown() -> None:
    failed = {"Status": "FAILED", "StatusReason": POINTER}
    child = nested("A", Status="FAILED", StatusReason="Template error: no such thing")
    cloud = FakeCloudFormation("UPDATE_COMPLETE", child, nested("B", **failed), **failed)
    cloud.fail["describe_events"] = [refused("AccessDenied", "no")]
    found = findings(cloud)
    assert texts(found) == ["A: Template error: no such thing", f"B: {POINTER}"]
    assert len(found.notes) == 1
    assert "cloudformation:DescribeEvents" in found.notes[0]
    assert cloud.asked.count("describe_events") == 1


def test_a_nested_change_set_that_cannot_be_read_is_noted_and_its_parents_reason_stands() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("A"), Status="FAILED", StatusReason="the parent's")
    root = read_change_set(cloud.client, made(cloud))
    cloud.fail["describe_change_set"] = [refused("AccessDenied", "no")]
    found = change_set_findings(cloud.client, root)
    assert texts(found) == ["the stack itself: the parent's"]
    assert found.notes[0].endswith("could not be read: no")


def test_a_change_set_that_was_made_keeps_its_warnings_and_those_of_the_nested_ones() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("A"), StatusReason="[WARN] incomplete data")
    cloud.findings = {f"{NAME}-A": [finding("not empty", "WARN")]}
    root = read_change_set(cloud.client, made(cloud))
    found = read_proposal(cloud.client, root, kind="UPDATE")
    assert [each.text for each in found.warnings] == [
        "the stack itself: [WARN] incomplete data",
        f"A/Table/Properties/A ({TABLE}): not empty [V]",
    ]


def test_a_plan_without_the_permission_has_a_note_and_its_changes() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("A", change("Table", TABLE)))
    cloud.fail["describe_events"] = [refused("AccessDenied", "no")]
    found = read_proposal(cloud.client, read_change_set(cloud.client, made(cloud)), kind="UPDATE")
    assert ([each.path for each in found.changes], len(found.notes)) == ([("A",), ("A", "Table")], 1)


def test_a_hook_of_a_nested_change_set_shows_its_annotations() -> None:
    failed = {"Status": "FAILED", "StatusReason": POINTER}
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("A", **failed), **failed)
    cloud.findings = {
        f"{NAME}-A": [
            {"EventType": "HOOK_INVOCATION_ERROR", "LogicalResourceId": "Table", "HookType": "Acme::Hook",
             "HookStatus": "HOOK_FAILED", "HookStatusReason": "no", "HookFailureMode": "FAIL"}
        ]
    }  # fmt: skip
    annotation = {
        "AnnotationName": "R1",
        "Status": "FAILED",
        "StatusMessage": "open",
        "RemediationLink": "https://x.example",
    }
    cloud.hook_results = {
        "r-1": {"of": f"{NAME}-A", "HookResultId": "r-1", "TypeName": "Acme::Hook", "Annotations": [annotation]}
    }
    (found,) = findings(cloud).failures
    assert found.guidance == ("R1 FAILED: open, https://x.example",)


def proposed(*changes: dict[str, Any]) -> dict[str, ProposedChange]:
    """The changes by path of a change set with one nested stack."""
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("A", *changes))
    found = read_proposal(cloud.client, read_change_set(cloud.client, made(cloud)), kind="UPDATE")
    return {"/".join(each.path): each for each in found.changes}


def test_a_change_that_only_one_reading_lists_is_found() -> None:
    """AWS's reading with property values leaves out what reads an attribute that follows a changed property."""
    valued, bare = (change(name, TABLE, with_values=name == "Valued") for name in ("Valued", "Bare"))
    assert sorted(proposed(valued, bare)) == ["A", "A/Bare", "A/Valued"]


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [("False", "True", "True"), ("Conditional", "False", "Conditional"), ("True", "", "True"), ("False", "New", "New")],
)
def test_the_readings_are_joined_by_the_worse_answer(one: str, other: str, wanted: str) -> None:
    both = (change("T", TABLE, Replacement=each, with_values=each == one) for each in (one, other))
    assert proposed(*both)["A/T"].replacement == wanted


def test_a_property_that_only_one_reading_lists_is_found_and_one_of_both_is_listed_once() -> None:
    def reading(with_values: bool, *targets: dict[str, str]) -> dict[str, Any]:
        return change("T", TABLE, with_values=with_values, Details=[{"Target": each} for each in targets])

    path = {"Attribute": "Properties", "Name": "Tags", "Path": "/Properties/Tags/0/Value", "AfterValue": "x"}
    tags, other = ({"Attribute": "Properties", "Name": name} for name in ("Tags", "Other"))
    found = proposed(reading(True, path), reading(False, tags, other))["A/T"]
    assert [each.path for each in found.properties] == ["/Properties/Tags/0/Value", "Properties/Other"]
