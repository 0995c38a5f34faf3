"""Add an alarm that notifies the topic as ours do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from payflow_cfn.aws.values import listed
from payflow_cfn.config import names
from payflow_cfn.config.alarms import Alarm, Threshold
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.plain import new_names, noted, plain
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.stacks.monitoring import alarm_of
from payflow_cfn.stacks.template_base import arn

_STACK = "monitoring"


def add_alarm(payments: Draft, row: Alarm) -> Draft:
    """Add an alarm to the monitoring stack; it may publish to the topic. If it pages, the composite alarm has it.

    The dimension's value is the name of a stack's output or of a root parameter. A Threshold adds a root parameter.
    """
    logical = f"{row.title}Alarm"
    new_names(payments, _STACK, "Resources", [logical])
    if isinstance(row.threshold, Threshold) and row.threshold.parameter not in payments.parameters:
        facts = {"Type": "Number", "MinValue": row.threshold.least, "Description": row.threshold.description}
        added = {row.threshold.parameter: {"Default": row.threshold.default, **facts}}
        payments = replace(payments, parameters={**payments.parameters, **added})
    made = noted(alarm_of(payments.settings, row).to_dict(), extension=payments.extension)
    payments = payments.with_section(_STACK, "Resources", {logical: made}).claimed(f"{_STACK}/{logical}")
    condition = {key: made[key] for key in ("Condition",) if key in made}
    outputs = {
        f"{logical}Name": {"Value": {"Ref": logical}, **condition},
        f"{logical}Arn": {"Value": {"Fn::GetAtt": [logical, "Arn"]}, **condition},
    }
    name = names.name("alarm", row.purpose)
    admitted = plain(arn("cloudwatch", f"alarm:{name.sub()}"))
    payments = payments.with_section(_STACK, "Outputs", outputs)
    payments = extend_statement(payments, "notifications", "NotificationsTopicPolicy", "AllowAlarms", admitted)
    payments = extend_statement(payments, "encryption", "SnsKey", "AllowAlarms", admitted)
    return _in_composite(payments, logical, f'ALARM("{name.sub()}")') if row.pages else payments


def _in_composite(payments: Draft, logical: str, rule: str) -> Draft:
    health = payments.stack(_STACK)["Resources"].get("PaymentHealthAlarm")
    if health is None:
        return payments
    glue, terms = health["Properties"]["AlarmRule"]["Fn::Join"]
    properties = {**health["Properties"], "AlarmRule": {"Fn::Join": [glue, [*terms, {"Fn::Sub": rule}]]}}
    changed = {**health, "Properties": properties, "DependsOn": [*health["DependsOn"], logical]}
    return payments.with_section(_STACK, "Resources", {"PaymentHealthAlarm": changed})


def extend_statement(payments: Draft, stack: str, resource: str, sid: str, value: Any) -> Draft:
    """Add a value to the ARN condition of a statement in a resource's policy.

    A resource that the set does not make is left out: an existing key has its owner's policy.
    """
    found = payments.stacks.get(stack, {}).get("Resources", {}).get(resource)
    if found is None:
        return payments
    key = "KeyPolicy" if "KeyPolicy" in found["Properties"] else "PolicyDocument"
    document = found["Properties"][key]
    statements = [_extended(each, value) if each.get("Sid") == sid else each for each in document["Statement"]]
    if statements == document["Statement"]:
        raise ExtensionError(f"{stack}/{resource} has no statement {sid} to extend", remedy="do not remove it before")
    changed = {**found, "Properties": {**found["Properties"], key: {**document, "Statement": statements}}}
    return payments.with_section(stack, "Resources", {resource: changed})


def _extended(statement: dict[str, Any], value: Any) -> dict[str, Any]:
    lists = {
        operator: {key: [*listed(values), value] for key, values in tests.items()}
        for operator, tests in statement["Condition"].items()
        if operator.startswith("Arn")
    }
    return {**statement, "Condition": {**statement["Condition"], **lists}}
