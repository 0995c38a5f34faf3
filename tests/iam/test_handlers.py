"""What the schemas ask for, less what the tables leave out, each row with its reason still true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.iam.grants import parse_actions
from payflow_cfn.iam.handlers import children_of, permissions
from payflow_cfn.iam.unneeded import ALSO, FOR_PROPERTY, NEVER


def one(kind: str, properties: Mapping[str, Any], **attributes: str) -> TemplateSet:
    resource = {"Type": kind, "Properties": properties, **attributes}
    return TemplateSet({"root.json": json.dumps({"Resources": {"It": resource}})})


def schema_of(kind: str) -> Any:
    """What cfn-lint has of the type; imported here, since it takes a second."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema


def asked_for(kind: str) -> set[str]:
    """Everything that any handler of the type uses, and its tags."""
    schema = schema_of(kind)
    used = {action for each in schema["handlers"].values() for action in each.get("permissions", ())}
    return used | set(schema.get("tagging", {}).get("permissions", ()))


def test_the_nested_stacks_are_those_of_root(templates: TemplateSet) -> None:
    children = ("Encryption", "Functions", "Monitoring", "Notifications", "Storage", "Workflow")
    assert children_of(templates) == children


def test_a_property_brings_its_permissions() -> None:
    plain = permissions(one("AWS::DynamoDB::Table", {}))["AWS::DynamoDB::Table"]
    expiring = permissions(one("AWS::DynamoDB::Table", {"TimeToLiveSpecification": {}}))["AWS::DynamoDB::Table"]
    assert expiring - plain == {"dynamodb:UpdateTimeToLive"}


def test_a_property_may_be_part_of_another() -> None:
    kind = "AWS::Lambda::Function"
    by_version = permissions(one(kind, {"Code": {"S3ObjectVersion": "1"}}))[kind]
    assert by_version - permissions(one(kind, {"Code": {"S3Key": "k"}}))[kind] == {"s3:GetObjectVersion"}


def test_tags_bring_their_permissions() -> None:
    kind = "AWS::IAM::Role"
    assert permissions(one(kind, {"Tags": []}))[kind] - permissions(one(kind, {}))[kind] == {"iam:ListRoleTags"}


def test_what_is_kept_for_ever_needs_no_permission_to_delete() -> None:
    kind = "AWS::KMS::Key"
    kept = permissions(one(kind, {}, DeletionPolicy="Retain", UpdateReplacePolicy="Retain"))[kind]
    half = permissions(one(kind, {}, DeletionPolicy="Retain"))[kind]
    assert half - kept == {"kms:ScheduleKeyDeletion"}


@pytest.mark.parametrize(
    "never",
    [
        *("dynamodb:DeleteTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "kms:ScheduleKeyDeletion"),
        *("kms:DisableKey", "logs:DeleteLogGroup", "secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"),
        *("iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreateServiceLinkedRole"),
        *("logs:GetLogEvents", "logs:FilterLogEvents", "states:StartExecution", "lambda:InvokeFunction"),
    ],
)
def test_a_deployer_reads_no_payment_and_loses_none(never: str, templates: TemplateSet) -> None:
    assert never not in frozenset().union(*permissions(templates).values())


def test_every_type_of_the_set_has_its_permissions(templates: TemplateSet) -> None:
    found = permissions(templates)
    kinds = {each["Type"] for one_of in templates.documents.values() for each in one_of["Resources"].values()}
    assert set(found) == kinds
    assert all(found.values())
    assert len(frozenset().union(*found.values())) < len(set().union(*map(asked_for, found))) * 2 / 3


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for table in (FOR_PROPERTY, NEVER) for kind, rows in table.items() for text in rows.items()],
)
def test_each_row_leaves_out_what_a_schema_asks_for(kind: str, text: tuple[str, str]) -> None:
    actions = text[0] if ":" in text[0] else text[1]
    assert set(parse_actions(actions)) - asked_for(kind) == set()


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, rows in FOR_PROPERTY.items() for path in rows])
def test_each_property_is_one_of_the_type(kind: str, path: str) -> None:
    schema = schema_of(kind)
    assert path.partition(".")[0] in schema["properties"]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, rows in ALSO.items() for text in rows])
def test_what_is_added_is_what_the_schema_lacks(kind: str, text: str) -> None:
    assert not set(parse_actions(text)) & (asked_for(kind) - {"kms:Decrypt"})


def test_each_reason_is_a_sentence_or_a_page() -> None:
    reasons = [reason for table in (NEVER, ALSO) for rows in table.values() for reason in rows.values()]
    assert all(len(each) > 20 for each in reasons)
