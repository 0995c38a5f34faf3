"""The notes say what an upgrade replaces, changes, adds and removes, and what executions in flight and rows meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.diff import Change
from payflow_cfn.diff.upgrade_notes import COMPATIBLE, notes_text, upgrade_notes
from payflow_cfn.version import TEMPLATE_VERSION

from .conftest import Templates, properties

After = Callable[..., list[Change]]
TABLE = "Storage/TransactionsTable (AWS::DynamoDB::Table dynamodb-transactions-dev)"
TOPIC = "Notifications/NotificationsTopic (AWS::SNS::Topic sns-payment-notifications-dev)"
ALIAS = "Functions/ValidationAlias"


def states(templates: Templates) -> dict[str, Any]:
    (machine,) = [
        each["Properties"]
        for each in templates["workflow.json"]["Resources"].values()
        if each["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    found: dict[str, Any] = machine["Definition"]["States"]
    return found


def rename_table(templates: Templates) -> None:
    properties(templates, "storage", "TransactionsTable")["TableName"] = "another"


def rename_topic(templates: Templates) -> None:
    properties(templates, "notifications", "NotificationsTopic")["TopicName"] = "another"


def keep_less(templates: Templates) -> None:
    table = properties(templates, "storage", "TransactionsTable")
    table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] = False


def add_and_remove(templates: Templates) -> None:
    resources = templates["notifications.json"]["Resources"]
    resources["MoreTopic"] = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "more"}}
    del templates["monitoring.json"]["Resources"]["ValidationThrottlesAlarm"]
    del templates["monitoring.json"]["Outputs"]["ValidationThrottlesAlarmName"]
    del templates["monitoring.json"]["Outputs"]["ValidationThrottlesAlarmArn"]
    del templates["root.json"]["Outputs"]["ValidationThrottlesAlarmName"]
    del templates["root.json"]["Outputs"]["ValidationThrottlesAlarmArn"]


def need_a_value(templates: Templates) -> None:
    templates["root.json"]["Parameters"]["Owner"] = {"Type": "String"}


def publish(templates: Templates) -> None:
    resources = templates["functions.json"]["Resources"]
    (name,) = [each for each in resources if each.startswith("ValidationVersion")]
    resources["ValidationVersion1"] = resources.pop(name)
    resources["ValidationAlias"]["Properties"]["FunctionVersion"] = {"Fn::GetAtt": ["ValidationVersion1", "Version"]}


def change_definition(templates: Templates) -> None:
    found = states(templates)
    found["Pause"] = {"Type": "Pass", "Next": "ProcessPayment"}
    payload = found["ProcessPayment"]["Arguments"]["Payload"]
    payload["refusal"] = "x"
    del payload["quiet_seconds"]
    found["ReconcilePayment"]["TimeoutSeconds"] = 999


def allow_more(templates: Templates) -> None:
    role = properties(templates, "functions", "ValidationRole")
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]


@pytest.mark.parametrize(
    ("edit", "topic", "said"),
    [
        (rename_table, "replaced", f"{TABLE}: replaced, for TableName, the old one is retained"),
        (rename_table, "data at risk", f"! {TABLE} would be replaced; the old one is retained"),
        (rename_table, "rows", f"{TABLE}: replaced"),
        (rename_topic, "replaced", f"{TOPIC}: replaced, for TopicName"),
        (keep_less, "updated in place", f"{TABLE}: PointInTimeRecoverySpecification"),
        (keep_less, "data at risk", f"{TABLE}: "),
        (keep_less, "rows", f"{TABLE}: no interruption"),
        (add_and_remove, "added", "Notifications/MoreTopic (AWS::SNS::Topic more)"),
        (add_and_remove, "removed", "Monitoring/ValidationThrottlesAlarm (AWS::CloudWatch::Alarm "),
        (add_and_remove, "outputs", "! breaking: output ValidationThrottlesAlarmArn: removed"),
        (need_a_value, "parameters", "! breaking: parameter Owner: new, and needs a value"),
        (allow_more, "permissions", "! "),
        (publish, "versions of functions", f"{ALIAS} moves from Functions/ValidationVersion"),
        (publish, "executions in flight", "the definition is the same"),
        (publish, "executions in flight", "its next steps call the new versions of the functions"),
        (change_definition, "executions in flight", "the state Pause is new"),
        (change_definition, "executions in flight", "ProcessPayment sends refusal"),
        (change_definition, "executions in flight", "ProcessPayment no longer sends quiet_seconds"),
        (change_definition, "executions in flight", "executions that begin later have other settings of "),
    ],
)
@pytest.mark.slow
def test_each_topic_has_its_changes(after: After, edit: Callable[[Templates], None], topic: str, said: str) -> None:
    found = upgrade_notes(after(edit), old="1.0.0", new="1.1.0")
    assert [line for line in found[topic] if line.startswith(said)], found[topic]
    assert f"{topic}:\n  " in notes_text(found)


def test_without_a_change_every_topic_says_so() -> None:
    assert notes_text(upgrade_notes([], old="1.0.0", new="1.0.0")).splitlines() == [
        "replaced: nothing",
        "data at risk: none",
        "updated in place: nothing",
        "added: nothing",
        "removed: nothing",
        "parameters: the same",
        "outputs: the same",
        "other parts of the templates: the same",
        "permissions: the same",
        "versions of functions: the same",
        "executions in flight:",
        "  an execution keeps the definition that it began with, to its end",
        "  the definition is the same",
        "rows:",
        "  the table stays as it is",
        "  the functions of either version read the rows of the other; "
        "tested from each release to this version and back",
    ]


def test_of_a_version_that_no_test_has_gone_through_it_is_not_known() -> None:
    found = upgrade_notes([], old="1.0.0", new="")
    assert found["rows"][-1].startswith("not known for 1.0.0 and a set without a version: whether the functions")


def test_the_compatible_versions_end_with_this_one() -> None:
    assert COMPATIBLE[-1] == TEMPLATE_VERSION
