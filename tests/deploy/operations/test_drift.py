"""Test drift detection: root and children in one list, with false differences explained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from one_template import deploy_template
from payflow_cfn.deploy import detect_drift
from payflow_cfn.errors import DeployError

if TYPE_CHECKING:
    from deploy.conftest import FakeClock, Store, Stubbed
    from payflow_cfn.local.emulator.clients import LocalClients

NAME = "payflow-dev"
ID = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev/u"
CHILD = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev-Storage/u"
AT = "2026-11-25T09:00:00Z"


def drifted(logical_id: str, kind: str, *differences: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "StackId": ID,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": "p",
        "ResourceType": kind,
        "Timestamp": AT,
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [
            {"PropertyPath": path, "ExpectedValue": expected, "ActualValue": actual, "DifferenceType": "NOT_EQUAL"}
            for path, expected, actual in differences
        ],
    }


def test_every_stack_is_looked_at_and_false_alarms_are_explained(stubbed: Stubbed, time_machine: FakeClock) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response(
        "describe_stacks",
        {"Stacks": [{"StackId": ID, "StackName": NAME, "StackStatus": "CREATE_COMPLETE", "CreationTime": AT}]},
    )
    nested = {"LogicalResourceId": "Storage", "PhysicalResourceId": CHILD, "ResourceType": "AWS::CloudFormation::Stack",
              "ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": AT}  # fmt: skip
    stub.add_response("list_stack_resources", {"StackResourceSummaries": [nested]}, {"StackName": ID})
    stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": CHILD})
    for each, stack in (("root", ID), ("child", CHILD)):
        stub.add_response("detect_stack_drift", {"StackDriftDetectionId": each}, {"StackName": stack})
    status = {"StackId": ID, "StackDriftDetectionId": "root", "Timestamp": AT}
    stub.add_response("describe_stack_drift_detection_status", {**status, "DetectionStatus": "DETECTION_IN_PROGRESS"})
    stub.add_response("describe_stack_drift_detection_status", {**status, "DetectionStatus": "DETECTION_COMPLETE"})
    stub.add_response("describe_stack_resource_drifts", {"StackResourceDrifts": []})
    failed = {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "no access to a queue"}
    stub.add_response("describe_stack_drift_detection_status", {**status, **failed})
    machine = drifted("Machine", "AWS::StepFunctions::StateMachine", ("/DefinitionString", "${A}", "x"))
    key = drifted("Key", "AWS::KMS::Key", ("/KeyPolicy", '{"a":1,"b":["x"]}', '{"b":"x","a":1}'))
    alarm = drifted("Alarm", "AWS::CloudWatch::Alarm", ("/Threshold", "5", "50"), ("/Period", "300", '"300"'))
    stub.add_response("describe_stack_resource_drifts", {"NextToken": "2", "StackResourceDrifts": [machine]})
    stub.add_response("describe_stack_resource_drifts", {"StackResourceDrifts": [key, alarm]})
    stub.add_response("list_stack_resources", {"StackResourceSummaries": [nested]}, {"StackName": ID})
    stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": CHILD})
    found = detect_drift(client, stack_name=NAME, pace=time_machine.pace())
    assert [(each.path, each.real) for each in found.resources] == [
        (("Storage", "Machine"), False), (("Storage", "Key"), False), (("Storage", "Alarm"), True),
    ]  # fmt: skip
    assert found.unchecked == (("Storage", "no access to a queue"),)
    first = found.real[0].text.splitlines()
    assert first[:2] == [
        "MODIFIED Storage/Alarm (AWS::CloudWatch::Alarm): p",
        "  /Threshold: 5 -> 50",
    ]


def answers(stub: Any, status: str, *resources: dict[str, Any]) -> None:
    """AWS's answers to a detection on a stack without nested ones, after which `resources` are listed."""
    stack = {"StackId": ID, "StackName": NAME, "StackStatus": status, "CreationTime": AT}
    stub.add_response("describe_stacks", {"Stacks": [stack]})
    stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": ID})
    stub.add_response("detect_stack_drift", {"StackDriftDetectionId": "d"}, {"StackName": ID})
    done = {"StackId": ID, "StackDriftDetectionId": "d", "Timestamp": AT, "DetectionStatus": "DETECTION_COMPLETE"}
    stub.add_response("describe_stack_drift_detection_status", done)
    stub.add_response("describe_stack_resource_drifts", {"StackResourceDrifts": []})
    stub.add_response("list_stack_resources", {"StackResourceSummaries": list(resources)}, {"StackName": ID})


def listed(logical_id: str, kind: str, drift: str, status: str = "CREATE_COMPLETE") -> dict[str, Any]:
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": f"the-{logical_id}",
        "ResourceType": kind,
        "ResourceStatus": status,
        "LastUpdatedTimestamp": AT,
        "DriftInformation": {"StackResourceDriftStatus": drift},
    }


def test_what_cloudformation_does_not_compare_is_counted_and_looked_up(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    alarms, alarm_stub = stubbed("cloudwatch")
    alarm = "AWS::CloudWatch::Alarm"
    answers(
        stub,
        "UPDATE_COMPLETE",
        listed("Gone", alarm, "NOT_CHECKED"),
        listed("There", alarm, "NOT_CHECKED"),
        listed("Refused", alarm, "NOT_CHECKED"),
        listed("Other", "AWS::SQS::QueuePolicy", "NOT_CHECKED"),
        listed("Compared", alarm, "IN_SYNC"),
        listed("Removed", alarm, "NOT_CHECKED", "DELETE_COMPLETE"),
    )

    def asked(name: str) -> dict[str, Any]:
        return {"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}

    alarm_stub.add_response("describe_alarms", {"MetricAlarms": [], "CompositeAlarms": []}, asked("the-Gone"))
    alarm_stub.add_response("describe_alarms", {"MetricAlarms": [{"AlarmName": "x"}]}, asked("the-There"))
    alarm_stub.add_client_error("describe_alarms", "AccessDenied", expected_params=asked("the-Refused"))
    found = detect_drift(client, stack_name=NAME, clients={"cloudwatch": alarms}.__getitem__)
    assert [(each.path, each.status) for each in found.real] == [(("Gone",), "DELETED")]
    assert found.uncompared == {alarm: 2, "AWS::SQS::QueuePolicy": 1}
    assert f"no drift detection for them: 2 {alarm}, 1 AWS::SQS::QueuePolicy" in found.text
    assert found.data["uncompared"] == found.uncompared
    stub.assert_no_pending_responses()
    alarm_stub.assert_no_pending_responses()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_was_never_deployed_has_nothing_to_compare(stubbed: Stubbed, status: str) -> None:
    client, stub = stubbed("cloudformation")
    stack = {"StackId": ID, "StackName": NAME, "StackStatus": status, "CreationTime": AT}
    stub.add_response("describe_stacks", {"Stacks": [stack]})
    with pytest.raises(DeployError, match=f"is {status}, so it has nothing to compare") as caught:
        detect_drift(client, stack_name=NAME)
    assert caught.value.remedy


@pytest.mark.local
def test_what_was_changed_by_hand_is_found_in_a_nested_stack(clients: LocalClients, store: Store) -> None:
    child = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q", "VisibilityTimeout": 30}}}
    }
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": store.put("c.json", child)}}
    cloudformation = clients("cloudformation")
    deploy_template(
        cloudformation, stack_name=NAME, parameters={}, root_template=json.dumps({"Resources": {"Storage": nested}})
    )
    assert detect_drift(cloudformation, stack_name=NAME).resources == ()
    url = clients("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    found = detect_drift(cloudformation, stack_name=NAME).real
    assert [(each.path, [item.actual for item in each.differences]) for each in found] == [
        (("Storage", "Queue"), ["60"])
    ]
