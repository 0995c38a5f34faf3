"""A role of a team, and a log group of a team under our key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.extensions import Draft, Permission, add_resource, add_role, add_stack
from payflow_cfn.jsontext import json_text
from payflow_cfn.stacks.render import build_set

READ = Permission("dynamodb:GetItem", {"Ref": "TransactionsTableArn"}, "it reads payments")
GROUP = {"LogGroupName": {"Fn::Sub": "/team/reports-${Environment}"}, "KmsKeyId": {"Ref": "CloudwatchKeyArn"}}


def reporting(payments: Draft) -> Draft:
    payments = add_stack(payments, "reports", purpose="reports")
    source = {"Fn::Sub": "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/reports"}
    payments = add_role(
        payments,
        "reports",
        "ReportsRole",
        purpose="reports",
        service="scheduler.amazonaws.com",
        source=source,
        needs=[READ],
    )
    return add_resource(
        payments, "reports", {"Type": "AWS::Logs::LogGroup", "Properties": GROUP}, name="ReportsLogGroup"
    )


def test_a_role_has_the_path_the_boundary_and_just_its_needs() -> None:
    found = build_set(Settings(), [reporting])
    role: Any = found.documents["reports.json"]["Resources"]["ReportsRole"]["Properties"]
    assert (role["RoleName"], role["Path"]) == ({"Fn::Sub": "role-reports-${Environment}"}, {"Ref": "RolePath"})
    assert role["PermissionsBoundary"]["Fn::If"][0] == "HasBoundary"
    assert audit_set(found) == []


def test_audit_reports_a_role_of_a_team_without_the_boundary() -> None:
    found = build_set(Settings(), [reporting])
    document: Any = dict(found.documents["reports.json"])
    role = dict(document["Resources"]["ReportsRole"])
    role["Properties"] = {key: each for key, each in role["Properties"].items() if key != "PermissionsBoundary"}
    document["Resources"] = {**document["Resources"], "ReportsRole": role}
    edited = replace(found, templates={**found.templates, "reports.json": json_text(document) + "\n"})
    assert [(each.kind, each.resource) for each in audit_set(edited)] == [("missing", "ReportsRole")]


def test_our_key_takes_a_log_group_of_a_team() -> None:
    key: Any = build_set(Settings(), [reporting]).documents["encryption.json"]["Resources"]["CloudwatchKey"]
    (logs,) = [each for each in key["Properties"]["KeyPolicy"]["Statement"] if each["Sid"] == "AllowLogs"]
    groups = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert [each for each in groups if "/team/reports-${Environment}" in each["Fn::Sub"]] != []
