"""Every alarm and metric filter, spoiled: another metric, dimension, unit or statistic, an action that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mutation.mutant import Mutant, Path, get, removed, replaced
from payflow_cfn.aws.parsed_set import ParsedSet

# What a property becomes; the right value is left out where it is among them.
_ALARM: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "MetricName": ("Errors", "ExecutionsStarted", "Duration", "NumberOfMessagesSent"),
        "Namespace": ("AWS/Lambda", "AWS/States", "PaymentWorkflow", "Payments"),
        "Statistic": ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "sum"),
        "ComparisonOperator": (
            "GreaterThanOrEqualToThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
        ),
        "Period": (60, 3600),
        "EvaluationPeriods": (1, 2, 10),
        "TreatMissingData": ("missing", "breaching", "ignore"),
        "AlarmActions": ([], [{"Ref": "NotificationsDeadLetterQueueName"}]),
        "OKActions": ([], [{"Ref": "NotificationsDeadLetterQueueName"}]),
    }
)
_ADDED: Mapping[str, Any] = MappingProxyType({"Unit": "Seconds", "ActionsEnabled": False, "DatapointsToAlarm": 1})
_FILTER: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "FilterPattern": ("", '{ $.event = "payment_validated" }'),
        "LogGroupName": ({"Ref": "ValidationLogGroupName"},),
    }
)
_TRANSFORMATION: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "MetricName": ("PaymentDuration",),
        "MetricNamespace": ("PaymentWorkflow",),
        "MetricValue": ("1", "$.duration"),
        "Unit": ("Seconds", "Count"),
    }
)


def alarm_mutants(templates: ParsedSet) -> Iterator[Mutant]:
    """Each alarm, metric filter and composite alarm, changed in one place."""
    for kind, mutants in (
        ("AWS::CloudWatch::Alarm", _alarm),
        ("AWS::Logs::MetricFilter", _filter),
        ("AWS::CloudWatch::CompositeAlarm", _composite),
    ):
        for stack, logical, _ in templates.resources(kind):
            yield removed(templates, "alarm, whole alarm or filter removed", (stack, "Resources", logical))
            yield from mutants(templates, (stack, "Resources", logical, "Properties"))


def _alarm(templates: ParsedSet, path: Path) -> Iterator[Mutant]:
    properties = get(templates.templates, path)
    for key, values in _ALARM.items():
        if key in properties:
            yield removed(templates, f"alarm, {key} removed", (*path, key))
            yield from _others(templates, f"alarm, {key} changed", (*path, key), values)
    for key, value in _ADDED.items():
        if key not in properties:
            yield replaced(templates, f"alarm, {key} added", (*path, key), value)
    yield from _threshold(templates, (*path, "Threshold"))
    moved = {key: each for key, each in properties.items() if key != "AlarmActions"}
    yield replaced(templates, "alarm, AlarmActions changed", path, moved)
    if "Metrics" in properties:
        yield from _queries(templates, (*path, "Metrics"))
    elif "Dimensions" in properties:
        yield from _dimensions(templates, (*path, "Dimensions"))
    else:
        added = [{"Name": "FunctionName", "Value": {"Ref": "ProcessingFunctionName"}}]
        yield replaced(templates, "alarm, dimension added", (*path, "Dimensions"), added)


def _queries(templates: ParsedSet, path: Path) -> Iterator[Mutant]:
    """Each query gone, of another metric, period or statistic, or with another expression; another one returned."""
    for number, query in enumerate(get(templates.templates, path)):
        place = (*path, number)
        yield removed(templates, "alarm, query removed", place)
        yield replaced(templates, "alarm, query returned", (*place, "ReturnData"), not query["ReturnData"])
        if "Expression" in query:
            yield from _others(templates, "alarm, expression changed", (*place, "Expression"), ("0", "completed"))
            yield replaced(templates, "alarm, query's period changed", (*place, "Period"), 60)
        else:
            stat = (*place, "MetricStat")
            metrics = ("PaymentsUnknown", "PaymentsCompleted", "Errors")
            yield from _others(templates, "alarm, query's metric changed", (*stat, "Metric", "MetricName"), metrics)
            yield removed(templates, "alarm, query's dimension removed", (*stat, "Metric", "Dimensions"))
            yield replaced(templates, "alarm, query's period changed", (*stat, "Period"), 60)
            yield replaced(templates, "alarm, query's statistic changed", (*stat, "Stat"), "Average")


def _threshold(templates: ParsedSet, path: Path) -> Iterator[Mutant]:
    """Seconds for milliseconds, per cent for a share, and no threshold at all."""
    parameters = (
        "FailuresThreshold",
        "ErrorsThreshold",
        "ThrottlesThreshold",
        "PaymentDurationThresholdMs",
        "RateFloor",
    )
    yield removed(templates, "alarm, threshold removed", path)
    yield from _others(templates, "alarm, threshold in another unit", path, (120, 100, 2000, 0.05))
    references = tuple({"Ref": each} for each in parameters)
    yield from _others(templates, "alarm, threshold of another alarm", path, references)


def _dimensions(templates: ParsedSet, path: Path) -> Iterator[Mutant]:
    yield removed(templates, "alarm, dimension removed", path)
    names = ("FunctionName", "StateMachineArn", "StateMachineName", "QueueName")
    yield from _others(templates, "alarm, dimension renamed", (*path, 0, "Name"), names)
    values = tuple(
        {"Ref": each} for each in ("ValidationFunctionName", "ProcessingFunctionName", "StateMachineArn", "Environment")
    )
    yield from _others(templates, "alarm, dimension of another resource", (*path, 0, "Value"), values)
    both = [*get(templates.templates, path), {"Name": "Resource", "Value": "live"}]
    yield replaced(templates, "alarm, dimension added", path, both)


def _filter(templates: ParsedSet, path: Path) -> Iterator[Mutant]:
    for key, values in _FILTER.items():
        yield from _others(templates, f"metric filter, {key} changed", (*path, key), values)
    for key, values in _TRANSFORMATION.items():
        place = (*path, "MetricTransformations", 0, key)
        yield removed(templates, f"metric filter, {key} removed", place)
        yield from _others(templates, f"metric filter, {key} changed", place, values)
    transformation = (*path, "MetricTransformations", 0)
    yield replaced(templates, "metric filter, DefaultValue added", (*transformation, "DefaultValue"), 0)
    dimensions = [{"Key": "id", "Value": "$.transaction_id"}]
    yield replaced(templates, "metric filter, dimension added", (*transformation, "Dimensions"), dimensions)


def _composite(templates: ParsedSet, path: Path) -> Iterator[Mutant]:
    yield replaced(templates, "composite alarm, ActionsEnabled added", (*path, "ActionsEnabled"), False)
    for key in ("AlarmActions", "OKActions"):
        yield removed(templates, f"composite alarm, {key} removed", (*path, key))
    glue, alarms = get(templates.templates, (*path, "AlarmRule", "Fn::Join"))
    yield replaced(templates, "composite alarm, rule changed", (*path, "AlarmRule", "Fn::Join", 0), " AND ")
    for index, _ in enumerate(alarms):
        fewer = [glue, [each for number, each in enumerate(alarms) if number != index]]
        yield replaced(templates, "composite alarm, rule changed", (*path, "AlarmRule", "Fn::Join"), fewer)


def _others(templates: ParsedSet, kind: str, path: Path, values: tuple[Any, ...]) -> Iterator[Mutant]:
    right = get(templates.templates, path)
    yield from (replaced(templates, kind, path, each) for each in values if each != right)
