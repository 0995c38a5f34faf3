"""Every alarm can ring and says what to do: nothing that AWS accepts and then never looks at."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from governed_sets import EVERYTHING, parsed, properties
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import check_set

SETS = pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])


@SETS
def test_every_alarm_says_environment_meaning_and_runbook_and_takes_no_data_for_good_news(settings: Settings) -> None:
    templates = parsed(settings)
    alarms = properties(templates, "AWS::CloudWatch::Alarm")
    assert alarms.keys() == {f"{each.title}Alarm" for each in ALARMS}
    for name, alarm in alarms.items():
        text = expand(templates, "monitoring", alarm["AlarmDescription"], World(environment="pr-17"))
        assert text.startswith("pr-17: "), name
        assert len(text.partition("Runbook: ")[2]) > 20, name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold", name
        assert alarm["OKActions"] == alarm["AlarmActions"] == [{"Ref": "NotificationsTopicArn"}], name


def test_an_alarm_that_is_switched_off_keeps_its_state_and_is_not_part_of_the_alarm_that_pages() -> None:
    alarms, composite = alarms_of(Settings(alarms_off=("decline-rate",)))
    off = {name for name, each in alarms.items() if not each.get("ActionsEnabled", True)}
    assert off == {"DeclineRateAlarm"}
    paging = {each.purpose for each in ALARMS if each.pages}
    assert named_in(composite["AlarmRule"]) == paging - {"decline-rate"}


def test_the_alarm_that_pages_is_over_the_rows_that_page() -> None:
    _, composite = alarms_of(Settings())
    assert named_in(composite["AlarmRule"]) == {each.purpose for each in ALARMS if each.pages}
    assert {each.purpose for each in ALARMS if each.stays} <= named_in(composite["AlarmRule"])


@pytest.mark.slow
def test_an_alarm_that_goes_elsewhere_takes_the_topic_of_its_parameter() -> None:
    topics = {"payment-health": "PagerTopicArn", "notices-lost": "PagerTopicArn", "sfn-aborts": "DeskTopicArn"}
    settings = Settings(alarm_topics=topics)
    alarms, composite = alarms_of(settings)
    pager, desk, ours = ({"Ref": each} for each in ("PagerTopicArn", "DeskTopicArn", "NotificationsTopicArn"))
    assert composite["AlarmActions"] == composite["OKActions"] == [pager]
    assert alarms["NoticesLostAlarm"]["AlarmActions"] == [pager]
    assert alarms["WorkflowAbortsAlarm"]["OKActions"] == [desk]
    assert sum(each["AlarmActions"] == [ours] for each in alarms.values()) == len(ALARMS) - 2
    root = parsed(settings).templates["root"]
    assert all("Default" not in root["Parameters"][each] for each in ("PagerTopicArn", "DeskTopicArn"))
    assert check_set(parsed(settings)) == []


@pytest.mark.slow
def test_a_window_mutes_every_alarm_but_those_that_stay() -> None:
    windows = ("cron(0 2 * * SUN) PT2H Europe/Berlin", "at(2027-01-01T00:00) P1D")
    settings = Settings(mute_windows=windows)
    rules = properties(parsed(settings), "AWS::CloudWatch::AlarmMuteRule")
    assert [each["Rule"]["Schedule"] for each in rules.values()] == [
        {"Expression": "cron(0 2 * * SUN)", "Duration": "PT2H", "Timezone": "Europe/Berlin"},
        {"Expression": "at(2027-01-01T00:00)", "Duration": "P1D", "Timezone": "UTC"},
    ]
    for rule in rules.values():
        muted = named_in(rule["MuteTargets"])
        assert muted == {*(each.purpose for each in ALARMS if not each.stays), "payment-health"}
        assert not muted & {"payment-unknown", "notices-lost"}
    assert check_set(parsed(settings)) == []


def test_what_cannot_be_switched_off_is_what_nobody_may_miss() -> None:
    assert {each.title for each in ALARMS if each.stays} == {"PaymentUnknown", "NoticesLost"}
    assert {each.threshold for each in ALARMS if each.stays} == {0}


def alarms_of(settings: Settings) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    templates = parsed(settings)
    (composite,) = properties(templates, "AWS::CloudWatch::CompositeAlarm").values()
    return properties(templates, "AWS::CloudWatch::Alarm"), composite


def named_in(value: Any) -> set[str]:
    """The purposes of the alarms that a text of the template names."""
    return set(re.findall(r"alarm-([a-z0-9-]+)-\$", json.dumps(value)))


@SETS
def test_every_way_an_execution_can_go_wrong_has_an_alarm(settings: Settings) -> None:
    alarms = properties(parsed(settings), "AWS::CloudWatch::Alarm").values()
    # ExecutionsFailed counts none of the others, and States.Runtime can be caught by nothing.
    assert {each["MetricName"] for each in alarms if each.get("Namespace") == "AWS/States"} == {
        *("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"),
    }
