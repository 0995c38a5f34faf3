"""The metrics that alarms watch, and what publishes them: AWS services, and what is in the set."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.function_code import Code, read_code
from payflow_cfn.lint.machine import every_state
from payflow_cfn.lint.references import evaluated
from payflow_cfn.lint.service_metrics import METRICS

ALARM = "AWS::CloudWatch::Alarm"
FILTER = "AWS::Logs::MetricFilter"
# Percentiles, trimmed means and the like, as MetricStat names them.
_EXTENDED = re.compile(r"(p|tm|wm|tc|ts)\d+(\.\d+)?|(PR|TM|WM|TC|TS)\(.*\)|IQM")
# What may publish a metric of its own without a word of it in the template.
_COMPUTE = ("AWS::EC2::", "AWS::ECS::", "AWS::EKS::", "AWS::Batch::", "AWS::AutoScaling::", "AWS::Serverless::")


class Watched(NamedTuple):
    """A metric of an alarm; `dimensions` are names and values as they were given."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, Any], ...]
    statistic: str
    percentile: str = ""
    period: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the dimensions, sorted."""
        return tuple(sorted(name for name, _ in self.dimensions))

    @property
    def keys(self) -> str:
        """The names of the dimensions, for a message."""
        return ", ".join(self.names) or "no dimension"


class Put(NamedTuple):
    """A metric that something in the set publishes.

    `least` and `most` bound its value where that is written down, and `unit` is the unit that it is given.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, Any], ...]
    least: float | None = None
    most: float | None = None
    unit: str = ""


def percentile(statistic: str) -> bool:
    """Whether CloudWatch has such an extended statistic."""
    return bool(_EXTENDED.fullmatch(statistic))


def watched(alarm: dict[str, Any]) -> Iterator[Watched]:
    """The metrics that an alarm reads, by itself or in a list of queries; queries with an expression read none."""
    if "Metrics" not in alarm:
        extended = str(alarm.get("ExtendedStatistic", ""))
        name = str(alarm.get("Statistic", extended))
        yield _watched(alarm, name, extended if percentile(extended) else "", alarm.get("Period"))
    for query in listed(alarm.get("Metrics")):
        stat = query.get("MetricStat") if isinstance(query, dict) else None
        if isinstance(stat, dict) and isinstance(stat.get("Metric"), dict):
            name = str(stat.get("Stat"))
            other = name if percentile(name) else ""
            yield _watched(stat["Metric"], name, other, stat.get("Period"))


def _watched(given: dict[str, Any], statistic: str, other: str, period: Any) -> Watched:
    return Watched(
        str(given.get("Namespace")), str(given.get("MetricName")), dimensions(given), statistic, other, period
    )


def dimensions(given: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Names and values of a metric's dimensions."""
    found = [each for each in listed(given.get("Dimensions")) if isinstance(each, dict)]
    return tuple((str(each.get("Name", each.get("Key"))), each.get("Value")) for each in found)


class Publishers:
    """What publishes metrics: the services of AWS, and the filters, workflows and functions of the set."""

    def __init__(self, templates: ParsedSet) -> None:
        self._templates = templates
        self._filtered = tuple(filtered(templates, expand))
        self._put = tuple(put_by_machines(templates, expand))

    def may_publish(self, metric: Watched) -> bool:
        """Whether the metric is published, as far as that can be known."""
        if any(_same(metric, each) for each in (*self._filtered, *self._put)):
            return True
        if metric.namespace in METRICS:
            return metric.names in METRICS[metric.namespace].get(metric.name, ())
        if metric.namespace.startswith("AWS/"):
            return not any(metric.name == each.name for each in (*self._filtered, *self._put)) and not any(
                metric.name in names and metric.names in names[metric.name] and metric.names
                for names in METRICS.values()
            )
        return self._is_open or any(_may_write(code, environment, metric) for code, environment in self._codes)

    @functools.cached_property
    def _is_open(self) -> bool:
        """Whether something that is not known may publish metrics."""
        return any(code is None for code, _ in self._codes) or any(
            resource.get("Type", "").startswith(_COMPUTE) for _, _, resource in self._templates.resources()
        )

    @functools.cached_property
    def _codes(self) -> tuple[tuple[Code | None, str], ...]:
        """The code of each function and what its environment says."""
        found = []
        for stack, _, resource in self._templates.resources(FUNCTION):
            properties = evaluated(self._templates, stack, resource.get("Properties", {}))
            found.append((read_code(self._templates, properties), str(properties.get("Environment"))))
        return tuple(found)


def _same(metric: Watched, other: Put) -> bool:
    names = tuple(sorted(name for name, _ in other.dimensions))
    return (metric.namespace, metric.name, metric.names) == (other.namespace, other.name, names)


def _may_write(code: Code | None, environment: str, metric: Watched) -> bool:
    """Whether a function's code has the texts that this metric takes; the namespace may come from its environment."""
    if code is None:
        return True
    has_namespace = code.may_write(metric.namespace) or f"'{metric.namespace}'" in environment
    return has_namespace and code.may_write(metric.name) and all(map(code.may_write, metric.names))


def put_by_machines(templates: ParsedSet, work_out: Any) -> Iterator[Put]:
    """What the states of the set's workflows publish; `work_out` evaluates a value of a stack."""
    for stack, _, resource in templates.resources(MACHINE):
        for _, state in every_state(resource.get("Properties", {}).get("Definition", {})):
            if str(expand(templates, stack, state.get("Resource"))).endswith(":cloudwatch:putMetricData"):
                given = work_out(templates, stack, state.get("Arguments", state.get("Parameters", {})))
                for each in listed(given.get("MetricData")):
                    value = number(each.get("Value"))
                    name, unit = str(each.get("MetricName")), str(each.get("Unit", ""))
                    yield Put(str(given.get("Namespace")), name, dimensions(each), value, value, unit)


def filtered(templates: ParsedSet, work_out: Any) -> Iterator[Put]:
    """What the set's metric filters publish."""
    for stack, _, resource in templates.resources(FILTER):
        found = work_out(templates, stack, resource.get("Properties", {}).get("MetricTransformations", []))
        for each in listed(found):
            name, unit = str(each.get("MetricName")), str(each.get("Unit", ""))
            yield Put(str(each.get("MetricNamespace")), name, dimensions(each), *_bounds(each), unit)


def _bounds(transformation: dict[str, Any]) -> tuple[float | None, float | None]:
    given = (transformation.get("MetricValue"), transformation.get("DefaultValue"))
    values = [number(each) for each in given if each is not None]
    known = [each for each in values if each is not None]
    return (min(known), max(known)) if known and len(known) == len(values) else (None, None)


def number(value: Any) -> float | None:
    """A number, also one that is written as a text; None for anything else."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
