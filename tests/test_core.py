"""Names, tags, settings, the state machine and the template set, held to the contract."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from payflow_cfn import names
from payflow_cfn.asl import FUNCTION_ERRORS, machine_timeout
from payflow_cfn.errors import RenderError, SettingsError
from payflow_cfn.names import ENVIRONMENT_LIMIT, ENVIRONMENT_PATTERN, parse_environment
from payflow_cfn.render import render_templates
from payflow_cfn.settings import Settings, parse_settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.root import root_stack
from payflow_cfn.stacks.workflow import timing

CODE = {"validation": "a", "processing": "b"}
ALARMS = ("WorkflowFailures", "ValidationErrors", "ValidationThrottles", "ProcessingErrors", "ProcessingThrottles")
OUTPUTS = {
    *("StateMachineArn", "StateMachineName", "StateMachineId", "StateMachineRoleArn"),
    *(f"{f}Function{p}" for f in ("Validation", "Processing") for p in ("Name", "Arn", "InvokeArn", "RoleArn")),
    *("TransactionsTableName", "TransactionsTableArn", "TransactionsTableId"),
    *("NotificationsTopicArn", "NotificationsTopicName"),
    *(f"{group}LogGroup{part}" for group in ("Validation", "Processing", "Workflow") for part in ("Name", "Arn")),
    *(f"{key}Key{part}" for key in ("Dynamodb", "Sns", "Cloudwatch") for part in ("Id", "Arn")),
    *(f"{alarm}Alarm{part}" for alarm in (*ALARMS, "PaymentDuration") for part in ("Name", "Arn")),
    *("AccountId", "Region", "TemplateVersion"),
}


def templates(settings: Settings = Settings(), code: dict[str, str] = CODE) -> dict[str, Any]:  # noqa: B008
    return {name: json.loads(text) for name, text in render_templates(build_stacks(settings, code)).items()}


def versions(**changes: Any) -> set[str]:
    code = {**CODE, "validation": changes.pop("code", "a")}
    found = templates(Settings(**changes), code)["functions.json"]["Resources"]
    return {name for name, each in found.items() if each["Type"] == "AWS::Lambda::Version"}


@pytest.mark.parametrize("good", ["dev", "a", "pr-17", "a" * 38])
def test_an_environment_that_python_takes_the_template_takes(good: str) -> None:
    assert parse_environment(good) == good
    assert re.fullmatch(ENVIRONMENT_PATTERN, good)


@pytest.mark.parametrize("bad", ["", "Dev", "1dev", "dev-", "a--b", "dev\n", "feature/x", "d\u0435v", "a_b", "a b"])
def test_an_environment_that_python_refuses_the_template_refuses(bad: str) -> None:
    with pytest.raises(SettingsError):
        parse_environment(bad)
    assert not re.fullmatch(ENVIRONMENT_PATTERN, bad)


def test_one_letter_too_many_is_refused_with_resource_limit_and_length() -> None:
    assert ENVIRONMENT_LIMIT == 38
    with pytest.raises(SettingsError, match=r"function .* has 65 characters, the limit is 64"):
        parse_environment("a" * 39)


@pytest.mark.parametrize(
    "tags",
    [
        {"Owner": "A, B"}, {"AWS:x": "1"}, {"a": "x" * 257}, {"k": "line\nbreak"}, {"Env": "1", "env": "2"},
        {"environment": "x"}, {f"t{i}": "" for i in range(51)},
    ],
)  # fmt: skip
def test_a_tag_that_one_service_refuses_is_refused_by_name(tags: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="tag"):
        Settings(tags=tags)


def test_a_letter_with_an_umlaut_is_a_letter() -> None:
    assert Settings(tags={"Team": "ä"}).tags["Team"] == "ä"


def test_settings_name_the_nearest_key_and_the_wrong_type() -> None:
    with pytest.raises(SettingsError, match="did you mean 'function_timeout'"):
        parse_settings({"function_timout": 30})
    with pytest.raises(SettingsError, match=r"settings\.function_timeout"):
        parse_settings({"function_timeout": "soon"})
    with pytest.raises(SettingsError, match="allowed are 10 to 900"):
        parse_settings({"function_timeout": 901})
    assert parse_settings({"function_timeout": 30, "tags": {"Team": "x"}}).function_timeout == 30


def test_root_keeps_every_promised_output() -> None:
    assert len(OUTPUTS) == 44
    assert set(templates()["root.json"]["Outputs"]) >= OUTPUTS


def test_every_taggable_resource_carries_the_four_tags() -> None:
    carried = {"Environment", "Owner", "CostCenter", "DataClassification"}
    untagged = {"AWS::KMS::Alias", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::Subscription",
                "AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Logs::MetricFilter", "AWS::Logs::QueryDefinition",
                "AWS::SecretsManager::ResourcePolicy"}  # fmt: skip
    for template in templates().values():
        for each in template["Resources"].values():
            if each["Type"] not in untagged:
                assert carried <= {tag["Key"] for tag in each["Properties"]["Tags"]}, each["Type"]


def test_every_name_is_in_the_set() -> None:
    text = json.dumps(templates())
    missing = [each.purpose for each in names.ALL_NAMES.values() if each.sub() not in text]
    assert missing == ["stack payflow"]  # the root stack's own, which whoever deploys it gives


def test_a_version_follows_code_and_configuration_and_nothing_else() -> None:
    assert versions() == versions(tags={"Team": "x"})
    assert versions() == versions(retry_attempts=5)
    assert len(versions() & versions(code="c")) == 1
    assert not versions() & versions(function_timeout=30)


def test_every_role_is_bounded_only_where_a_boundary_is_given() -> None:
    roles = [r for t in templates().values() for r in t["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    assert len(roles) == 3
    for role in roles:
        condition, policy, absent = role["Properties"]["PermissionsBoundary"]["Fn::If"]
        assert (condition, absent) == ("HasBoundary", {"Ref": "AWS::NoValue"})
        assert "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/" in json.dumps(policy)


def test_no_function_role_may_create_a_log_group() -> None:
    assert "CreateLogGroup" not in json.dumps(templates())


def test_a_parameter_without_an_owner_is_refused() -> None:
    stacks = build_stacks(Settings(), CODE)
    del stacks["root"], stacks["encryption"].outputs["DynamodbKeyArn"]
    with pytest.raises(RenderError, match="DynamodbKeyArn of storage has no owner"):
        root_stack(Settings(), stacks)


def test_an_output_with_two_owners_is_refused() -> None:
    stacks = build_stacks(Settings(), CODE)
    stacks["storage"].outputs["SnsKeyArn"] = stacks["encryption"].outputs["SnsKeyArn"]
    del stacks["root"]
    with pytest.raises(RenderError, match="SnsKeyArn is an output of both encryption and storage"):
        root_stack(Settings(), stacks)


def test_tasks_outlast_their_functions_and_the_machine_outlasts_everything() -> None:
    settings = Settings()
    definition = templates()["workflow.json"]["Resources"]["PaymentWorkflow"]["Properties"]["Definition"]
    calls = {name: each for name, each in definition["States"].items() if "invoke" in json.dumps(each.get("Resource"))}
    assert set(calls) == {"ValidatePayment", "ProcessPayment", "ReconcilePayment"}
    for state in calls.values():
        assert state["TimeoutSeconds"] >= settings.function_timeout
        assert tuple(state["Retry"][0]["ErrorEquals"]) == FUNCTION_ERRORS
    steps = len(settings.reconcile_after_seconds) + 2
    longest = steps * 4 * calls["ProcessPayment"]["TimeoutSeconds"] + sum(settings.reconcile_after_seconds)
    assert definition["TimeoutSeconds"] == machine_timeout(timing(settings)) > longest


def test_nothing_parses_an_error_cause() -> None:
    text = json.dumps(templates()["workflow.json"])
    assert "StringToJson" not in text
    assert "$parse" not in text
    assert "errorOutput.Cause" not in text
