"""Test the commands that read a deployed set: missing, in order, changed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import WaiterError

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.cloudformation.stack import list_resources
from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.version import TEMPLATE_VERSION
from sessions import Commands

pytestmark = pytest.mark.local
DEPLOY = ["deploy", "--env", "look", "--bucket", "artifacts", "--yes", "--parameter", "ResourceCoverage=core"]


@pytest.fixture
def look(run: Commands) -> Callable[..., tuple[int, str]]:
    return lambda *arguments: run(*arguments[:1], "--env", "look", *arguments[1:])[:2]


def test_a_set_is_not_there_then_in_order_then_changed_by_hand(
    look: Callable[..., tuple[int, str]], run: Commands, clients: LocalClients
) -> None:
    assert look("status")[0] == 1
    assert run(*DEPLOY)[0] == 0
    ended, out = look("status", "--json")
    found = json.loads(out)
    assert (ended, found["health"], found["version"], len(found["nested"])) == (0, "healthy", TEMPLATE_VERSION, 6)
    assert look("outputs", "--env-file")[1].count("\n") == len(json.loads(look("outputs", "--json")[1]))
    assert look("diagnose")[0] == 0
    ended, out = look("drift")
    assert (ended, out.splitlines()[-1]) == (0, "payflow-look: resources changed outside of it: 0")
    assert out.startswith("properties not compared, for CloudFormation has no drift detection for them: ")

    url = clients("sqs").get_queue_url(QueueName="sqs-payment-notifications-dlq-look")["QueueUrl"]
    clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    ended, out = look("drift")
    assert ended == 3
    assert "MODIFIED Notifications/NotificationsDeadLetterQueue (AWS::SQS::Queue)" in out

    ids = _physical_ids(clients)
    for resource_type, delete in DELETE.items():
        delete(clients, ids[resource_type][0])
    ended, out = look("drift", "--json")
    gone = {each["resource_type"] for each in json.loads(out)["resources"] if each["status"] == "DELETED"}
    assert (ended, gone) == (3, set(DELETE))
    # The policies of topic and queue are the rest; docs/emulator/gaps.md has them.
    assert ids.keys() - DELETE.keys() == {"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"}


def test_status_is_in_order_only_if_the_payments_are(
    look: Callable[..., tuple[int, str]], run: Commands, clients: LocalClients
) -> None:
    assert run(*DEPLOY)[0] == 0
    table, key = "dynamodb-transactions-look", {"transaction_id": {"S": "T-1"}}

    def put(since: datetime) -> None:
        item = {**key, "open_shard": {"S": "2"}, "open_since": {"S": since.isoformat()}}
        clients("dynamodb").put_item(TableName=table, Item=item)

    put(datetime.now(UTC))
    ended, out = look("status")
    assert (ended, "it is in order\n" in out, "open payments: 1, the oldest for " in out) == (0, True, True)
    put(datetime.now(UTC) - timedelta(hours=2))
    ended, out = look("status")
    assert (ended, "it is in order, but its payments need attention\n" in out) == (3, True)
    assert "the oldest for 2 h 0 min, more than 60 min: `payflow payments --env look --open` lists them" in out
    clients("dynamodb").delete_item(TableName=table, Key=key)
    assert look("status")[0] == 0

    alarm = {"MetricName": "m", "Namespace": "n", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1}
    alarm |= {"EvaluationPeriods": 1, "Period": 60, "Statistic": "Sum"}
    clients("cloudwatch").put_metric_alarm(AlarmName="alarm-of-another", **alarm)
    for name, ended in (("alarm-of-another", 0), ("alarm-notices-lost-look", 3)):
        clients("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        found, out = look("status", "--json")
        rings = [each["name"] for each in json.loads(out)["payments"]["alarms"]]
        assert (found, rings) == (ended, [name] if ended else [])
    assert "docs/runbooks/notices-lost.md" in look("status")[1]


def test_status_lists_a_change_set_that_was_not_executed(
    look: Callable[..., tuple[int, str]], clients: LocalClients
) -> None:
    clients("cloudformation").create_change_set(
        StackName="payflow-look",
        ChangeSetName="forgotten",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}),
    )
    _, out = look("status", "--json")
    (left,) = json.loads(out)["leftovers"]["change_sets"]
    assert left.startswith("change set forgotten of ")


def _physical_ids(clients: LocalClients) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in list_resources(clients("cloudformation"), "payflow-look"):
        if each.resource_type != STACK:
            found.setdefault(each.resource_type, []).append(each.physical_id)
    return found


def _delete_role(clients: LocalClients, name: str) -> None:
    for policy in clients("iam").list_role_policies(RoleName=name)["PolicyNames"]:
        clients("iam").delete_role_policy(RoleName=name, PolicyName=policy)
    clients("iam").delete_role(RoleName=name)


def _delete_table(clients: LocalClients, name: str) -> None:
    clients("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    clients("dynamodb").delete_table(TableName=name)


def _delete_alias(clients: LocalClients, arn: str) -> None:
    function, name = arn.split(":")[-2:]
    clients("lambda").delete_alias(FunctionName=function, Name=name)


def _delete_version(clients: LocalClients, arn: str) -> None:
    function, version = arn.split(":")[-2:]
    clients("lambda").delete_function(FunctionName=function, Qualifier=version)


def _delete_filter(clients: LocalClients, name: str) -> None:
    (found,) = clients("logs").describe_metric_filters()["metricFilters"]
    clients("logs").delete_metric_filter(logGroupName=found["logGroupName"], filterName=name)


# By hand, in an order in which the emulator allows it.
DELETE: dict[str, Callable[[LocalClients, str], object]] = {
    "AWS::Lambda::Alias": _delete_alias,
    "AWS::Lambda::Version": _delete_version,
    "AWS::Lambda::Function": lambda of, name: of("lambda").delete_function(FunctionName=name),
    "AWS::Logs::MetricFilter": _delete_filter,
    "AWS::Logs::LogGroup": lambda of, name: of("logs").delete_log_group(logGroupName=name),
    "AWS::CloudWatch::Alarm": lambda of, name: of("cloudwatch").delete_alarms(AlarmNames=[name]),
    "AWS::CloudWatch::Dashboard": lambda of, name: of("cloudwatch").delete_dashboards(DashboardNames=[name]),
    "AWS::KMS::Alias": lambda of, name: of("kms").delete_alias(AliasName=name),
    "AWS::KMS::Key": lambda of, key: of("kms").schedule_key_deletion(KeyId=key),
    "AWS::SQS::Queue": lambda of, url: of("sqs").delete_queue(QueueUrl=url),
    "AWS::SNS::Topic": lambda of, arn: of("sns").delete_topic(TopicArn=arn),
    "AWS::DynamoDB::Table": _delete_table,
    "AWS::IAM::Role": _delete_role,
    "AWS::StepFunctions::StateMachine": lambda of, arn: of("stepfunctions").delete_state_machine(stateMachineArn=arn),
}


BROKEN = {
    "Type": "AWS::Logs::MetricFilter",
    "Properties": {
        "LogGroupName": "no-such-group",
        "FilterPattern": "",
        "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}],
    },
}


def test_a_failed_first_deploy_is_diagnosed_long_after_it(
    look: Callable[..., tuple[int, str]], clients: LocalClients
) -> None:
    s3, cloudformation = clients("s3"), clients("cloudformation")
    child = json.dumps({"Resources": {"Filter": BROKEN}})
    s3.put_object(Bucket="artifacts", Key="child.json", Body=child.encode())
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"{clients.endpoint}/artifacts/child.json"},
    }
    root = json.dumps({"Resources": {"Monitoring": nested}})
    cloudformation.create_stack(StackName="payflow-look", TemplateBody=root)
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="payflow-look", WaiterConfig={"Delay": 0.05})
    ended, out = look("status", "--json")
    found = json.loads(out)
    assert (ended, found["status"], found["health"]) == (1, "ROLLBACK_COMPLETE", "failed")
    assert "recover --remove" in found["remedy"]
    ended, out = look("diagnose")
    assert ended == 1
    # The emulator gives a nested stack that failed at once no id, so its parent's event is the deepest there is.
    assert "first cause: Monitoring" in out
    assert "AWS::Logs::MetricFilter" in out
    assert look("outputs", "--json") == (0, "{}\n")
