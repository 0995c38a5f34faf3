"""Test the table of differences from AWS: complete rows, and measured ones that still hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.conftest import TRUST
from one_template import deploy_template
from payflow_cfn.deploy import destroy
from payflow_cfn.local.emulator import ministack_patches
from payflow_cfn.local.emulator.emulator_gaps import DIFFERENCES, Difference
from payflow_cfn.local.records.notices import listen, received

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients

PAGE = Path(__file__).resolve().parents[3] / "docs" / "emulator" / "repairs.md"
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


# What the launcher repairs in the pinned version (payflow_cfn.local.emulator.ministack_patches), for the same table in
# the docs.
REPAIRED: tuple[Difference, ...] = (
    Difference(
        "update of a nested stack",
        "attributes of unchanged resources in a child are lost, and the update fails",
        "they stay",
        "keep_child_attributes passes the old attributes on",
    ),
    Difference(
        "name of a function's error",
        "always Runtime.HandlerError",
        "the exception's class, or Runtime.ExitError for a process that died",
        "name_python_errors passes the class name on",
    ),
    Difference(
        "packages a function can import",
        "every package that is installed beside the emulator",
        "the artifact and the SDK",
        "hide_installed_packages hides packages that Lambda does not have",
    ),
    Difference(
        "pages of the call record", "the newest 50 calls only", "pages with a token", "page_call_record returns tokens"
    ),
    Difference(
        "a queue that denies plain transport",
        "gets nothing from a topic",
        "services call it over TLS",
        "services_use_tls sets aws:SecureTransport for services",
    ),
    Difference(
        "message attributes of a notice that a state machine publishes",
        "they are lost",
        "subscriptions filter by them",
        "keep_message_attributes passes them on",
    ),
    Difference(
        "change sets of a stack by its id",
        "ListChangeSets knows stacks by name only, and lists none",
        "they are listed",
        "list_change_sets_by_id looks the name up",
    ),
    Difference(
        "events of a nested stack that fails",
        "on a first create they lack the id of the nested stack",
        "they have it",
        "name_failed_children adds the id",
    ),
)


def test_every_row_has_all_four_columns() -> None:
    rows = [*DIFFERENCES, *REPAIRED]
    assert all(row.what and row.emulator and row.aws and row.instead for row in rows)
    assert len({row.what for row in rows}) == len(rows)


def test_every_repair_is_in_the_table_by_its_name() -> None:
    assert [row.instead.split()[0] for row in REPAIRED] == [repair.__name__ for repair in ministack_patches.REPAIRS]


def test_the_page_of_repairs_shows_the_table() -> None:
    rows = [f"| {row.what} | {row.emulator} | {row.aws} | {row.instead} |" for row in REPAIRED]
    assert [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:] == rows


@pytest.mark.local
@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_a_type_that_is_refused_passes_behind_a_false_condition(clients: LocalClients, kind: str) -> None:
    cloudformation = clients("cloudformation")
    other: dict[str, object] = {"Type": kind, "Properties": {}}
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        cloudformation.create_stack(StackName="plain", TemplateBody=_template(other))
    made = cloudformation.create_stack(StackName="conditional", TemplateBody=_template(other | {"Condition": "Never"}))
    assert made["StackId"]
    row = next(row for row in DIFFERENCES if row.what == "resource types")
    assert kind.rpartition("::")[2] in row.emulator


def _template(other: dict[str, object]) -> str:
    return json.dumps(
        {
            "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Other": other},
        }
    )


@pytest.mark.local
def test_an_alarm_with_metric_math_is_refused_and_others_ignore_dimensions(clients: LocalClients) -> None:
    math = {"Id": "e", "Expression": "1 + 1", "ReturnData": True}
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0, "Metrics": [math]}
    resource: dict[str, object] = {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}
    clients("cloudformation").create_stack(StackName="math", TemplateBody=_template(resource))
    events = clients("cloudformation").describe_stack_events(StackName="math")["StackEvents"]
    assert any("metric math" in each.get("ResourceStatusReason", "") for each in events)
    cloudwatch = clients("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a", Namespace="N", MetricName="M", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0,
        ComparisonOperator="GreaterThanThreshold", Dimensions=[{"Name": "D", "Value": "x"}],
    )  # fmt: skip
    other = {"MetricName": "M", "Value": 1, "Dimensions": [{"Name": "D", "Value": "y"}]}
    cloudwatch.put_metric_data(Namespace="N", MetricData=[other])
    assert cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"] == "ALARM"


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
