"""The dashboard shows money first, each alarm of the table, and the last failed payments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from governed_sets import EVERYTHING, parsed
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.config.names import TELLING_ALARMS
from payflow_cfn.config.settings import Settings

MONEY = 6
COUNTED = ["PaymentsCompleted", "PaymentsDeclined", "PaymentsRejected", "PaymentsFailed", "PaymentsUnknown"]


def widgets(settings: Settings = EVERYTHING) -> list[dict[str, Any]]:
    templates = parsed(settings)
    (body,) = (each["Properties"]["DashboardBody"] for *_, each in templates.resources("AWS::CloudWatch::Dashboard"))
    found: list[dict[str, Any]] = json.loads(expand(templates, "monitoring", body, World(environment="pr-1")))[
        "widgets"
    ]
    return found


def lines(widget: dict[str, Any]) -> list[list[Any]]:
    found: list[list[Any]] = widget["properties"]["metrics"]
    return found


def test_no_widget_lies_on_another_and_each_row_fills_the_grid() -> None:
    cells = [
        (x, y)
        for each in widgets()
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    assert len(cells) == len(set(cells)) == 24 * (max(y for _, y in cells) + 1)


def test_money_comes_first() -> None:
    first = sorted(widgets(), key=lambda each: (each["y"], each["x"]))[:MONEY]
    assert [each[1] for each in lines(first[0])] == COUNTED
    shown = json.dumps(first)
    assert all(f"Amount{each}" in shown for each in ("Completed", "Declined", "Failed", "Open"))
    assert "RUNNING_SUM(SEARCH(" in shown
    assert all(each["properties"]["region"] == "eu-west-2" for each in first)


def test_the_time_to_the_result_has_three_percentiles() -> None:
    (shown,) = (each for each in widgets() if each["properties"].get("title") == "Time to the result, ms")
    assert [each[-1]["stat"] for each in lines(shown)] == ["p50", "p95", "p99"]


def test_every_alarm_has_its_state_and_every_count_of_failures_its_line() -> None:
    shown = widgets()
    (states,) = (each["properties"]["alarms"] for each in shown if each["type"] == "alarm")
    assert states == [f"arn:aws:cloudwatch:eu-west-2:111122223333:alarm:{each.text('pr-1')}" for each in TELLING_ALARMS]
    drawn = {line[-1]["label"] for each in shown if each["type"] == "metric" for line in lines(each)
             if isinstance(line[-1], dict) and "label" in line[-1]}  # fmt: skip
    assert {each.purpose for each in ALARMS if each.metric and each.statistic in ("Sum", "Maximum")} <= drawn


def test_the_last_failed_payments_are_read_from_both_functions() -> None:
    (query,) = (each["properties"]["query"] for each in widgets() if each["type"] == "log")
    assert query.startswith(
        "SOURCE '/aws/lambda/lambda-payment-validation-pr-1' | SOURCE '/aws/lambda/lambda-payment-processing-pr-1' | "
    )
    assert "filter status != 'COMPLETED'" in query


@pytest.mark.parametrize("base", ["docs/runbooks/", "https://runbooks.example/"])
def test_the_runbooks_are_linked(base: str) -> None:
    (text,) = (
        each["properties"]["markdown"] for each in widgets(Settings(runbook_base_url=base)) if each["type"] == "text"
    )
    assert all(f"]({base}{each.page})" in text for each in ALARMS)
