"""Steps that call a service, and steps after the charge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, Permission, add_function, add_resource, add_step, allow
from payflow_cfn.lint import lint_set
from payflow_cfn.stacks.render import build_set
from team_extension import write_screening

BUS = {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Fn::Sub": "results-${Environment}"}}}
ENTRY = {"EventBusName": {"Ref": "ResultsBusName"}, "Source": "team", "DetailType": "paid", "Detail": "{% $facts %}"}


def publishing(payments: Draft) -> Draft:
    names = {"ResultsBusName": {"Ref": "ResultsBus"}, "ResultsBusArn": {"Fn::GetAtt": ["ResultsBus", "Arn"]}}
    payments = add_resource(payments, "storage", BUS, name="ResultsBus", outputs=names)
    arguments = {"Entries": [ENTRY]}
    return add_step(
        payments,
        "Publish",
        service="events:putEvents",
        payload=arguments,
        before="PaymentComplete",
        failed="NoticeLost",
    )


def permitted(payments: Draft) -> Draft:
    return allow(payments, "Workflow/WorkflowRole", Permission("events:PutEvents", {"Ref": "ResultsBusArn"}, "results"))


def states(*changes: Callable[[Draft], Draft]) -> dict[str, Any]:
    machine = json.loads(build_set(Settings(), changes).templates["workflow.json"])["Resources"]["PaymentWorkflow"]
    found: dict[str, Any] = machine["Properties"]["Definition"]["States"]
    return found


def test_a_step_before_an_end_hands_on_the_result(tmp_path: Path) -> None:
    def booked(payments: Draft) -> Draft:
        payments = add_function(payments, "screening", does="Books", folder=write_screening(tmp_path))
        return add_step(payments, "Book", function="screening", before="PaymentComplete", failed="PaymentFailed")

    assert states(booked)["Book"]["Output"] == "{% $result %}"


def test_a_service_gets_its_arguments_and_a_failure_leads_where_the_team_says() -> None:
    found = states(publishing)
    step = found["Publish"]
    assert step["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:states:::events:putEvents"}
    assert step["Arguments"] == {"Entries": [ENTRY]}
    assert (step["Next"], {each["Next"] for each in step["Catch"]}) == ("PaymentComplete", {"NoticeLost"})
    assert {each["Assign"]["error"] for each in step["Catch"]} == {
        "{% $substring($states.errorOutput.Error, 0, 128) %}"
    }
    assert all("status" not in each["Assign"] for each in step["Catch"])
    assert found["RouteProcessing"]["Choices"][0]["Next"] == "Publish"


def test_a_service_without_its_permission_is_missing_it() -> None:
    (fault,) = audit_set(build_set(Settings(), [publishing]))
    assert (fault.kind, fault.resource, fault.grant.action) == ("missing", "WorkflowRole", "unknown:events:putEvents")


@pytest.mark.slow
def test_a_service_with_its_permission_is_clean() -> None:
    found = build_set(Settings(), [publishing, permitted])
    assert [*lint_set(found), *audit_set(found)] == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Publish calls nothing and nothing"),
        ({"function": "screening", "service": "sqs:sendMessage"}, "Publish calls screening and sqs:sendMessage"),
        ({"service": "sqs:sendMessage", "refuses": True}, "only a function has an answer, and can refuse"),
        ({"service": "sqs:sendMessage", "failed": "PaymentFaild"}, "did you mean 'PaymentFailed'?"),
        ({"service": "sqs:sendMessage"}, "Publish would stand after the charge"),
        ({"function": "f", "refuses": True, "failed": "PaymentFailed"}, "a step there cannot refuse"),
        ({"function": "f", "answer": "payment", "failed": "PaymentFailed"}, "'payment' cannot hold an answer"),
        ({"function": "f", "answer": "my score", "failed": "PaymentFailed"}, "'my score' cannot hold an answer"),
    ],
)
def test_a_step_that_cannot_be_is_an_error(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ExtensionError) as error:
        build_set(Settings(), [lambda payments: add_step(payments, "Publish", before="PaymentComplete", **given)])
    assert message in str(error.value)


def test_a_policy_of_two_queues_is_what_both_need() -> None:
    def two(payments: Draft) -> Draft:
        names = ("OneQueue", "TwoQueue")
        for each in names:
            payments = add_resource(payments, "storage", {"Type": "AWS::SQS::Queue", "Properties": {}}, name=each)
        arns = [{"Fn::GetAtt": [each, "Arn"]} for each in names]
        deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arns}
        policy = {"Queues": [{"Ref": each} for each in names], "PolicyDocument": {"Statement": [deny]}}
        made = {"Type": "AWS::SQS::QueuePolicy", "Properties": policy}
        return add_resource(payments, "storage", made, name="QueuesPolicy", why="both are closed")

    assert audit_set(build_set(Settings(), [two])) == []
