"""The topic and its key admit this environment's alarms, and no other's, in one account."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place, parse_set
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.names import TELLING_ALARMS
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

SET = parse_set(render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"})))
PLACES = [
    ("encryption", "SnsKey", "KeyPolicy"),
    ("notifications", "NotificationsTopicPolicy", "PolicyDocument"),
]


def admitted(templates: ParsedSet, stack: str, logical: str, field: str) -> set[str]:
    statements = templates.templates[stack]["Resources"][logical]["Properties"][field]["Statement"]
    (found,) = (each for each in statements if each["Sid"] == "AllowAlarms")
    given: Any = expand(templates, stack, found["Condition"]["ArnLike"]["aws:SourceArn"], World(environment="a"))
    return set(given)


def telling(environment: str) -> set[str]:
    return {
        resource_arn(SET, Place(stack, logical, "Arn"), World(environment=environment))
        for stack, logical, resource in SET.resources("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        if resource["Properties"].get("AlarmActions")
    }


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
def test_exactly_the_alarms_that_tell_are_admitted(place: tuple[str, str, str]) -> None:
    assert len(telling("a")) == len(TELLING_ALARMS)
    assert admitted(SET, *place) == telling("a")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
def test_an_environment_whose_name_ends_in_ours_is_not_admitted(place: tuple[str, str, str]) -> None:
    assert not any("*" in each or "?" in each for each in admitted(SET, *place))
    assert not admitted(SET, *place) & telling("b-a")
