"""What one deploy wants of CloudFormation, and the CreateChangeSet call that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy.cloudformation.template import RootTemplate, needed_capabilities


@dataclass(frozen=True, slots=True)
class Request:
    """All that one deploy wants of CloudFormation.

    `rendered` is the set as it is sent, {file name: text}: it explains the change set, and says which capabilities are
    needed. A template that stands alone goes without it.
    """

    stack_name: str
    root: RootTemplate
    parameters: Mapping[str, str]
    rendered: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    options: Options = DEFAULTS


def change_set_call(request: Request, values: list[dict[str, Any]], *, kind: str, name: str) -> dict[str, Any]:
    """The arguments of CreateChangeSet; what was not asked for is left out, so that the stack keeps it."""
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


# Rollback is given, although the standard mode has it by default: express mode is about readiness alone here.
EXPRESS = {"Mode": "EXPRESS", "DisableRollback": False}


def rollback_configuration(options: Options) -> dict[str, Any]:
    """What makes CloudFormation roll back when one of the alarms goes off, also some minutes after the end."""
    triggers = [{"Arn": arn, "Type": _alarm_type(arn)} for arn in options.rollback_alarms]
    return {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": options.monitoring_minutes}


def _alarm_type(arn: str) -> str:
    # A composite alarm's ARN looks like a metric alarm's; ours are told apart by name.
    return "AWS::CloudWatch::CompositeAlarm" if ":alarm:alarm-payment-health-" in arn else "AWS::CloudWatch::Alarm"
