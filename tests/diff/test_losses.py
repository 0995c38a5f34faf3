"""What an update in place takes away for good is told, though no schema calls it dangerous."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.diff import Change, diff_sets, text
from payflow_cfn.diff.losses import LOSSES

from .conftest import Templates, one_stack, properties, resources

After = Callable[..., list[Change]]
TABLE, LOGS, QUEUE, KEY = "AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::KMS::Key"
SECRET, MACHINE = "AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine"
RECOVERY = "PointInTimeRecoverySpecification"
CASES = [
    (TABLE, {"SSESpecification": {"SSEEnabled": True}}, {"SSESpecification": {"SSEEnabled": False}}),
    (MACHINE, {"LoggingConfiguration": {"Level": "ALL"}}, {"LoggingConfiguration": {"Level": "OFF"}}),
    (MACHINE, {"LoggingConfiguration": {"Level": "ALL"}}, {}),
    (
        MACHINE,
        {"LoggingConfiguration": {"IncludeExecutionData": False}},
        {"LoggingConfiguration": {"IncludeExecutionData": True}},
    ),
    (
        MACHINE,
        {"EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY"}},
        {"EncryptionConfiguration": {"Type": "AWS_OWNED_KEY"}},
    ),
    (MACHINE, {"TracingConfiguration": {"Enabled": True}}, {}),
    ("AWS::CloudWatch::Alarm", {"ActionsEnabled": True}, {"ActionsEnabled": False}),
    ("AWS::CloudWatch::CompositeAlarm", {"ActionsEnabled": True}, {"ActionsEnabled": False}),
    (TABLE, {"DeletionProtectionEnabled": True}, {"DeletionProtectionEnabled": False}),
    (TABLE, {RECOVERY: {"PointInTimeRecoveryEnabled": "true"}}, {RECOVERY: {"PointInTimeRecoveryEnabled": "false"}}),
    (TABLE, {RECOVERY: {"PointInTimeRecoveryEnabled": True}}, {}),
    (TABLE, {}, {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "a"}}),
    (TABLE, {"SSESpecification": {"SSEEnabled": True}}, {}),
    (LOGS, {"RetentionInDays": "30"}, {"RetentionInDays": 7}),
    (LOGS, {}, {"RetentionInDays": 7}),
    (LOGS, {"KmsKeyId": "k"}, {}),
    (QUEUE, {"MessageRetentionPeriod": 100}, {"MessageRetentionPeriod": 60}),
    (KEY, {}, {"Enabled": False}),
    (KEY, {"EnableKeyRotation": True}, {}),
    (SECRET, {"GenerateSecretString": {"PasswordLength": 32}}, {"GenerateSecretString": {"PasswordLength": 40}}),
]


@pytest.mark.parametrize(("kind", "before", "after"), CASES)
def test_what_is_lost_is_told_and_the_way_back_is_not(kind: str, before: Any, after: Any) -> None:
    one, other = one_stack(A=(kind, before)), one_stack(A=(kind, after))
    changes = diff_sets(one, other)
    assert len(resources(changes)["A"].losses) == 1
    assert "\ntaken away:\n  ! A (" in text(changes)
    back = resources(diff_sets(other, one))["A"].losses
    assert back == () or kind == SECRET or "TimeToLive" in str(after)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (LOGS, {"RetentionInDays": 7}, {"RetentionInDays": 30}),
        (LOGS, {"RetentionInDays": 7}, {}),
        (LOGS, {"RetentionInDays": 7}, {"RetentionInDays": {"Ref": "AWS::Region"}}),
        (TABLE, {"DeletionProtectionEnabled": False}, {"DeletionProtectionEnabled": True}),
        (KEY, {"Enabled": False}, {"Enabled": True}),
    ],
)
def test_what_is_not_lost_is_not_told(kind: str, before: Any, after: Any) -> None:
    changes = diff_sets(one_stack(A=(kind, before)), one_stack(A=(kind, after)))
    assert resources(changes)["A"].losses == ()


@pytest.mark.parametrize("policy", ["DeletionPolicy", "UpdateReplacePolicy"])
def test_a_policy_that_no_longer_keeps_is_told(after: After, policy: str) -> None:
    def edit(templates: Templates) -> None:
        del templates["storage.json"]["Resources"]["TransactionsTable"][policy]

    (found,) = resources(after(edit)).values()
    assert found.losses[0].startswith("it is no longer kept when it is")
    assert policy in found.losses[0]


def test_the_shipped_table_loses_its_protection_loudly(after: After) -> None:
    def edit(templates: Templates) -> None:
        properties(templates, "storage", "TransactionsTable")["DeletionProtectionEnabled"] = False

    assert (
        "! Storage/TransactionsTable (AWS::DynamoDB::Table dynamodb-transactions-dev): the table may be deleted"
        in text(after(edit))
    )


def test_every_rule_has_a_case() -> None:
    assert {rule.resource_type for rule in LOSSES} <= {kind for kind, _, _ in CASES}
