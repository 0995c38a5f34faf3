"""The request of one deploy, and its CreateChangeSet call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy.cloudformation.template import RootTemplate, needed_capabilities


@dataclass(frozen=True, slots=True)
class Request:
    """All that one deploy sends to CloudFormation.

    `rendered` is the set as it is sent, {file name: text}: it explains the change set, and the needed capabilities
    follow from it. It is empty for a template without nested stacks.
    """

    stack_name: str
    root: RootTemplate
    parameters: Mapping[str, str]
    rendered: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    options: Options = DEFAULTS


def change_set_call(request: Request, values: list[dict[str, Any]], *, kind: str, name: str) -> dict[str, Any]:
    """The arguments of CreateChangeSet; an option that is not set is left out, so that the stack keeps its own."""
    call: dict[str, Any] = {
        "StackName": request.stack_name,
        "ChangeSetName": name,
        "ClientToken": name,
        "ChangeSetType": kind,
        "IncludeNestedStacks": True,
        **request.root.sent,
        "Parameters": values,
        "Capabilities": list(needed_capabilities(request.root, request.rendered.values())),
    }
    if request.tags is not None:
        call["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(request.tags.items())]
    options = request.options
    if options.role_arn:
        call["RoleARN"] = options.role_arn
    if options.notification_arns:
        call["NotificationARNs"] = list(options.notification_arns)
    if options.rollback_alarms:
        call["RollbackConfiguration"] = rollback_configuration(options)
    if options.revert_drift and kind == "UPDATE":  # a new stack has no resources that differ
        call["DeploymentMode"] = "REVERT_DRIFT"
    if options.express:
        call["DeploymentConfig"] = EXPRESS
    return call


def planned_call(request: Request, values: list[dict[str, Any]], *, kind: str, name: str) -> dict[str, Any]:
    """The arguments for a change set that a plan leaves; `options_mark` is in its description."""
    call = change_set_call(request, values, kind=kind, name=name)
    return {**call, "Description": options_mark(call)}


def options_mark(call: Mapping[str, Any]) -> str:
    """A digest of all that a call sends beside templates and parameters, which the change set shows itself.

    CloudFormation shows no service role of a change set, so that a comparison needs it.
    """
    shown = {*_OF_ONE_CALL, "TemplateURL", "TemplateBody", "Parameters", "DeploymentMode"}
    text = json.dumps({key: value for key, value in call.items() if key not in shown}, sort_keys=True)
    return f"plan of payflow, options {hashlib.sha256(text.encode()).hexdigest()}"


_OF_ONE_CALL = ("StackName", "ChangeSetName", "ClientToken", "ChangeSetType", "Description")


# Rollback is given, although the standard mode has it by default: express mode is about readiness alone here.
EXPRESS = {"Mode": "EXPRESS", "DisableRollback": False}


def rollback_configuration(options: Options) -> dict[str, Any]:
    """The RollbackConfiguration: roll back when one of the alarms goes off, also some minutes after the end."""
    triggers = [{"Arn": arn, "Type": _alarm_type(arn)} for arn in options.rollback_alarms]
    return {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": options.monitoring_minutes}


def _alarm_type(arn: str) -> str:
    # The ARNs of composite and metric alarms have the same form; our composite alarm is recognised by its name.
    return "AWS::CloudWatch::CompositeAlarm" if "alarm-payment-health-" in arn else "AWS::CloudWatch::Alarm"
