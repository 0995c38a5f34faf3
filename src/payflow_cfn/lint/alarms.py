"""Rules about alarms: they watch resources of the set, and they can ring and be quiet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import is_known, listed
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.metric_sources import ALARM, Put, Watched, filtered, number, put_by_machines, watched
from payflow_cfn.lint.references import (
    APART,
    alternatives,
    confused,
    evaluated,
    is_open,
    kind_of,
    placed,
    text_in,
)
from payflow_cfn.lint.service_metrics import ADDING, FAULTS, METRICS, VALUES

_SHORT = (10, 20, 30)
_DAY = 86_400
# Of each call of a function 0 or 1 (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
_BINARY = ("Errors", "Throttles", "DeadLetterErrors", "DestinationDeliveryFailures")
_LESS = ("LessThanThreshold", "LessThanOrEqualToThreshold")


def dimensions_name_resources(templates: ParsedSet) -> Iterator[Breach]:
    """PF045: the value of an alarm's dimension is what the service publishes by: a name or an ARN of its kind.

    A name that no resource has, another resource's, or an ARN in place of a name is a metric without data.
    Where the set has resources of that kind, the alarm watches one of them
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension).
    """
    put = (*filtered(templates, evaluated), *put_by_machines(templates, evaluated))
    for stack, logical, resource in templates.resources(ALARM):
        alarm = evaluated(templates, stack, resource.get("Properties", {}))
        for metric in watched(alarm):
            for problem in _value_problems(templates, Place(stack, logical, "Ref"), metric, put):
                yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _value_problems(templates: ParsedSet, alarm: Place, metric: Watched, put: tuple[Put, ...]) -> Iterator[str]:
    for name, value in metric.dimensions:
        if (metric.namespace, name) in VALUES:
            for each in alternatives(value):
                yield from _resource_problems(templates, alarm, (metric.namespace, name), each)
    if metric.namespace not in METRICS and (why := _unpublished(metric, put)):
        yield why


def _resource_problems(templates: ParsedSet, alarm: Place, key: tuple[str, str], value: Any) -> Iterator[str]:
    kind, returning, name = VALUES[key]
    place = placed(templates, value)
    if place is None:
        if not is_open(value) and list(templates.resources(kind)) and not _names_one(templates, key, value):
            yield f"{key[1]} is {text_in(templates, value)}, and no {kind} of the set has that name"
    elif kind_of(templates, place).startswith("AWS::Serverless::"):
        return  # SAM makes a resource of the same name and kind
    elif kind_of(templates, place) != kind:
        yield f"{key[1]} is {place.resource}, which is of type {kind_of(templates, place)}"
    elif place.attribute not in (*returning, name):
        yield f"{key[1]} takes {' or '.join(returning)} of {place.resource}, not {place.attribute}"
    elif meant := confused(templates, alarm, place):
        yield f"the alarm has the name of {meant} and watches {place.resource}"


def _names_one(templates: ParsedSet, key: tuple[str, str], value: Any) -> bool:
    kind, returning, name = VALUES[key]
    text = text_in(templates, value)
    for stack, logical, resource in templates.resources(kind):
        given = evaluated(templates, stack, resource.get("Properties", {}).get(name))
        arn = resource_arn(templates, Place(stack, logical, "Arn"), APART)
        if is_open(given) or text == (arn if "Arn" in returning else text_in(templates, given)):
            return True
    return False


def _unpublished(metric: Watched, put: tuple[Put, ...]) -> str:
    """Why the set never publishes a metric by these values; empty where it does, or where that is not known."""
    same = [each for each in put if each[:2] == metric[:2] and _names(each) == metric.names]
    wanted = sorted((name, str(value)) for name, value in metric.dimensions)
    for each in same:
        if any(not _is_plain(value) for _, value in (*each.dimensions, *metric.dimensions)):
            return ""
        if sorted((name, str(value)) for name, value in each.dimensions) == wanted:
            return ""
    values = ", ".join(value for _, value in wanted)
    return f"the set publishes {metric.name} by other values than {values}" if same and values else ""


def _names(put: Put) -> tuple[str, ...]:
    return tuple(sorted(name for name, _ in put.dimensions))


def _is_plain(value: Any) -> bool:
    return is_known(value) and not str(value).startswith(("$", "{%"))


def alarms_can_ring(templates: ParsedSet) -> Iterator[Breach]:
    """PF046: an alarm can ring and can be quiet: its comparison, its periods and its datapoints allow both.

    CloudWatch refuses some of this in the middle of a deploy. It accepts the rest, and the alarm has one state for
    ever (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
    """
    put = (*filtered(templates, expand), *put_by_machines(templates, expand))
    for stack, logical, resource in templates.resources(ALARM):
        alarm = expand(templates, stack, resource.get("Properties", {}))
        for problem in (*_period_problems(alarm), *_comparison_problems(alarm, put)):
            yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _period_problems(alarm: dict[str, Any]) -> Iterator[str]:
    periods, datapoints = number(alarm.get("EvaluationPeriods")), number(alarm.get("DatapointsToAlarm"))
    if periods is not None and datapoints is not None and datapoints > periods:
        yield f"DatapointsToAlarm {datapoints:g} is more than the {periods:g} EvaluationPeriods"
    lengths = {number(each.period) for each in watched(alarm)}
    lengths |= {number(each.get("Period")) for each in listed(alarm.get("Metrics")) if isinstance(each, dict)}
    for length in sorted(each for each in lengths if each is not None):
        if length not in _SHORT and (length <= 0 or length % 60):
            yield f"Period {length:g} is not 10, 20, 30 or a multiple of 60"
        if periods is not None and length * periods > (_DAY if length < 3600 else 7 * _DAY):
            yield f"{periods:g} periods of {length:g} s are longer than CloudWatch looks back"


def _comparison_problems(alarm: dict[str, Any], put: tuple[Put, ...]) -> Iterator[str]:
    how, threshold = str(alarm.get("ComparisonOperator")), number(alarm.get("Threshold"))
    metrics = list(watched(alarm))
    if len(metrics) != 1 or "Metrics" in alarm:
        return
    (metric,) = metrics
    is_fault = metric.namespace in METRICS and metric.name in FAULTS
    if is_fault:
        yield from _fault_problems(how, threshold, metric, str(alarm.get("TreatMissingData")))
    if is_fault and how in _LESS:
        yield f"the alarm rings while there are few {metric.name}"
    elif threshold is not None:
        yield from _never_or_always(how, threshold, metric, put)


def _fault_problems(how: str, threshold: float | None, metric: Watched, missing: str) -> Iterator[str]:
    """Without data there were no faults, as nothing was called. A call of a function publishes 0 or 1 of each."""
    over = threshold is not None and (threshold > 1 or (threshold == 1 and how == "GreaterThanThreshold"))
    if metric.statistic == "SampleCount" and metric.name == "Errors":
        yield "the SampleCount of Errors counts all calls, not the errors"
    elif metric.statistic in ("Average", "Minimum", "Maximum") and metric.name in _BINARY and over:
        yield f"the {metric.statistic} of {metric.name} is never above 1, so the alarm never rings"
    if missing == "breaching":
        yield f"the alarm rings while nothing is called, because missing {metric.name} are breaching"


def _never_or_always(how: str, threshold: float, metric: Watched, put: tuple[Put, ...]) -> Iterator[str]:
    """What a metric whose smallest or greatest value is known cannot be."""
    of_service = metric.namespace in METRICS
    most = None if of_service or metric.statistic in ADDING else _greatest(metric, put)
    if most is not None and (
        (how == "GreaterThanThreshold" and threshold >= most)
        or (how == "GreaterThanOrEqualToThreshold" and threshold > most)
    ):
        yield f"{metric.name} is never more than {most:g}, so its {metric.statistic} never rings"
    least = 0.0 if of_service else _smallest(metric, put)
    if least is None:
        return
    if (how == "LessThanThreshold" and threshold <= least) or (how in _LESS and threshold < least):
        yield f"{metric.name} is never less than {least:g}, so the alarm never rings"
    if of_service and (
        (how == "GreaterThanOrEqualToThreshold" and threshold <= least)
        or (how == "GreaterThanThreshold" and threshold < least)
    ):
        yield f"{metric.name} is always {least:g} or more, so the alarm always rings"


def _smallest(metric: Watched, put: tuple[Put, ...]) -> float | None:
    """The smallest value that the set publishes of a metric, where every place that publishes it says so."""
    found = [each.least for each in put if each[:2] == metric[:2]]
    known = [each for each in found if each is not None]
    return min(known) if known and len(known) == len(found) and min(known) >= 0 else None


def _greatest(metric: Watched, put: tuple[Put, ...]) -> float | None:
    found = [each.most for each in put if each[:2] == metric[:2]]
    known = [each for each in found if each is not None]
    return max(known) if known and len(known) == len(found) else None
