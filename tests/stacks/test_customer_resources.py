"""What is given instead of made: keys that exist, a boundary, a path; each is used wherever ours would be."""

from __future__ import annotations

import re

import pytest

from governed_sets import EVERYTHING, PURPOSES, parsed, passed
from payflow_cfn.aws.parsed_set import walk
from payflow_cfn.config.settings import KeyPurpose, Settings, parse_settings
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.customer_resources import KEYS


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_existing_key_is_used_wherever_ours_was_and_none_is_made(purpose: KeyPurpose) -> None:
    title = KEYS[purpose]
    plain, given = parsed(Settings()), parsed(Settings(existing_keys=(purpose,)))
    made = {logical for _, logical, each in given.resources() if each["Type"].startswith("AWS::KMS::")}
    assert len(made) == 8
    assert not made & {title, f"{title}Alias"}
    for stack, template in plain.templates.items():
        taken = template["Parameters"].get(f"{title}Arn")
        assert stack == "root" or given.templates[stack]["Parameters"].get(f"{title}Arn") == taken
        if taken:
            assert passed(given, stack, f"{title}Arn") == {"Ref": f"{title}Arn"}
    root = given.templates["root"]
    assert "Default" not in root["Parameters"][f"{title}Arn"]
    assert root["Outputs"][f"{title}Arn"] == {"Value": {"Ref": f"{title}Arn"}}
    assert root["Outputs"][f"{title}Id"] == {"Value": {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": f"{title}Arn"}]}]}}


def test_all_keys_given_leave_no_encryption_stack() -> None:
    given = parsed(Settings(existing_keys=PURPOSES))
    assert set(given.templates) == set(parsed(Settings()).templates) - {"encryption"}
    assert "Encryption" not in given.templates["root"]["Resources"]
    assert not [each for _, _, each in given.resources() if each["Type"].startswith("AWS::KMS::")]


@pytest.mark.parametrize(
    "settings", [EVERYTHING, Settings(existing_keys=("lambda", "states"))], ids=["all", "two keys"]
)
def test_the_outputs_keep_their_names_for_ever(settings: Settings) -> None:
    assert set(parsed(settings).templates["root"]["Outputs"]) == set(parsed(Settings()).templates["root"]["Outputs"])


def test_what_is_given_has_no_default_and_is_checked_by_cloudformation() -> None:
    plain, given = (parsed(each).templates["root"]["Parameters"] for each in (Settings(), EVERYTHING))
    new = {name: facts for name, facts in given.items() if name not in plain}
    assert len(new) == 10
    assert not [name for name, facts in new.items() if "Default" in facts]
    unchecked = {name for name, facts in new.items() if not {"AllowedPattern", "MinValue"} & set(facts)}
    assert {new[name]["Type"] for name in unchecked} == {
        "List<AWS::EC2::Subnet::Id>",
        "List<AWS::EC2::SecurityGroup::Id>",
    }


@pytest.mark.parametrize(
    ("arn", "allowed"),
    [
        ("arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", True),
        ("arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab", True),
        ("arn:aws:kms:eu-west-2:111122223333:alias/payments", False),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ("", False),
    ],
)
def test_a_key_is_given_by_its_own_arn(arn: str, allowed: bool) -> None:
    pattern = parsed(EVERYTHING).templates["root"]["Parameters"]["SnsKeyArn"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, arn)) is allowed


def test_a_purpose_named_twice_or_unknown_is_refused_in_one_line() -> None:
    with pytest.raises(SettingsError, match="existing_keys names a purpose twice"):
        parse_settings({"existing_keys": ["sns", "sns"]})
    with pytest.raises(SettingsError, match=r"settings\.existing_keys\.0 is .s3.: it has to be 'dynamodb', 'sns'"):
        parse_settings({"existing_keys": ["s3"]})


def test_boundary_and_path_reach_every_role_and_need_no_other_template() -> None:
    templates = parsed(EVERYTHING)
    boundary = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${PermissionsBoundary}"}
    roles = {logical: (stack, each) for stack, logical, each in templates.resources("AWS::IAM::Role")}
    assert set(roles) == {"ValidationRole", "ProcessingRole", "WorkflowRole"}
    for stack, role in roles.values():
        assert role["Properties"]["PermissionsBoundary"] == {
            "Fn::If": ["HasBoundary", boundary, {"Ref": "AWS::NoValue"}]
        }
        assert role["Properties"]["Path"] == {"Ref": "RolePath"}
        present = {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]}
        assert templates.templates[stack]["Conditions"]["HasBoundary"] == present
        assert [passed(templates, stack, each) for each in ("PermissionsBoundary", "RolePath")] == [
            {"Ref": "PermissionsBoundary"},
            {"Ref": "RolePath"},
        ]
    assert {each["Type"] for _, _, each in templates.resources() if each["Type"].startswith("AWS::IAM::")} == {
        "AWS::IAM::Role"
    }


def test_no_policy_names_a_role_by_text_so_every_reference_follows_the_path() -> None:
    texts = [
        value for each in parsed(EVERYTHING).templates.values() for _, value in walk(each) if isinstance(value, str)
    ]
    assert [text for text in texts if ":role/" in text] == []


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PermissionsBoundary", "", True),
        ("PermissionsBoundary", "payments-boundary", True),
        ("PermissionsBoundary", "app/payments/boundary", True),
        ("PermissionsBoundary", "arn:aws:iam::999999999999:policy/boundary", False),
        ("RolePath", "/", True),
        ("RolePath", "/app/payments/", True),
        ("RolePath", "app/payments", False),
        ("RolePath", "/app/payments", False),
        ("RolePath", "", False),
    ],
)
def test_boundary_and_path_are_checked_by_cloudformation(name: str, value: str, allowed: bool) -> None:
    pattern = parsed(Settings()).templates["root"]["Parameters"][name]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, value)) is allowed
