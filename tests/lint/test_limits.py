"""Rules about what AWS refuses late: each limit at its edge, for every kind of thing that has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from governed_sets import EVERYTHING, parsed
from payflow_cfn.aws.parsed_set import ParsedSet, parse_set
from payflow_cfn.config.names import ENVIRONMENT_LIMIT
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint.limits import TAGGABLE
from payflow_cfn.lint.rules import apply_rules

SETS = (Settings(), EVERYTHING)
ANY = {"Type": "AWS::SNS::Topic", "Properties": {}}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
COUNTS = {"Outputs": 200, "Parameters": 200, "Mappings": 200, "Resources": 500}
# The constraint on the name in each resource's page of the CloudFormation reference.
LENGTHS = {
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80),
    "AWS::SQS::Queue": ("QueueName", 80),
    "AWS::DynamoDB::Table": ("TableName", 255),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", 255),
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255),
    "AWS::SNS::Topic": ("TopicName", 256),
    "AWS::KMS::Alias": ("AliasName", 256),
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
    "AWS::SecretsManager::Secret": ("Name", 512),
}


def told(rule: str, template: dict[str, Any], text: str = "") -> list[str]:
    templates = ParsedSet({"root": {"Resources": {"T": ANY}}, "child": template}, {"root": "", "child": text})
    return [each.message for each in apply_rules(templates, [rule]) if each.file == "child.json"]


@pytest.mark.parametrize("section", COUNTS)
def test_a_section_holds_its_limit_and_not_one_more(section: str) -> None:
    def many(count: int) -> dict[str, Any]:
        return {"Resources": {"T": ANY}} | {section: {f"X{number}": ANY for number in range(count)}}

    limit = COUNTS[section]
    assert told("PF040", many(limit)) == []
    assert told("PF040", many(limit + 1)) == [f"{limit + 1} {section}, the limit is {limit}"]


@pytest.mark.parametrize("letter", ["x", "é", "支"])
def test_texts_are_counted_in_bytes(letter: str) -> None:
    size = len(letter.encode())
    small: dict[str, Any] = {"Resources": {}}
    assert told("PF040", small | {"Description": letter * (1024 // size)}) == []
    assert told("PF040", small | {"Description": letter * (1024 // size + 1)}) == [
        "the description has more than 1024 bytes"
    ]
    fits = 1_000_000 // size
    assert told("PF040", small, letter * fits) == []
    assert len(told("PF040", small, letter * (fits + 1))) == 1


@pytest.mark.parametrize("kind", LENGTHS)
@pytest.mark.parametrize("form", ["text", "sub", "join"])
def test_a_name_that_only_fits_in_a_short_environment_is_found(kind: str, form: str) -> None:
    field, limit = LENGTHS[kind]

    def name(start: str) -> Any:
        forms = {
            "text": start + "e" * ENVIRONMENT_LIMIT,
            "sub": {"Fn::Sub": start + "${Environment}"},
            "join": {"Fn::Join": ["", [start, {"Ref": "Environment"}]]},
        }
        return forms[form]

    def long(length: int) -> list[str]:
        resource = {"Type": kind, "Properties": {field: name("a" * (length - ENVIRONMENT_LIMIT))}}
        template = {"Parameters": {"Environment": {"Type": "String"}}, "Resources": {"R": resource}}
        return [each for each in told("PF041", template) if "characters" in each]

    assert long(limit) == []
    assert long(limit + 1) == [f"the name has {limit + 1} characters, the limit is {limit}"]


def test_every_kind_of_the_set_that_takes_tags_is_known() -> None:
    resources = [each for settings in SETS for _, _, each in parsed(settings).resources()]
    tagged = {each["Type"] for each in resources if "Tags" in each["Properties"]}
    assert len(tagged) > 10
    assert tagged - set(TAGGABLE) == set()


@pytest.mark.parametrize("kind", TAGGABLE)
def test_every_kind_with_tags_needs_the_fixed_ones_and_takes_what_every_service_takes(kind: str) -> None:
    fixed = {"Environment": "dev", "Owner": "a", "CostCenter": "b", "DataClassification": "c"}

    def with_tags(tags: dict[str, str]) -> list[str]:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        resources = {"R": {"Type": kind, "Properties": {"Tags": listed}}}
        return told("PF042", {"Description": "payflow 1.0.0 root: tags", "Resources": resources})

    assert with_tags(fixed | {"Team": "ä"}) == []
    for missing in fixed:
        assert with_tags(fixed | {missing: ""})[0] == f"the tag {missing} is missing"
    for key, value in (("Team", "A, B"), ("aws:x", "1"), ("AWS:x", "1"), ("a", "x" * 257), ("k", "a\nb")):
        assert [each for each in with_tags(fixed | {key: value}) if each.startswith(f"tag {key}: ")], (key, value)


@pytest.mark.parametrize("kind", TAGGABLE)
def test_no_kind_has_a_tag_again_in_another_case_or_one_too_many(kind: str) -> None:
    fixed = ["Environment", "Owner", "CostCenter", "DataClassification"]

    def with_keys(*keys: str) -> list[str]:
        listed = [{"Key": key, "Value": "x"} for key in (*fixed, *keys)]
        return told("PF042", {"Resources": {"R": {"Type": kind, "Properties": {"Tags": listed}}}})

    assert with_keys("Team", *(f"t{number}" for number in range(45))) == []
    assert with_keys(*(f"t{number}" for number in range(47))) == ["there are 51 tags, the limit is 50"]
    for again in ("Team", "team", "TEAM"):
        assert with_keys("Team", again) == ["the tag team is there twice, or again in another case, which IAM refuses"]


def test_limits_are_looked_for_in_every_stack(broken: Callable[..., dict[str, str]]) -> None:
    def crowd(sets: Any) -> None:
        for template in sets.values():
            template["Description"] = "x" * 1025

    found = apply_rules(parse_set(broken(crowd)), ["PF040"])
    assert len({each.file for each in found if each.path == "Description"}) == 7
