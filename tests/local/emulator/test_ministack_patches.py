"""Test the repairs of MiniStack, and that another version is not changed."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from payflow_cfn.deploy import diagnose
from payflow_cfn.local.emulator.emulator import PINNED_VERSION
from payflow_cfn.local.emulator.ministack_patches import REPAIRED_VERSION, apply_repairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow_cfn.local.emulator.clients import LocalClients
    from payflow_cfn.local.emulator.emulator import Emulator

FAILS = """
class GatewayUnavailable(Exception):
    pass
def handle(event, context):
    if event == "leave":
        raise SystemExit(1)
    if event == "kill":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    raise GatewayUnavailable("nothing was sent")
"""

IMPORTS = """
import importlib
def handle(names, context):
    found = []
    for name in names:
        try:
            importlib.import_module(name)
            found.append(name)
        except ImportError:
            pass
    return found
"""


def _invoke(clients: LocalClients, name: str, payload: object) -> Any:
    answer = clients("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))
    return json.loads(answer["Payload"].read())


def test_repairs_are_for_the_pinned_version_only() -> None:
    assert REPAIRED_VERSION == PINNED_VERSION
    assert apply_repairs("1.5.34") == []


@pytest.mark.local
@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ("raise", {"errorMessage": "nothing was sent", "errorType": "GatewayUnavailable"}),
        ("leave", {"errorMessage": "Worker process died", "errorType": "Runtime.ExitError"}),
        ("kill", {"errorMessage": "Worker process died", "errorType": "Runtime.ExitError"}),
    ],
)
def test_a_failed_function_is_named_as_aws_names_it(
    clients: LocalClients, make_function: Callable[[str, str], str], event: str, answer: object
) -> None:
    make_function("fails", FAILS)
    assert _invoke(clients, "fails", event) == answer


@pytest.mark.local
def test_a_state_machine_catches_an_exception_by_its_name(
    clients: LocalClients, make_function: Callable[[str, str], str]
) -> None:
    role = make_function("fails", FAILS)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "End": True,
        "Parameters": {"FunctionName": "fails", "Payload": "raise"},
        "Catch": [{"ErrorEquals": ["GatewayUnavailable"], "Next": "Caught"}],
    }
    definition = {"StartAt": "Charge", "States": {"Charge": task, "Caught": {"Type": "Pass", "Result": 1, "End": True}}}
    states = clients("stepfunctions")
    machine = states.create_state_machine(name="m", roleArn=role, definition=json.dumps(definition))["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    while (status := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    assert (status["status"], status.get("output")) == ("SUCCEEDED", "1")


@pytest.mark.local
def test_a_function_sees_lambdas_own_packages_and_not_those_installed_here(
    clients: LocalClients, make_function: Callable[[str, str], str]
) -> None:
    make_function("imports", IMPORTS)
    there = ["boto3", "botocore", "json", "urllib3"]
    assert _invoke(clients, "imports", [*there, "pytest", "ministack", "pydantic", "payflow_cfn"]) == there


def _set(clients: LocalClients, *, size: int) -> str:
    """A child stack with a role that never changes and a queue that does, and a root that reads the child."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
    child = {
        "Parameters": {"Size": {"Type": "Number"}},
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Size"}}},
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
    clients("s3").put_object(Bucket="templates", Key="child.json", Body=json.dumps(child))
    root = {
        "Resources": {
            "Child": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {
                    "TemplateURL": "https://s3.us-east-1.amazonaws.com/templates/child.json",
                    "Parameters": {"Size": str(size)},
                },
            }
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.RoleArn"]}}},
    }
    return json.dumps(root)


@pytest.mark.local
def test_a_nested_update_keeps_the_attributes_of_what_did_not_change(cloud: Emulator, clients: LocalClients) -> None:
    cloudformation = clients("cloudformation")
    clients("s3").create_bucket(Bucket="templates")
    arns = []
    for size, verb in ((30, "create"), (60, "update")):
        getattr(cloudformation, f"{verb}_stack")(
            StackName="root", TemplateBody=_set(clients, size=size), Capabilities=["CAPABILITY_IAM"]
        )
        cloudformation.get_waiter(f"stack_{verb}_complete").wait(
            StackName="root", WaiterConfig={"Delay": 0, "MaxAttempts": 1000}
        )
        arns.append(cloudformation.describe_stacks(StackName="root")["Stacks"][0]["Outputs"][0]["OutputValue"])
    assert arns[0].startswith(f"arn:aws:iam::{cloud.account}:role/")
    assert arns[1] == arns[0]


@pytest.mark.local
def test_change_sets_are_listed_by_the_stack_s_id_as_by_its_name(clients: LocalClients) -> None:
    cloudformation = clients("cloudformation")
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    made = cloudformation.create_change_set(
        StackName="previewed", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template
    )
    for stack in ("previewed", made["StackId"]):
        found = cloudformation.list_change_sets(StackName=stack)["Summaries"]
        assert [each["ChangeSetName"] for each in found] == ["first"]


@pytest.mark.local
def test_the_cause_of_a_failed_first_create_is_found_in_the_nested_stack(clients: LocalClients) -> None:
    broken = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": "x"}}
    clients("s3").create_bucket(Bucket="children")
    clients("s3").put_object(Bucket="children", Key="c.json", Body=json.dumps({"Resources": {"Broken": broken}}))
    url = "https://s3.amazonaws.com/children/c.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    cloudformation = clients("cloudformation")
    cloudformation.create_stack(StackName="failing", TemplateBody=json.dumps({"Resources": {"Child": nested}}))
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="failing", WaiterConfig={"Delay": 1})
    found = diagnose(cloudformation, stack_name="failing")
    assert found.cause
    assert found.cause.path == ("Child", "Broken")


@pytest.mark.local
def test_an_alarm_reads_the_metric_of_its_own_dimensions(clients: LocalClients) -> None:
    cloudwatch = clients("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a", Namespace="N", MetricName="M", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0,
        ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "D", "Value": "x"}],
    )  # fmt: skip
    points = {
        "another value": [{"Name": "D", "Value": "y"}],
        "one more": [{"Name": "D", "Value": "x"}, {"Name": "E", "Value": "z"}],
        "none": [],
        "its own": [{"Name": "D", "Value": "x"}],
    }
    states = {}
    for name, dimensions in points.items():
        point = {"MetricName": "M", "Value": 1, "Dimensions": dimensions}
        cloudwatch.put_metric_data(Namespace="N", MetricData=[point])
        states[name] = cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"]
    quiet = "INSUFFICIENT_DATA"
    assert states == {"another value": quiet, "one more": quiet, "none": quiet, "its own": "ALARM"}
