"""Resources, parameters and tags of an extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, add_parameter, add_resource, add_stack, add_tags
from payflow_cfn.lint import lint_set
from payflow_cfn.stacks.render import build_set

ROOT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
LOGS = {"Service": {"Fn::Sub": "logs.${AWS::Region}.${AWS::URLSuffix}"}}
GROUP_NAME = "/acme/screening-${Environment}"
GROUP_ARN = {"Fn::Sub": f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{GROUP_NAME}"}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def found(templates: TemplateSet, stack: str, logical: str) -> dict[str, Any]:
    resource: dict[str, Any] = templates.documents[f"{stack}.json"]["Resources"][logical]
    return resource


def typed(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def own_key(payments: Draft) -> Draft:
    """A log group under a key of the team's own."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": LOGS,
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": GROUP_ARN}},
        },
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    key = {**typed("KMS::Key", KeyPolicy=policy, EnableKeyRotation=True), **KEPT}
    payments = add_stack(payments, "screening", purpose="screening")
    payments = add_resource(payments, "screening", key, name="ScreeningKey", why="the logs of screening are apart")
    arn, days = {"Fn::GetAtt": ["ScreeningKey", "Arn"]}, {"Ref": "LogRetentionDays"}
    group = typed("Logs::LogGroup", LogGroupName={"Fn::Sub": GROUP_NAME}, KmsKeyId=arn, RetentionInDays=days)
    return add_resource(payments, "screening", {**group, **KEPT}, name="ScreeningLogs")


@pytest.mark.slow
def test_a_log_group_under_its_own_key_is_clean_and_our_key_stays() -> None:
    templates = build_set(Settings(), [own_key])
    assert [*lint_set(templates), *audit_set(templates)] == []
    assert found(templates, "encryption", "CloudwatchKey") == found(
        build_set(Settings(), []), "encryption", "CloudwatchKey"
    )


@pytest.mark.slow
def test_an_alarm_for_another_topic_is_not_admitted_to_ours() -> None:
    def alarmed(payments: Draft) -> Draft:
        payments = add_parameter(payments, "TeamTopicArn", description="The team's topic")
        alarm = typed(
            "CloudWatch::Alarm",
            AlarmName={"Fn::Sub": "team-${Environment}"},
            AlarmActions=[{"Ref": "TeamTopicArn"}],
            Namespace="AWS/SNS",
            MetricName="NumberOfNotificationsFailed",
            Dimensions=[{"Name": "TopicName", "Value": {"Fn::GetAtt": ["NotificationsTopic", "TopicName"]}}],
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        return add_resource(payments, "notifications", alarm, name="TeamAlarm")

    assert audit_set(build_set(Settings(), [alarmed])) == []


@pytest.mark.slow
def test_a_list_of_root_is_a_list_in_each_stack() -> None:
    def listed(payments: Draft) -> Draft:
        facts = {"description": "Who may ask", "Type": "CommaDelimitedList"}
        payments = add_parameter(payments, "Callers", default=["one", "two"], **facts)
        names = {"Fn::Join": [" ", {"Ref": "Callers"}]}
        value = typed("SSM::Parameter", Type="String", Value=names, Name={"Fn::Sub": "/callers/${Environment}"})
        return add_resource(payments, "storage", value, name="CallersList")

    templates = build_set(Settings(), [listed])
    assert lint_set(templates) == []
    root, storage = (templates.documents[f"{each}.json"] for each in ("root", "storage"))
    assert root["Parameters"]["Callers"]["Default"] == "one,two"
    assert root["Resources"]["Storage"]["Properties"]["Parameters"]["Callers"] == {
        "Fn::Join": [",", {"Ref": "Callers"}]
    }
    assert storage["Parameters"]["Callers"] == {"Type": "CommaDelimitedList"}


def queue_with(letters: Any) -> Callable[[Draft], Draft]:
    def added(payments: Draft) -> Draft:
        payments = add_parameter(payments, "GivenQueueArn", description="A queue of the account")
        return add_resource(
            payments, "storage", typed("SQS::Queue", RedrivePolicy={"deadLetterTargetArn": letters}), name="TeamQueue"
        )

    return added


@pytest.mark.parametrize("letters", [{"Fn::GetAtt": ["OtherQueue", "Arn"]}, {"Ref": "NotificationsDeadLetterQueueArn"}])
def test_dead_letters_inside_the_set_need_no_reason(letters: Any) -> None:
    other = lambda payments: add_resource(payments, "storage", typed("SQS::Queue"), name="OtherQueue")  # noqa: E731
    assert audit_set(build_set(Settings(), [other, queue_with(letters)])) == []


@pytest.mark.parametrize("letters", ["arn:aws:sqs:eu-west-1:111122223333:theirs", {"Ref": "GivenQueueArn"}])
def test_dead_letters_that_leave_the_set_need_a_reason(letters: Any) -> None:
    with pytest.raises(ExtensionError, match="storage/TeamQueue grants permissions: say why"):
        build_set(Settings(), [queue_with(letters)])


def tagged(payments: Draft) -> Draft:
    return add_tags(payments, {"BusinessUnit": "payments", "CostCenter": "4711"})


def test_tags_are_those_of_the_settings() -> None:
    by_settings = build_set(Settings(tags={"BusinessUnit": "payments", "CostCenter": "4711"}), [])
    assert build_set(Settings(), [tagged]).templates == by_settings.templates


def test_tags_are_on_resources_of_extensions_before_and_after() -> None:
    def added(name: str) -> Callable[[Draft], Draft]:
        return lambda payments: add_resource(
            payments, "storage", typed("SSM::Parameter", Type="String", Value="x"), name=name
        )

    templates = build_set(Settings(), [added("Early"), tagged, added("Late")])
    early, late = (found(templates, "storage", each)["Properties"]["Tags"] for each in ("Early", "Late"))
    assert early == late
    assert early["BusinessUnit"] == "payments"


@pytest.mark.parametrize(
    ("settings", "changes", "message"),
    [
        (Settings(tags={"CostCenter": "1"}), [tagged], "the tag CostCenter is there: set it in payflow.toml"),
        (Settings(), [lambda payments: add_tags(payments, {"environment": "x"})], "tag 'environment': is set by the"),
    ],
)
def test_a_tag_that_cannot_be_is_an_error(settings: Settings, changes: list[Any], message: str) -> None:
    with pytest.raises(ExtensionError) as error:
        build_set(settings, changes)
    assert message in str(error.value)


def test_two_extensions_do_not_set_one_tag() -> None:
    def one(payments: Draft) -> Draft:
        return add_tags(payments, {"Team": "a"})

    def other(payments: Draft) -> Draft:
        return add_tags(payments, {"Team": "b"})

    with pytest.raises(ExtensionError, match=r"extension .*other .*the tag Team is there"):
        build_set(Settings(), [one, other])
