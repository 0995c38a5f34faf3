"""A Task calls what exists, with arguments that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from one_machine import machine, told, told_of
from payflow_cfn.lint.integrations import called
from payflow_cfn.lint.service_models import Action, find_action


def task(resource: Any, **arguments: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "Next": "Done", **({"Arguments": arguments} if arguments else {})}


def calls(name: str, **arguments: Any) -> list[str]:
    found = told_of("PF037", task({"Fn::Sub": f"arn:${{AWS::Partition}}:states:::{name}"}, **arguments))
    return [each.partition(": ")[2] for each in found]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("dynamodb:updateItems", "Step Functions has no integration dynamodb:updateItems"),
        ("sns:publsh", "Step Functions has no integration sns:publsh"),
        ("snss:publish", "Step Functions has no integration snss:publish"),
        ("lambda:invoke.sync", "lambda:invoke has no .sync"),
        ("ecs:runTask.sync:2", "ecs:runTask has no .sync:2"),
        ("dynamodb:putItem.waitForTaskToken", "dynamodb:putItem has no .waitForTaskToken"),
        ("aws-sdk:cloudwatch:putMetric", "cloudwatch has no action putMetric"),
        ("aws-sdk:cloudwatch:PutMetricData", "cloudwatch has no action PutMetricData"),
        ("aws-sdk:cloudwatcher:putMetricData", "the AWS SDK has no service cloudwatcher"),
        ("aws-sdk:stepfunctions:startExecution", "the AWS SDK has no service stepfunctions"),
        ("aws-sdk:glue:startJobRun.sync", "glue:startJobRun has no .sync"),
        ("lambda", "Step Functions has no integration lambda"),
    ],
)
def test_what_does_not_exist_is_found(name: str, problem: str) -> None:
    assert calls(name) == [problem]


@pytest.mark.parametrize(
    "name",
    [
        "lambda:invoke",
        "lambda:invoke.waitForTaskToken",
        "states:startExecution.sync:2",
        "elasticmapreduce:addStep.sync",
        "emr-serverless:startJobRun.sync",
        "http:invoke",
        "aws-sdk:sfn:startSyncExecution",
        "aws-sdk:cloudwatchlogs:putLogEvents",
        "aws-sdk:cognitoidentityprovider:adminGetUser",
        "aws-sdk:bedrockruntime:converse",
        "aws-sdk:sqs:sendMessage.waitForTaskToken",
    ],
)
def test_what_exists_is_left_alone(name: str) -> None:
    assert calls(name) == []


@pytest.mark.parametrize(
    ("resource", "known"),
    [
        ("arn:aws:lambda:eu-west-2:111122223333:function:pay:live", True),
        ("arn:aws:states:eu-west-2:111122223333:activity:approve", True),
        ({"Ref": "Activity"}, True),
        ("${FunctionArn}", True),
        ("arn:aws:sns:eu-west-2:111122223333:topic", False),
        ("lambda:invoke", False),
    ],
)
def test_a_function_an_activity_and_what_a_deploy_fills_in_are_known(resource: Any, known: bool) -> None:
    assert (told_of("PF037", task(resource)) == []) is known


ROW = {"TableName": "t", "Key": {"id": {"S": "{% $states.input.id %}"}}}


@pytest.mark.parametrize(
    ("name", "arguments", "problems"),
    [
        ("dynamodb:updateItem", ROW, []),
        ("dynamodb:updateItem", {**ROW, "TableNames": "t"}, ["there is no argument TableNames"]),
        ("dynamodb:updateItem", {"TableName": "t"}, ["the argument Key is missing"]),
        ("dynamodb:updateItem", {"TableName": "t", "Key": {"id": {"T": "x"}}}, ["there is no argument Key.id.T"]),
        ("dynamodb:updateItem", {"TableName": "t", "Key": {"Fn::If": ["A", {}, {}]}}, []),
        ("aws-sdk:sfn:startExecution", {"stateMachineArn": "a"}, ["the argument stateMachineArn is StateMachineArn"]),
        ("aws-sdk:rds:describeDBInstances", {"DbInstanceIdentifier": "a"}, []),
        (
            "aws-sdk:cloudwatch:putMetricData",
            {"Namespace": "n", "MetricData": [{"MetricName": "m", "Values": [1]}, {"Value": 1}]},
            ["the argument MetricData.MetricName is missing"],
        ),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": {"any": "thing"}}, []),
        # The SDK fills in a token of its own.
        ("aws-sdk:signer:startSigningJob", {"Source": {}, "Destination": {}, "ProfileName": "p"}, []),
        ("sns:publish", {"Message": "m", "Topic": "t"}, ["there is no argument Topic"]),
        ("http:invoke", {"ApiEndpoint": "a", "AnythingElse": 1}, []),
    ],
)
def test_arguments_are_those_of_the_action(name: str, arguments: dict[str, Any], problems: list[str]) -> None:
    assert calls(name, **arguments) == problems


def test_without_arguments_the_input_has_them_and_an_expression_may_have_any() -> None:
    state = task("arn:aws:states:::dynamodb:updateItem")
    assert told_of("PF037", state) == []
    for arguments in ("{% $states.input %}", {"Fn::If": ["Some", ROW, ROW]}):
        assert told_of("PF037", {**state, "Arguments": arguments}) == []


def test_the_parameters_of_a_jsonpath_state_are_read_too() -> None:
    state = {**task("arn:aws:states:::sns:publish"), "Parameters": {"TopicArn.$": "$.topic", "Mesage.$": "$.text"}}
    found = told_of("PF037", state, language="JSONPath")
    assert [each.partition(": ")[2] for each in found] == [
        "there is no argument Mesage",
        "the argument Message is missing",
    ]
    state["Parameters"] = {"TopicArn.$": "$.topic", "Message.$": "$.text"}
    assert told_of("PF037", state, language="JSONPath") == []


@pytest.mark.parametrize(("kind", "problems"), [("EXPRESS", 1), ("STANDARD", 0)])
def test_an_express_workflow_does_not_wait(kind: str, problems: int) -> None:
    states = {"State": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": True}}
    assert len(told("PF037", machine(states, kind=kind))) == problems


def test_the_sdk_has_each_service_by_one_name() -> None:
    for service in ("sfn", "cloudwatchlogs", "costexplorer", "elasticloadbalancingv2", "databasemigration", "ds"):
        assert find_action(service, "nothing") in (
            f"{service} has no action nothing",
            "the AWS SDK has no service ds",
        )


def test_an_optimized_integration_is_an_action_of_its_service_where_it_is_the_same() -> None:
    for name in ("dynamodb:getItem", "events:putEvents", "states:startExecution", "emr-containers:startJobRun"):
        assert isinstance(called(name), Action)
    assert called("eks:call") is called("http:invoke") is called("elasticmapreduce:createCluster") is None
