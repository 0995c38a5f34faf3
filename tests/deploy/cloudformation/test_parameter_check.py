"""Test the check of parameter values against the template's declarations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.cloudformation.parameter_check import wanted
from payflow_cfn.deploy.cloudformation.template import check_values, parse_root
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.render import build_set

NUMBER = {"Type": "Number", "MinValue": 0, "MaxValue": 9}
TEXT = {"Type": "String", "AllowedPattern": "[a-z]+", "MinLength": 2, "MaxLength": 4}


@pytest.mark.parametrize(
    ("declared", "value", "takes"),
    [
        (NUMBER, "many", "a number"),
        (NUMBER, "", "a number"),
        (NUMBER, "nan", "a number"),
        (NUMBER, "-1", "a number from 0 on"),
        (NUMBER, "10", "a number up to 9"),
        (NUMBER, "9", ""),
        (NUMBER, "1.5", ""),
        ({"Type": "Number", "AllowedValues": [1, 30]}, "29", "one of 1, 30"),
        ({"Type": "Number", "AllowedValues": [1, 30]}, "30", ""),
        ({"Type": "String", "AllowedValues": ["full", "core"]}, "Core", "one of full, core"),
        (TEXT, "a", "at least 2 characters"),
        (TEXT, "abcde", "at most 4 characters"),
        (TEXT, "ab1", "what matches [a-z]+"),
        (TEXT, "ab\n", "what matches [a-z]+"),
        (TEXT | {"ConstraintDescription": "small letters"}, "AB", "small letters"),
        (TEXT, "abc", ""),
        ({"Type": "String", "AllowedPattern": r"\w+"}, "ä", r"what matches \w+"),
        ({"Type": "String", "AllowedPattern": r"\p{L}+"}, "what only Java reads", ""),
        ({"Type": "AWS::EC2::Subnet::Id", "AllowedPattern": "x"}, "asked of the account", ""),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a"]}, "a,a", ""),
        ({}, "unknown to us", ""),
    ],
)
def test_a_refused_value_gets_the_values_that_the_parameter_takes(
    declared: dict[str, Any], value: str, takes: str
) -> None:
    assert wanted(declared, value) == takes


def test_every_default_of_the_set_is_a_value_that_it_takes() -> None:
    settings = Settings(vpc=True, stripe=True, reserved_concurrency=True, code_signing=True, log_execution_data=True)
    root = parse_root(build_set(settings).templates["root.json"])
    given = {name: each.default for name, each in root.parameters.items() if each.default is not None}
    assert len(given) > 14
    check_values(root, given)


def test_a_secret_is_not_shown() -> None:
    declared = {"Key": {"Type": "String", "NoEcho": True, "AllowedPattern": "k"}}
    with pytest.raises(SettingsError) as caught:
        check_values(parse_root(json.dumps({"Parameters": declared})), {"Key": "hidden"})
    assert str(caught.value) == "the parameter Key is not what it takes: it takes what matches k"


def test_a_name_that_the_template_no_longer_has_is_skipped() -> None:
    check_values(parse_root(json.dumps({"Parameters": {}})), {"Former": "1"})
