"""add_alarm: an extension's alarm keeps its own runbook, pages if it says so, and has the conditions of our alarms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.config.settings import Settings
from payflow_cfn.extensions import Alarm, add_alarm
from payflow_cfn.stacks.render import build_set

SLOW = Alarm("Slow", "slow", "AWS/Lambda", "Duration", ("FunctionName", "ValidationFunctionName"), 2000,
             "it is slow", "ask the provider", "Maximum")  # fmt: skip


def rendered(row: Alarm) -> dict[str, Any]:
    made = build_set(Settings(), [lambda payments: add_alarm(payments, row)])
    return {name: json.loads(text) for name, text in made.templates.items()}


@pytest.mark.parametrize("pages", [True, False])
def test_an_alarm_is_part_of_the_one_that_pages_only_if_it_pages(pages: bool) -> None:
    health = rendered(SLOW._replace(pages=pages))["monitoring.json"]["Resources"]["PaymentHealthAlarm"]
    assert ("alarm-slow-" in json.dumps(health["Properties"]["AlarmRule"])) is pages
    assert ("SlowAlarm" in health["DependsOn"]) is pages


def test_an_alarm_without_a_page_shows_its_runbook() -> None:
    alarm = rendered(SLOW)["monitoring.json"]["Resources"]["SlowAlarm"]["Properties"]
    assert alarm["AlarmDescription"] == {"Fn::Sub": "${Environment}: it is slow. Runbook: ask the provider."}


def test_the_outputs_of_an_alarm_with_metric_math_have_its_condition_in_root_too() -> None:
    rate = next(each for each in ALARMS if each.queries)._replace(title="Other", purpose="other")
    found = rendered(rate)
    assert found["monitoring.json"]["Resources"]["OtherAlarm"]["Condition"] == "FullCoverage"
    for name in ("OtherAlarmName", "OtherAlarmArn"):
        assert [found[each]["Outputs"][name]["Condition"] for each in ("monitoring.json", "root.json")] == [
            "FullCoverage",
            "FullCoverage",
        ]
