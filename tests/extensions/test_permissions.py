"""Statements with a reason in the policies of our keys, topic and queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, Permission, admit, allow
from payflow_cfn.lint import lint_set
from payflow_cfn.stacks.render import build_set

EVENTS = {"Service": "events.amazonaws.com"}
HERE = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
TOPIC = "Notifications/NotificationsTopicPolicy"


def publishing(payments: Draft) -> Draft:
    """A rule of the account's default bus may publish to the topic, which is under the key."""
    use = Permission("kms:Decrypt GenerateDataKey", "*", "EventBridge publishes to the encrypted topic", HERE)
    publish = Permission("sns:Publish", {"Ref": "NotificationsTopic"}, "EventBridge sends results", HERE)
    return admit(admit(payments, "Encryption/SnsKey", EVENTS, use), TOPIC, EVENTS, publish)


def policies(templates: TemplateSet) -> dict[str, Any]:
    documents = templates.documents
    return {
        "key": documents["encryption.json"]["Resources"]["SnsKey"]["Properties"]["KeyPolicy"],
        "topic": documents["notifications.json"]["Resources"]["NotificationsTopicPolicy"]["Properties"][
            "PolicyDocument"
        ],
    }


@pytest.mark.slow
def test_the_statements_stand_after_ours_with_their_principal() -> None:
    plain, found = policies(build_set(Settings(), [])), policies(build_set(Settings(), [publishing]))
    assert {name: each["Statement"][:-1] for name, each in found.items()} == {
        name: each["Statement"] for name, each in plain.items()
    }
    assert found["topic"]["Statement"][-1] == {
        "Sid": "PublishSns",
        "Effect": "Allow",
        "Principal": EVENTS,
        "Action": ["sns:Publish"],
        "Resource": [{"Ref": "NotificationsTopic"}],
        "Condition": HERE,
    }
    assert found["key"]["Statement"][-1]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


@pytest.mark.slow
def test_lint_and_audit_find_nothing() -> None:
    found = build_set(Settings(), [publishing])
    assert [*lint_set(found), *audit_set(found)] == []


@pytest.mark.parametrize(("file", "resource", "field"), [
    ("encryption.json", "SnsKey", "KeyPolicy"),
    ("notifications.json", "NotificationsTopicPolicy", "PolicyDocument"),
])  # fmt: skip
@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda statements: statements.pop(), "missing"),
        (lambda statements: statements[-1].pop("Condition"), "widened"),
    ],
)
def test_audit_knows_what_was_admitted(
    file: str, resource: str, field: str, change: Callable[[list[Any]], Any], kind: str
) -> None:
    found = build_set(Settings(), [publishing])
    document = json.loads(found.templates[file])
    change(document["Resources"][resource]["Properties"][field]["Statement"])
    changed = replace(found, templates={**found.templates, file: json.dumps(document)})
    assert {each.kind for each in audit_set(changed)} == {kind}


def test_the_policy_of_an_existing_key_is_its_owners() -> None:
    settings = Settings(existing_keys=("sns",))
    need = Permission("kms:Decrypt", "*", "it reads")
    found = build_set(settings, [lambda payments: admit(payments, "Encryption/SnsKey", EVENTS, need)])
    assert found.templates == build_set(settings, []).templates


@pytest.mark.parametrize(
    ("actions", "resource", "message"),
    [
        ("iam:*", "*", "the permission 'iam:*' on every resource has no limit"),
        ("s3:GetObject *", ["arn:aws:s3:::ours/*", "*"], "has no limit"),
        ("*:*", "*", "lacks its service"),
        ("GetItem", "*", "lacks its service"),
        ("dynamodb:GetItem dynamodb:Query", "*", "is not one text"),
        (("dynamodb:GetItem",), "*", "is not one text"),
    ],
)
def test_a_permission_without_a_limit_or_in_another_form_is_an_error(actions: Any, resource: Any, message: str) -> None:
    need = Permission(actions, resource, "it does")
    with pytest.raises(ExtensionError) as error:
        build_set(Settings(), [lambda payments: allow(payments, "Functions/ProcessingRole", need)])
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("resource", "need", "message"),
    [
        ("Encryption/SnsKy", Permission("kms:Decrypt", "*", "why"), "did you mean 'SnsKey'?"),
        (
            "Encryption/SnsKeyAlias",
            Permission("kms:Decrypt", "*", "why"),
            "is not a policy of a key, a topic or a queue",
        ),
        ("Encryption/SnsKey", Permission("kms:Decrypt", "*", " "), "lacks its service or its reason"),
    ],
)
def test_what_cannot_be_admitted_is_an_error(resource: str, need: Permission, message: str) -> None:
    with pytest.raises(ExtensionError) as error:
        build_set(Settings(), [lambda payments: admit(payments, resource, EVENTS, need)])
    assert message in str(error.value)
