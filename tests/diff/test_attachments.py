"""A resource that sets something of another one, under another logical id: the removal of the old one comes last."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.diff import Effect, diff_sets, text

from .conftest import Templates, one_stack, resources

STATEMENT = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "a:B", "Resource": "*"}]}
OWNERS: dict[str, Any] = {
    "Queue": ("AWS::SQS::Queue", {}),
    "Topic": ("AWS::SNS::Topic", {}),
    "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": []}}),
    "Group": ("AWS::IAM::Group", {}),
    "Bucket": ("AWS::S3::Bucket", {}),
    "Secret": ("AWS::SecretsManager::Secret", {}),
}
LOST: dict[str, dict[str, Any]] = {
    "AWS::SQS::QueuePolicy": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": STATEMENT},
    "AWS::SNS::TopicPolicy": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": STATEMENT},
    "AWS::SNS::Subscription": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@b.c"},
    "AWS::SecretsManager::ResourcePolicy": {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": STATEMENT},
    "AWS::SecretsManager::RotationSchedule": {"SecretId": {"Ref": "Secret"}},
    "AWS::IAM::Policy": {"PolicyName": "p", "Roles": [{"Ref": "Role"}], "PolicyDocument": STATEMENT},
    "AWS::IAM::UserToGroupAddition": {"GroupName": {"Ref": "Group"}, "Users": ["u"]},
}
REFUSED: dict[str, dict[str, Any]] = {
    "AWS::SQS::QueueInlinePolicy": {"Queue": {"Ref": "Queue"}, "PolicyDocument": STATEMENT},
    "AWS::SNS::TopicInlinePolicy": {"TopicArn": {"Ref": "Topic"}, "PolicyDocument": STATEMENT},
    "AWS::S3::BucketPolicy": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": STATEMENT},
    "AWS::Logs::ResourcePolicy": {"PolicyName": "p", "PolicyDocument": "{}"},
    "AWS::KMS::Alias": {"AliasName": "alias/a", "TargetKeyId": "k"},
    "AWS::Lambda::Alias": {"Name": "live", "FunctionName": "f", "FunctionVersion": "1"},
}


def named(logical_id: str, kind: str, given: dict[str, Any], **more: str) -> Templates:
    found = one_stack(**OWNERS, **{logical_id: (kind, given)})
    found["root.json"]["Resources"][logical_id] |= more
    return found


@pytest.mark.parametrize(("kind", "given"), LOST.items())
def test_what_the_removal_of_a_renamed_resource_takes_away_is_listed(kind: str, given: dict[str, Any]) -> None:
    changes = diff_sets(named("Old", kind, given), named("New", kind, given))
    (loss,) = resources(changes)["Old"].losses
    assert "which New sets as well, is deleted" in loss
    assert "keep the logical id Old" in loss
    assert f"taken away:\n  ! Old ({kind})" in text(changes)


@pytest.mark.parametrize(("kind", "given"), LOST.items())
def test_what_is_retained_takes_nothing_away(kind: str, given: dict[str, Any]) -> None:
    old = named("Old", kind, given, DeletionPolicy="Retain")
    assert resources(diff_sets(old, named("New", kind, given)))["Old"].losses == ()


@pytest.mark.parametrize(("kind", "given"), REFUSED.items())
def test_one_that_cannot_be_made_beside_the_old_one_is_refused(kind: str, given: dict[str, Any]) -> None:
    found = resources(diff_sets(named("Old", kind, given), named("New", kind, given)))
    assert found["New"].effect is Effect.REFUSED


def test_a_permission_has_a_statement_of_its_own() -> None:
    given = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    kind = "AWS::Lambda::Permission"
    found = resources(diff_sets(named("Old", kind, given), named("New", kind, given)))
    assert (found["New"].effect, found["Old"].losses) == (Effect.NO_INTERRUPTION, ())


@pytest.mark.parametrize("key", [{"Fn::GetAtt": ["Queue", "QueueUrl"]}, {"Fn::Sub": "${Queue}"}])
def test_the_target_is_known_in_any_form(key: Any) -> None:
    kind = "AWS::SQS::QueuePolicy"
    new = {"Queues": [key], "PolicyDocument": STATEMENT}
    assert resources(diff_sets(named("Old", kind, LOST[kind]), named("New", kind, new)))["Old"].losses


def test_another_target_takes_nothing_away() -> None:
    kind = "AWS::SNS::TopicPolicy"
    new = {"Topics": ["another"], "PolicyDocument": STATEMENT}
    assert resources(diff_sets(named("Old", kind, LOST[kind]), named("New", kind, new)))["Old"].losses == ()


def test_a_policy_that_moves_into_its_role_or_type_is_lost_as_well() -> None:
    kind = "AWS::IAM::Policy"
    inside = one_stack(**OWNERS)
    inside["root.json"]["Resources"]["Role"]["Properties"]["Policies"] = [
        {"PolicyName": "p", "PolicyDocument": STATEMENT}
    ]
    assert resources(diff_sets(named("Old", kind, LOST[kind]), inside))["Old"].losses
    one, other = "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"
    assert resources(diff_sets(named("Old", one, LOST[one]), named("New", other, REFUSED[other])))["Old"].losses


def test_a_target_that_moves_to_another_policy_is_lost_by_the_update() -> None:
    kind = "AWS::SQS::QueuePolicy"
    old = named("A", kind, {"Queues": [{"Ref": "Queue"}, "other"], "PolicyDocument": STATEMENT})
    new = named("A", kind, {"Queues": ["other"], "PolicyDocument": STATEMENT})
    new["root.json"]["Resources"]["B"] = {"Type": kind, "Properties": LOST[kind]}
    assert resources(diff_sets(old, new))["A"].losses


def test_a_second_policy_of_one_queue_is_noted() -> None:
    kind = "AWS::SQS::QueuePolicy"
    old = named("A", kind, LOST[kind])
    new = named("A", kind, LOST[kind])
    new["root.json"]["Resources"]["B"] = {"Type": kind, "Properties": LOST[kind]}
    (note,) = resources(diff_sets(old, new))["B"].notes
    assert note == "A sets the policy of ${Queue} as well: the last one that is written holds"
