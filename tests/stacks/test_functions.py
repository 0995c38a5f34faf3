"""The functions: a version for each thing that Lambda freezes, an alias that follows, the stack's own log groups."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from governed_sets import EVERYTHING, IDENTITIES, properties
from payflow_cfn.aws.parsed_set import ParsedSet, Place, parse_set, walk
from payflow_cfn.aws.values import listed
from payflow_cfn.config.settings import Settings, setting_names
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.config_schema import project_schema
from payflow_cfn.stacks.render import render_templates

TITLES = ("Validation", "Processing")
# Lists and tables; another value of every other setting follows from its schema.
LISTS: dict[str, Any] = {
    "reconcile_after_seconds": (1000,),
    "existing_keys": ("lambda",),
    "extensions": ("team:extension",),
    "tags": {"Team": "x"},
    "alarms_off": ("sfn-aborts",),
    "alarm_topics": {"payment-health": "PagerTopicArn"},
    "mute_windows": ("cron(0 2 * * SUN) PT2H",),
    "runbook_base_url": "https://runbooks.example/",
}
# What makes another version: the code's identity and these. A version without a difference is refused by Lambda, and
# a difference without a version leaves the alias on the old one.
FREEZES = {"runtime", "architecture", "function_memory", "function_timeout", "log_level", "tracing", "vpc"}


def other(name: str) -> Any:
    """Another value of a setting; one more of a number, so that no time contradicts another."""
    facts, default = project_schema()["properties"]["settings"]["properties"][name], getattr(Settings(), name)
    if name in LISTS:
        return LISTS[name]
    if isinstance(default, bool):
        return not default
    if "enum" in facts:
        return next(each for each in facts["enum"] if each != default)
    return default + 1 if default else facts["maximum"]


def set_of(settings: Settings, **code: str) -> ParsedSet:
    return parse_set(render_templates(build_stacks(settings, {**IDENTITIES, **code})))


def versions(settings: Settings, **code: str) -> dict[str, str]:
    found = [name for _, name, _ in set_of(settings, **code).resources("AWS::Lambda::Version")]
    return {title: each for title in TITLES for each in found if each.startswith(title)}


@pytest.mark.parametrize("name", setting_names())
@pytest.mark.slow
def test_a_setting_makes_another_version_exactly_when_lambda_freezes_it(name: str) -> None:
    before, after = versions(Settings()), versions(replace(Settings(), **{name: other(name)}))
    assert len(before) == len(after) == 2
    assert {title: before[title] != after[title] for title in TITLES} == dict.fromkeys(TITLES, name in FREEZES)


@pytest.mark.parametrize("title", TITLES)
def test_other_code_makes_another_version_of_its_own_function_only(title: str) -> None:
    before, after = versions(Settings()), versions(Settings(), **{title.lower(): "c"})
    assert {each: before[each] != after[each] for each in TITLES} == {each: each == title for each in TITLES}


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])
def test_alias_and_workflow_use_the_version_and_old_versions_stay(settings: Settings) -> None:
    templates, made = set_of(settings), versions(settings)
    aliases = properties(templates, "AWS::Lambda::Alias")
    assert {name: each["FunctionVersion"] for name, each in aliases.items()} == {
        f"{title}Alias": {"Fn::GetAtt": [made[title], "Version"]} for title in TITLES
    }
    for _, _, version in templates.resources("AWS::Lambda::Version"):
        assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")
    states = properties(templates, "AWS::StepFunctions::StateMachine")["PaymentWorkflow"]["Definition"]["States"]
    called = [each["Arguments"]["FunctionName"] for each in states.values() if "Payload" in each.get("Arguments", {})]
    assert {templates.origin("workflow", each) for each in called} == {
        Place("functions", f"{title}Alias", "Ref") for title in TITLES
    }


def allowed_actions(role: dict[str, Any]) -> set[str]:
    documents = [value for path, value in walk(role) if path.endswith("PolicyDocument") and isinstance(value, dict)]
    return {
        action
        for document in documents
        for each in document["Statement"]
        if each["Effect"] == "Allow"
        for action in listed(each.get("Action", "*"))
    }


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])
def test_lambda_cannot_make_a_log_group_behind_the_stacks_back(settings: Settings) -> None:
    templates = set_of(settings)
    for title in TITLES:
        role = properties(templates, "AWS::IAM::Role")[f"{title}Role"]
        actions = allowed_actions(role)
        assert "logs:PutLogEvents" in actions
        assert [each for each in actions if fnmatchcase("logs:createloggroup", each.lower())] == []
        # AWS's own basic-execution policy allows it.
        assert "ManagedPolicyArns" not in role
        function = properties(templates, "AWS::Lambda::Function")[f"{title}Function"]
        group = templates.origin("functions", function["LoggingConfig"]["LogGroup"])
        assert group == Place("functions", f"{title}LogGroup", "Ref")
