"""Every alarm can ring and says what to do: nothing that AWS accepts and then never looks at."""

from __future__ import annotations

import pytest

from governed_sets import EVERYTHING, parsed, properties
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.config.settings import Settings

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


@SETS
def test_every_way_an_execution_can_go_wrong_has_an_alarm(settings: Settings) -> None:
    alarms = properties(parsed(settings), "AWS::CloudWatch::Alarm").values()
    # ExecutionsFailed counts none of the others, and States.Runtime can be caught by nothing.
    assert {each["MetricName"] for each in alarms if each["Namespace"] == "AWS/States"} == {
        *("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"),
    }
