"""The emulator enforces what our templates rely on: roles, topic policies, TLS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow_cfn.local.clients import LocalClients
    from payflow_cfn.local.emulator import Emulator

pytestmark = pytest.mark.local

PUT = """
import boto3
def handle(event, context):
    boto3.client("dynamodb").put_item(TableName="rows", Item={"id": {"S": event["id"]}})
"""

FAILS = """
class GatewayUnavailable(Exception):
    pass
def handle(event, context):
    raise GatewayUnavailable("nothing was sent")
"""


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _invoke(clients: LocalClients, name: str, payload: object) -> Any:
    answer = clients("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))
    return json.loads(answer["Payload"].read())


def test_a_function_may_do_what_its_role_allows_and_nothing_else(
        clients: LocalClients, make_function: Callable[[str, str], str]) -> None:
    clients("dynamodb").create_table(
        TableName="rows", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    make_function("put", PUT)
    refused = _invoke(clients, "put", {"id": "1"})
    clients("iam").put_role_policy(RoleName="role-put", PolicyName="p", PolicyDocument=_policy(
        {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}))
    assert "is not authorized to perform: dynamodb:PutItem" in refused["errorMessage"]
    assert _invoke(clients, "put", {"id": "2"}) is None
    assert [row["id"]["S"] for row in clients("dynamodb").scan(TableName="rows")["Items"]] == ["2"]


def test_a_failed_function_is_named_by_its_exception(
        clients: LocalClients, make_function: Callable[[str, str], str]) -> None:
    make_function("fails", FAILS)
    assert _invoke(clients, "fails", {}) == {"errorMessage": "nothing was sent", "errorType": "GatewayUnavailable"}


def _topic(clients: LocalClients, secure_transport: str) -> str:
    arn: str = clients("sns").create_topic(Name="notices")["TopicArn"]
    clients("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=_policy({
        "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": secure_transport}}}))
    return arn


def test_a_topic_that_denies_plain_http_takes_a_notice_over_tls(clients: LocalClients) -> None:
    assert "MessageId" in clients("sns").publish(TopicArn=_topic(clients, "false"), Message="hello")


def test_a_topic_that_denies_tls_shows_that_the_condition_is_evaluated(clients: LocalClients) -> None:
    with pytest.raises(ClientError, match="AuthorizationError"):
        clients("sns").publish(TopicArn=_topic(clients, "true"), Message="hello")


def _set(clients: LocalClients, *, size: int) -> str:
    """A child stack with a role that never changes and a table whose property does, and a root that reads both."""
    child = {"Parameters": {"Size": {"Type": "Number"}}, "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                    "Principal": {"Service": "lambda.amazonaws.com"}}]}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Size"}}}},
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}}
    clients("s3").put_object(Bucket="templates", Key="child.json", Body=json.dumps(child))
    root = {"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {
        "TemplateURL": "https://s3.us-east-1.amazonaws.com/templates/child.json", "Parameters": {"Size": str(size)}}}},
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.RoleArn"]}}}}
    return json.dumps(root)


def test_a_nested_update_keeps_the_attributes_of_what_did_not_change(cloud: Emulator, clients: LocalClients) -> None:
    cloudformation = clients("cloudformation")
    clients("s3").create_bucket(Bucket="templates")
    arns = []
    for size, verb in ((30, "create"), (60, "update")):
        getattr(cloudformation, f"{verb}_stack")(StackName="root", TemplateBody=_set(clients, size=size),
                                                 Capabilities=["CAPABILITY_IAM"])
        cloudformation.get_waiter(f"stack_{verb}_complete").wait(
            StackName="root", WaiterConfig={"Delay": 0, "MaxAttempts": 1000})
        arns.append(cloudformation.describe_stacks(StackName="root")["Stacks"][0]["Outputs"][0]["OutputValue"])
    assert arns[0].startswith(f"arn:aws:iam::{cloud.account}:role/")
    assert arns[1] == arns[0]
