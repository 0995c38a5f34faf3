"""What a deploy changes of the stack itself is a part of its preview."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_cloudformation import NAME, FakeCloudFormation, change, refused
from payflow_cfn.config.options import Options
from payflow_cfn.deploy.changeset.stack_policy import stack_policy
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import parse_root
from payflow_cfn.deploy.preview import Preview, preview_change
from payflow_cfn.diff import InterfaceChange

TEMPLATE = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
NOTHING = {"Status": "FAILED", "StatusReason": "No updates are to be performed."}
ALARM, OTHER = "arn:aws:cloudwatch:eu-west-2:1:alarm:a", "arn:aws:cloudwatch:eu-west-2:1:alarm:b"


def deployed(*changes: dict[str, Any], outcome: Any = None, **facts: Any) -> FakeCloudFormation:
    cloud = FakeCloudFormation("", *(changes or (change("Q", "AWS::SQS::Queue"),)), **(outcome or {}))
    cloud.put(NAME, "UPDATE_COMPLETE", **facts)
    cloud.templates[NAME] = TEMPLATE
    return cloud


def seen(cloud: FakeCloudFormation, options: Options, tags: dict[str, str] | None = None) -> Preview:
    rendered = {"root.json": json.dumps(TEMPLATE)}
    request = Request(NAME, parse_root(rendered["root.json"]), {}, rendered, tags=tags, options=options)
    return preview_change(cloud.client, request)


def settings(found: Preview) -> list[tuple[str, Any, Any, bool]]:
    return [
        (each.name, each.before, each.after, each.breaking)
        for each in found.changes
        if isinstance(each, InterfaceChange) and each.kind == "stack"
    ]


def test_tags_of_the_stack_are_compared_where_the_deploy_sends_any() -> None:
    facts = {"Tags": [{"Key": "Team", "Value": "a"}, {"Key": "Old", "Value": "x"}]}
    found = seen(deployed(**facts), Options(), {"Team": "b", "New": "y"})
    assert settings(found) == [
        ("tag Team", "a", "b", False),
        ("tag Old", "x", None, False),
        ("tag New", None, "y", False),
    ]
    assert 'stack:\n  ~ tag Team: "a" -> "b"\n' in found.text
    assert settings(seen(deployed(**facts), Options())) == []


def test_role_targets_and_alarms_are_compared_where_the_deploy_sends_them() -> None:
    facts = {
        "RoleARN": "arn:aws:iam::1:role/old",
        "NotificationARNs": ["t1", "t2"],
        "RollbackConfiguration": {"RollbackTriggers": [{"Arn": ALARM, "Type": "x"}], "MonitoringTimeInMinutes": 5},
    }
    role = "arn:aws:iam::1:role/new"
    options = Options(role_arn=role, notification_arns=("t2", "t3"), rollback_alarms=(OTHER,), monitoring_minutes=10)
    assert settings(seen(deployed(**facts), options)) == [
        ("service role", "arn:aws:iam::1:role/old", role, False),
        ("notification target", "t1", None, True),
        ("notification target", None, "t3", False),
        ("rollback alarm", ALARM, None, True),
        ("rollback alarm", None, OTHER, False),
        ("minutes of monitoring", 5, 10, False),
    ]
    assert settings(seen(deployed(**facts), Options())) == []


def test_guards_are_compared_and_the_end_of_one_is_marked() -> None:
    options = Options(termination_protection=False, protect_stateful=True)
    found = seen(deployed(EnableTerminationProtection=True), options)
    assert settings(found) == [
        ("termination protection", True, False, True),
        ("stack policy", "another, or none", "protects what holds data", False),
    ]
    assert "  ! termination protection: true -> false" in found.text


def test_guards_that_are_on_are_no_change() -> None:
    cloud = deployed(EnableTerminationProtection=True)
    cloud.policies[cloud.stacks[NAME]["StackId"]] = stack_policy()
    assert settings(seen(cloud, Options(termination_protection=True, protect_stateful=True))) == []


def test_a_deploy_that_only_puts_guards_on_is_a_change_and_names_what_it_does_not_send() -> None:
    cloud = deployed(outcome=NOTHING)
    found = seen(cloud, Options(termination_protection=True, role_arn="arn:aws:iam::1:role/new"))
    assert settings(found) == [("termination protection", False, True, False)]
    assert found.changed
    assert found.proposal.notes == ("service role stays: it is sent with another change only",)
    assert not seen(deployed(outcome=NOTHING), Options()).changed


def test_a_policy_that_may_not_be_read_is_a_note() -> None:
    cloud = deployed()
    cloud.fail["get_stack_policy"] = [refused("AccessDenied")]
    found = seen(cloud, Options(protect_stateful=True))
    assert settings(found) == []
    assert found.text.splitlines()[-1].startswith("note: the stack policy is not compared: ")


def test_a_first_deploy_has_no_settings_to_compare() -> None:
    cloud = FakeCloudFormation("", change("Q", "AWS::SQS::Queue", "Add"))
    assert settings(seen(cloud, Options(termination_protection=True), {"Team": "a"})) == []


@pytest.mark.parametrize(("account", "is_there"), [("1", True), ("2", False)])
def test_the_account_of_the_stack_decides_a_condition(account: str, is_there: bool) -> None:
    new = {
        "Conditions": {"Here": {"Fn::Equals": [{"Ref": "AWS::AccountId"}, account]}},
        "Resources": {**TEMPLATE["Resources"], "New": {"Type": "AWS::SQS::Queue", "Condition": "Here"}},
    }
    text = json.dumps(new)
    request = Request(NAME, parse_root(text), {}, {"root.json": text})
    found = preview_change(deployed().client, request)
    assert ("New (AWS::SQS::Queue)" in found.text) is is_there
