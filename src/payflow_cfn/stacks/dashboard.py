"""The dashboard: money first, then latency, errors, throttles, concurrency, the alarms and the last failed payments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from troposphere import Sub
from troposphere.cloudwatch import Dashboard

from payflow_cfn.config import names
from payflow_cfn.config.alarms import ALARMS, ATTENTION, ENVIRONMENT, METRICS_NAMESPACE, PERIOD, Alarm
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.template_base import arn, named, tags

# The filter is of the functions' log lines, for the saved query too.
FAILED_PAYMENTS = (
    "fields @timestamp, event, transaction_id, status, error | filter status != 'COMPLETED' | sort @timestamp desc"
)
# A grid of 24 columns.
_COLUMNS, _HEIGHT = 24, 6
_OUTCOMES = ("Completed", "Declined", "Rejected", "Failed", "Unknown")

Widget = dict[str, Any]
Line = list[Any]


def dashboard(settings: Settings) -> Dashboard:
    """The dashboard of one environment; its body is text with references of the monitoring stack."""
    body = json.dumps({"widgets": list(_placed(_rows(settings)))}, separators=(",", ":"), sort_keys=True)
    return Dashboard(
        "PaymentsDashboard", DashboardName=named(names.DASHBOARD), DashboardBody=Sub(body), Tags=tags(settings)
    )


def _placed(rows: Iterable[list[Widget]]) -> Iterator[Widget]:
    for number, row in enumerate(rows):
        width = _COLUMNS // len(row)
        for column, widget in enumerate(row):
            yield {**widget, "x": column * width, "y": number * _HEIGHT, "width": width, "height": _HEIGHT}


def _rows(settings: Settings) -> Iterator[list[Widget]]:
    completed, declined, failed = (_ours(f"Payments{each}", id=each.lower(), visible=False) for each in
                                   ("Completed", "Declined", "Failed"))  # fmt: skip
    success = {"expression": "100 * FILL(completed, 0) / (FILL(completed, 0) + FILL(declined, 0) + FILL(failed, 0))"}
    yield [
        _chart("Payments by outcome", [_ours(f"Payments{each}", label=each) for each in _OUTCOMES], stacked=True),
        _chart("Success rate, %", [[{**success, "label": "completed"}], completed, declined, failed]),
        _chart("Payments that need a person", [_ours("PaymentsNeedingAttention"), _ours("NoticesLost")]),
    ]
    yield [
        _chart("Amount completed, by currency, minor units", [_by_currency("AmountCompleted")]),
        _chart("Amount declined and failed", [_by_currency("AmountDeclined"), _by_currency("AmountFailed")]),
        _chart(
            "Value at risk: entered in this time and not settled, minor units",
            [_by_currency("AmountOpen", "RUNNING_SUM({})")],
        ),
    ]
    slowest = [_ours("PaymentDuration", stat=each, label=each) for each in ("p50", "p95", "p99")]
    yield [
        _chart("Time to the result, ms", slowest),
        _chart("Functions, ms", [_function(each, "Duration", stat="p99") for each in _FUNCTIONS]),
        _chart("Functions at the same time", [_function(each, "ConcurrentExecutions", stat="Maximum") for each in
                                              _FUNCTIONS]),
    ]  # fmt: skip
    single = [each for each in ALARMS if each.metric and not each.is_percentile and each.statistic != "Average"]
    yield [
        _chart("Errors", [_watched(each) for each in single if "Throttle" not in each.metric]),
        _chart("Throttles", [_watched(each) for each in single if "Throttle" in each.metric]),
    ]
    yield [_alarm_states()]
    yield [_last_failures(), _text(settings)]


_FUNCTIONS = ("Validation", "Processing")


def _chart(title: str, metrics: list[Line], *, stacked: bool = False) -> Widget:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "region": "${AWS::Region}",
            "view": "timeSeries",
            "stacked": stacked,
            "period": PERIOD,
            "stat": "Sum",
            "metrics": metrics,
        },
    }


def _ours(metric: str, **options: Any) -> Line:
    name, parameter = ENVIRONMENT
    return [METRICS_NAMESPACE, metric, name, f"${{{parameter}}}", *([options] if options else [])]


def _function(title: str, metric: str, **options: Any) -> Line:
    return ["AWS/Lambda", metric, "FunctionName", f"${{{title}FunctionName}}", options]


def _by_currency(metric: str, form: str = "{}") -> Line:
    """A line for each currency that has data: which ones there are is the value of a parameter."""
    schema = f"{{{METRICS_NAMESPACE},currency,environment}}"
    search = f"""SEARCH('{schema} MetricName="{metric}" environment="${{Environment}}"', 'Sum', {PERIOD})"""
    return [{"expression": form.format(search), "label": f"{metric} ${{!PROP('Dim.currency')}}"}]


def _watched(row: Alarm) -> Line:
    dimension = (row.dimension[0], f"${{{row.dimension[1]}}}") if row.dimension else ()
    return [row.namespace, row.metric, *dimension, {"label": row.purpose, "stat": row.statistic}]


def _alarm_states() -> Widget:
    alarms = [arn("cloudwatch", f"alarm:{each.sub()}").data["Fn::Sub"] for each in names.TELLING_ALARMS]
    return {"type": "alarm", "properties": {"title": "Alarms", "alarms": alarms}}


def _last_failures() -> Widget:
    groups = " | ".join(f"SOURCE '${{{each}LogGroupName}}'" for each in _FUNCTIONS)
    return {
        "type": "log",
        "properties": {
            "title": "The last payments that did not complete",
            "region": "${AWS::Region}",
            "view": "table",
            "query": f"{groups} | {FAILED_PAYMENTS} | limit 20",
        },
    }


def _text(settings: Settings) -> Widget:
    """Links to the runbooks; a path without a host stays text that a person can read."""
    base = settings.runbook_base_url
    pages = dict.fromkeys(each.page for each in ALARMS)
    lines = ["## Runbooks", f"[{ATTENTION}]({base}{ATTENTION})", *(f"[{each}]({base}{each})" for each in pages)]
    return {"type": "text", "properties": {"markdown": "\n".join(lines)}}
