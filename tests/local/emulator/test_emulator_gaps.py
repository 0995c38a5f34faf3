"""Test the table of differences from AWS: complete rows, and measured ones that still hold."""

from __future__ import annotations

import json
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.conftest import TRUST
from one_template import deploy_template
from payflow_cfn.deploy import destroy
from payflow_cfn.local.emulator import ministack_patches
from payflow_cfn.local.emulator.emulator_gaps import DIFFERENCES
from payflow_cfn.local.records.notices import listen, received

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients

PAGES = Path(__file__).resolve().parents[3] / "docs" / "emulator"
UNSUPPORTED = [
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::Logs::QueryDefinition",
    "AWS::IAM::RolePolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::Lambda::CodeSigningConfig",
]


def rows(last: str) -> list[list[str]]:
    """The cells of the table whose last column has this heading."""
    head = f"| what | MiniStack | AWS | {last} |\n|---|---|---|---|\n"
    texts = [(PAGES / page).read_text(encoding="utf-8") for page in ("gaps.md", "repairs.md")]
    below = next(text for text in texts if head in text).partition(head)[2]
    lines = takewhile(lambda line: line.startswith("|"), below.splitlines())
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_row_has_all_four_columns() -> None:
    found = [*rows("what we do"), *rows("our repair")]
    assert [row for row in found if len(row) != 4 or not all(row)] == []
    assert len({row[0] for row in found}) == len(found)


def test_every_repair_is_in_the_table_by_its_name() -> None:
    assert [row[3].split()[0] for row in rows("our repair")] == [each.__name__ for each in ministack_patches.REPAIRS]


def test_the_page_about_the_emulator_has_a_row_for_each_difference() -> None:
    assert tuple(row[0] for row in rows("what we do")) == DIFFERENCES


@pytest.mark.local
@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_a_type_that_is_refused_passes_behind_a_false_condition(clients: LocalClients, kind: str) -> None:
    cloudformation = clients("cloudformation")
    other: dict[str, object] = {"Type": kind, "Properties": {}}
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        cloudformation.create_stack(StackName="plain", TemplateBody=_template(other))
    made = cloudformation.create_stack(StackName="conditional", TemplateBody=_template(other | {"Condition": "Never"}))
    assert made["StackId"]
    row = next(row for row in rows("what we do") if row[0] == "resource types")
    assert kind.rpartition("::")[2] in row[1]


def _template(other: dict[str, object]) -> str:
    return json.dumps(
        {
            "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Other": other},
        }
    )


@pytest.mark.local
def test_an_alarm_with_metric_math_is_refused(clients: LocalClients) -> None:
    math = {"Id": "e", "Expression": "1 + 1", "ReturnData": True}
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0, "Metrics": [math]}
    resource: dict[str, object] = {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}
    clients("cloudformation").create_stack(StackName="math", TemplateBody=_template(resource))
    events = clients("cloudformation").describe_stack_events(StackName="math")["StackEvents"]
    assert any("metric math" in each.get("ResourceStatusReason", "") for each in events)


@pytest.mark.local
def test_an_alarm_reaches_a_topic_that_does_not_admit_it(clients: LocalClients) -> None:
    key = clients("kms").create_key()["KeyMetadata"]["KeyId"]
    topic = clients("sns").create_topic(Name="notices", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    queue = listen(clients, topic, queue="subscriber")
    clients("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": topic,
                    }
                ],
            }
        ),
    )
    clients("cloudwatch").put_metric_alarm(
        AlarmName="failures",
        Namespace="AWS/States",
        MetricName="ExecutionsFailed",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    clients("cloudwatch").put_metric_data(
        Namespace="AWS/States", MetricData=[{"MetricName": "ExecutionsFailed", "Value": 3, "Unit": "Count"}]
    )
    assert [notice.subject for notice in received(clients, queue)] == ['ALARM: "failures" in us-east-1']


@pytest.mark.local
def test_names_that_are_too_long_are_accepted(clients: LocalClients) -> None:
    role = clients("iam").create_role(RoleName="r" * 65, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    dangling = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}})
    made = clients("stepfunctions").create_state_machine(name="m" * 81, roleArn=role, definition=dangling)
    assert made["stateMachineArn"].endswith("m" * 81)


def _kept(name: str, **more: str) -> dict[str, object]:
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {"Type": "AWS::SNS::Topic", **kept, "Properties": {"TopicName": name, **more}}


@pytest.mark.local
def test_what_a_nested_stack_retains_is_deleted_and_a_stack_policy_denies_nothing(clients: LocalClients) -> None:
    cloudformation = clients("cloudformation")
    clients("s3").create_bucket(Bucket="templates")
    body = _template(_kept("inner"))
    clients("s3").put_object(Bucket="templates", Key="child.json", Body=body.encode())
    child = {"TemplateURL": f"{clients.endpoint}/templates/child.json"}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": child}

    def update(**more: str) -> str:
        template = {"Resources": {"Nested": nested, "Topic": _kept("outer", **more)}}
        return deploy_template(cloudformation, stack_name="s", root_template=json.dumps(template), parameters={}).status

    assert update() == "CREATE_COMPLETE"
    denial = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    cloudformation.set_stack_policy(StackName="s", StackPolicyBody=json.dumps({"Statement": [denial]}))
    assert update(DisplayName="new") == "UPDATE_COMPLETE"
    destroy(cloudformation, stack_name="s")
    left = [each["TopicArn"].rpartition(":")[2] for each in clients("sns").list_topics()["Topics"]]
    assert left == ["outer"]
