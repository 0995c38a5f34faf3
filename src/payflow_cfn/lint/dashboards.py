"""The rule about dashboards: CloudWatch takes the body, and what it shows has data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.metric_sources import ALARM, Publishers, Watched, percentile
from payflow_cfn.lint.metrics import STATISTICS, unknown_names

DASHBOARD = "AWS::CloudWatch::Dashboard"
_COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
_MOST_WIDGETS, _MOST_ALARMS, _COLUMNS, _MOST_ROWS = 500, 100, 24, 1000
# Widget type: the properties that it must have, and its views.
_TYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "metric": ((), ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")),
    "log": (("region", "query"), ("timeSeries", "bar", "pie", "table")),
    "alarm": (("alarms",), ()),
    "text": (("markdown",), ()),
    "explorer": (("labels", "metrics"), ()),
    "custom": (("endpoint",), ()),
}
_SEARCH = re.compile(r"SEARCH\('\{([^}]*)\}([^']*)'")
_METRIC_NAME = re.compile(r'MetricName="([^"]+)"')
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")

Widget = dict[str, Any]


def dashboards_show_data(templates: ParsedSet) -> Iterator[Breach]:
    """PF100: a dashboard's body follows CloudWatch's rules, and something publishes each metric that it shows.

    A widget that CloudWatch refuses fails the deploy, and one with a misspelt metric stays empty. The alarms that it
    shows are of the set; PF030 checks their metrics
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
    """
    known = Publishers(templates)
    for stack, logical, resource in templates.resources(DASHBOARD):
        body = expand(templates, stack, resource.get("Properties", {}).get("DashboardBody"))
        for problem in _body_problems(templates, body, known):
            yield Breach(stack, f"Resources/{logical}/Properties/DashboardBody", problem)


def _body_problems(templates: ParsedSet, body: Any, known: Publishers) -> Iterator[str]:
    try:
        widgets = json.loads(body)["widgets"]
    except (KeyError, TypeError, ValueError):
        yield "the body is not JSON with the key widgets"
        return
    if len(widgets) > _MOST_WIDGETS:
        yield f"{len(widgets)} widgets, the limit is {_MOST_WIDGETS}"
    alarms = {
        resource_arn(templates, Place(stack, logical, "Arn"), WORLD)
        for stack, logical, _ in templates.resources(ALARM, _COMPOSITE)
    }
    for number, widget in enumerate(widgets):
        properties = widget.get("properties", {})
        shown = properties.get("title", f"number {number}")
        for problem in (*_form(widget, properties), *_contents(widget, properties, known, alarms)):
            yield f"widget {shown}: {problem}"


def _form(widget: Widget, properties: Widget) -> Iterator[str]:
    kind = widget.get("type")
    if kind not in _TYPES:
        yield f"{kind} is not a type of widget"
        return
    needed, views = _TYPES[kind]
    yield from (f"{kind} needs {each}" for each in needed if not properties.get(each))
    if properties.get("view", "timeSeries") not in (views or ("timeSeries",)):
        yield f"{properties['view']} is not a view of {kind}"
    if ("x" in widget) != ("y" in widget):
        yield "x and y belong together"
    if not 0 <= widget.get("x", 0) < _COLUMNS or widget.get("x", 0) + widget.get("width", 1) > _COLUMNS:
        yield f"it does not fit on {_COLUMNS} columns"
    if widget.get("y", 0) < 0 or not 1 <= widget.get("height", 1) <= _MOST_ROWS or widget.get("width", 1) < 1:
        yield "its place or size is out of range"


def _contents(widget: Widget, properties: Widget, known: Publishers, alarms: set[str]) -> Iterator[str]:
    if widget.get("type") == "alarm":
        yield from _alarm_problems(properties.get("alarms", []), alarms)
    if widget.get("type") == "metric":
        if not properties.get("metrics") and not properties.get("annotations"):
            yield "metric needs metrics or annotations"
        if properties.get("metrics") and not properties.get("region"):  # an alarm has the region of its metric
            yield "metric needs region"
        yield from _metric_problems(list(_written_out(properties.get("metrics", []))), known)


def _alarm_problems(given: list[Any], alarms: set[str]) -> Iterator[str]:
    if len(given) > _MOST_ALARMS:
        yield f"{len(given)} alarms, the limit is {_MOST_ALARMS}"
    here = f":{WORLD.region}:{WORLD.account}:alarm:"
    yield from (f"no alarm of the set has the ARN {each}" for each in given if here in str(each) and each not in alarms)


def _written_out(lines: list[Any]) -> Iterator[tuple[list[str], Widget]]:
    """Texts and options of each line; `.` repeats the text above, `...` all of them up to the end."""
    above: list[str] = []
    for line in lines:
        texts = [each for each in line if isinstance(each, str)]
        options = next((each for each in line if isinstance(each, dict)), {})
        if texts[:1] == ["..."]:
            texts = [*above[: len(above) - len(texts) + 1], *texts[1:]]
        texts = [above[at] if each == "." and at < len(above) else each for at, each in enumerate(texts)]
        above = texts or above
        yield texts, options


def _metric_problems(lines: list[tuple[list[str], Widget]], known: Publishers) -> Iterator[str]:
    ids = [str(options["id"]) for _, options in lines if "id" in options]
    yield from (f"the id {each} is used twice" for each in sorted(set(ids)) if ids.count(each) > 1)
    yield from (f"{each} is not an id" for each in ids if not _ID.fullmatch(each))
    for texts, options in lines:
        expression = str(options.get("expression", ""))
        yield from _expression_problems(expression, ids)
        for metric in (_shown(texts, options), *_searched(expression)):
            if metric and not known.may_publish(metric):
                yield f"nothing publishes {metric.namespace} {metric.name} by {metric.keys}"
        if (stat := str(options.get("stat", "Sum"))) not in STATISTICS and not percentile(stat):
            yield f"{stat} is not a statistic"


def _expression_problems(expression: str, ids: list[str]) -> Iterator[str]:
    yield from (
        f"the expression {expression} names {each}, which is not an id" for each in unknown_names(expression, ids)
    )


def _shown(texts: list[str], options: Widget) -> Watched | None:
    if len(texts) < 2:
        return None
    pairs = tuple(zip(texts[2::2], texts[3::2], strict=False))
    return Watched(texts[0], texts[1], pairs, str(options.get("stat", "Sum")))


def _searched(expression: str) -> Iterator[Watched]:
    for schema, terms in _SEARCH.findall(expression):
        namespace, *names = schema.split(",")
        for metric in _METRIC_NAME.findall(terms):
            yield Watched(namespace, metric, tuple((each, "") for each in names), "Sum")
