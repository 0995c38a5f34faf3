"""Compute the metrics that CloudWatch makes from log lines and MiniStack does not: embedded ones and metric filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payflow_cfn.local.records.logs import event_value, log_events, pattern_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from payflow_cfn.local.emulator.clients import LocalClients


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One value of one metric; `dimensions` are (name, value) pairs sorted by name."""

    namespace: str
    name: str
    value: float
    unit: str = "None"
    dimensions: tuple[tuple[str, str], ...] = ()


def log_metrics(clients: LocalClients, group: str) -> list[MetricPoint]:
    """Every point that CloudWatch would make of a log group: embedded metrics, then the group's metric filters."""
    events = log_events(clients, group)
    filters = clients("logs").describe_metric_filters(logGroupName=group)["metricFilters"]
    return [*(point for event in events for point in embedded_metrics(event)), *filtered_metrics(filters, events)]


def embedded_metrics(event: Mapping[str, Any]) -> Iterator[MetricPoint]:
    """The points of one line in the embedded metric format, one for each metric, dimension set and value.

    See https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    for directive in (event.get("_aws") or {}).get("CloudWatchMetrics") or []:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = tuple(sorted((name, str(event[name])) for name in names))
            for metric in directive["Metrics"]:
                for value in _values(event[metric["Name"]]):
                    yield MetricPoint(
                        directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions
                    )


def filtered_metrics(
    filters: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]
) -> Iterator[MetricPoint]:
    """The points that metric filters, as DescribeMetricFilters returns them, make of events; default values are not."""
    kept = list(events)
    for each in filters:
        for event in kept:
            if pattern_matches(each["filterPattern"], event):
                yield from (
                    point
                    for transformation in each["metricTransformations"]
                    if (point := _transformed(transformation, event)) is not None
                )


def put_metrics(clients: LocalClients, points: Iterable[MetricPoint]) -> None:
    """Put points into the emulator's CloudWatch, so that its alarms see them."""
    for point in points:
        clients("cloudwatch").put_metric_data(
            Namespace=point.namespace,
            MetricData=[
                {
                    "MetricName": point.name,
                    "Value": point.value,
                    "Unit": point.unit,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in point.dimensions],
                }
            ],
        )


def _transformed(transformation: Mapping[str, Any], event: Mapping[str, Any]) -> MetricPoint | None:
    text = transformation["metricValue"]
    value = event_value(text, event) if text.startswith("$") else float(text)
    # CloudWatch makes no point of a value that is not a number.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    named = {name: event_value(path, event) for name, path in (transformation.get("dimensions") or {}).items()}
    return MetricPoint(
        transformation["metricNamespace"],
        transformation["metricName"],
        float(value),
        transformation.get("unit") or "None",
        tuple(sorted((name, str(found)) for name, found in named.items())),
    )


def _values(value: Any) -> list[float]:
    return [float(each) for each in value] if isinstance(value, list) else [float(value)]
