"""Rules about what alarms measure: a statistic that says something of its metric, under a name for that metric."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import is_known
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.metric_sources import ALARM, FILTER, Put, Watched, filtered, number, put_by_machines, watched
from payflow_cfn.lint.references import alternatives, evaluated, is_open, kind_of, placed, text_in
from payflow_cfn.lint.service_metrics import ADDING, FAULTS, METRICS, is_level
from payflow_cfn.lint.store import dead_letter_queues

_COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
_TIMES = ("Seconds", "Milliseconds", "Microseconds")
# Of each call of a function 0 or 1, so that an average of them is a rate.
_RATED = ("Errors", "Throttles")
_ENDINGS = {"ms": "Milliseconds", "us": "Microseconds", "s": "Seconds", "seconds": "Seconds", "bytes": "Bytes"}
_FIELD = re.compile(r"\$\.(?:\w+\.)*\w+_(\w+)")
_IN_RULE = re.compile(r"(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*[\"']?([^\"')]+)[\"']?\s*\)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Words that say what an alarm is about.
_ABOUT = {
    "errors": "error errors failure failures failed fails",
    "throttles": "throttle throttles throttled throttling",
    "timeouts": "timeout timeouts timed",
    "aborts": "abort aborts aborted",
    "durations": "duration durations latency",
    "calls": "invocations started succeeded",
}
_FEW = 3
_MANY = 4  # alarms that a rule rarely wants to ring at the same time


def alarms_measure_what_counts(templates: ParsedSet) -> Iterator[Breach]:
    """PF081: the statistic, the metric and the dimensions of an alarm fit together, and a composite alarm can ring.

    Faults are summed, levels and times are not. Dead letters are visible messages, nobody receives them. Calls through
    an alias are published under function:alias. An alarm of all alarms at once rings when everything fails
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Statistic).
    """
    put = (*filtered(templates, evaluated), *put_by_machines(templates, evaluated))
    dead = {place[:2] for place in dead_letter_queues(templates)}
    for stack, logical, resource in templates.resources(ALARM):
        alarm = evaluated(templates, stack, resource.get("Properties", {}))
        for metric in watched(alarm):
            limit = None if "Metrics" in alarm else number(text_in(templates, alarm.get("Threshold")))
            for problem in (
                *_statistic_problems(metric, limit, put),
                *_dimension_problems(templates, metric, dead),
            ):
                yield Breach(stack, f"Resources/{logical}/Properties", problem)
    yield from _filters(templates)
    yield from _composites(templates)


def _statistic_problems(metric: Watched, threshold: float | None, put: tuple[Put, ...]) -> Iterator[str]:
    how, name = metric.statistic if not metric.percentile else metric.percentile, metric.name
    of_service = metric.namespace in METRICS and name in METRICS[metric.namespace]
    if of_service and name in FAULTS:
        is_rate = name in _RATED and how == "Average" and (threshold is None or threshold < 1)
        if how not in ("Sum", "Maximum") and not is_rate:
            yield f"the {how} of {name} does not say how many there were: sum them"
        elif how == "Maximum" and threshold is not None and threshold >= 1 and name not in _RATED:
            yield f"each {name} counts as 1, so their Maximum is never above {threshold:g}: sum them"
    is_sum = how in ADDING and (threshold is None or threshold > 0)
    if is_sum and ((of_service and is_level(name)) or _is_timed(metric, put)):
        yield f"the {how} of {name} says how often it was measured, not how much it is"


def _is_timed(metric: Watched, put: tuple[Put, ...]) -> bool:
    """Whether the set publishes this metric as a time."""
    units = {each.unit for each in put if each[:2] == metric[:2]}
    return bool(units) and units <= set(_TIMES)


def _dimension_problems(templates: ParsedSet, metric: Watched, dead: set[tuple[str, str]]) -> Iterator[str]:
    given = dict(metric.dimensions)
    if metric.namespace == "AWS/SQS" and metric.name == "ApproximateNumberOfMessagesNotVisible":
        for place in filter(None, (placed(templates, each) for each in alternatives(given.get("QueueName")))):
            if place[:2] in dead:
                yield f"nothing receives from {place.resource}, so none of its messages is in flight"
    if metric.namespace == "AWS/Lambda" and "Resource" in given:
        for each in alternatives(given["Resource"]):
            target, name = placed(templates, each), text_in(templates, each)
            is_arn = target is not None and kind_of(templates, target) in ("AWS::Lambda::Alias", "AWS::Lambda::Version")
            bare = is_known(each) and ":" not in name and name != text_in(templates, given.get("FunctionName"))
            if is_arn or bare or name.startswith("arn:"):
                yield f"Resource is {name}, and Lambda publishes by FUNCTION:ALIAS or FUNCTION:VERSION"


def _filters(templates: ParsedSet) -> Iterator[Breach]:
    for stack, logical, resource in templates.resources(FILTER):
        made = evaluated(templates, stack, resource.get("Properties", {}).get("MetricTransformations", []))
        for number_, each in enumerate(made if isinstance(made, list) else []):
            value, unit = str(each.get("MetricValue")), str(each.get("Unit", ""))
            path = f"Resources/{logical}/Properties/MetricTransformations/{number_}"
            if unit in _TIMES and number(each.get("MetricValue")) is not None:
                yield Breach(stack, path, f"the value of each line is {value}, which is not a time in {unit}")
            found = _FIELD.fullmatch(value)
            wanted = _ENDINGS.get(found[1].rpartition("_")[2], "") if found else ""
            if wanted and unit not in ("", "None", wanted):
                yield Breach(stack, path, f"{value} is in {wanted}, and its Unit is {unit}")


def _composites(templates: ParsedSet) -> Iterator[Breach]:
    single, names = set(_alarm_names(templates, ALARM)), [*_alarm_names(templates, ALARM, _COMPOSITE)]
    for stack, logical, resource in templates.resources(_COMPOSITE):
        rule = text_in(templates, evaluated(templates, stack, resource.get("Properties", {}).get("AlarmRule")))
        told = _IN_RULE.findall(rule)
        own = [each.rpartition(":alarm:")[2] for each in told]
        path = f"Resources/{logical}/Properties/AlarmRule"
        words = set(re.findall(r"\b(AND|OR|NOT)\b", _IN_RULE.sub("", rule)))
        if words == {"AND"} and (len(own) > _MANY or (len(own) >= _FEW and set(own) >= single)):
            yield Breach(stack, path, f"it rings only while all of its {len(own)} alarms ring")
        for each in own:
            near = difflib.get_close_matches(each, names, 1, 0.9) if each not in names else []
            if near:
                yield Breach(stack, path, f"no alarm of the set is called {each}, there is {near[0]}")


def _alarm_names(templates: ParsedSet, *kinds: str) -> Iterator[str]:
    """The names of the alarms, where they are known."""
    for stack, _, resource in templates.resources(*kinds):
        value = evaluated(templates, stack, resource.get("Properties", {}).get("AlarmName"))
        if value is not None and not is_open(value):
            yield text_in(templates, value)


def alarms_are_what_they_are_called(templates: ParsedSet) -> Iterator[Breach]:
    """PF082: an alarm that is named after throttles watches throttles, and no two alarms watch the same.

    A copied alarm whose metric was not changed rings twice for one fault and never for the other
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
    """
    seen: dict[str, str] = {}
    for stack, logical, resource in templates.resources(ALARM):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        path = f"Resources/{logical}/Properties"
        metrics = list(watched(given))
        if len(metrics) != 1 or "Metrics" in given:
            continue
        name = text_in(templates, given.get("AlarmName", ""))
        says, watches = _about(f"{logical} {name}"), _about(metrics[0].name)
        if len(says) == len(watches) == 1 and says != watches:
            yield Breach(stack, path, f"the name is about {says.pop()}, and the alarm watches {metrics[0].name}")
        other = seen.setdefault(_watch(given), logical) if "Condition" not in resource else logical
        if other != logical:
            yield Breach(stack, path, f"{other} watches the same")


def _about(text: str) -> set[str]:
    words = {each.lower() for each in _WORD.findall(text)}
    return {topic for topic, known in _ABOUT.items() if words & set(known.split())}


def _watch(alarm: dict[str, Any]) -> str:
    """All that decides when an alarm rings, as text."""
    told = ("AlarmName", "AlarmDescription", "AlarmActions", "OKActions", "InsufficientDataActions", "Tags")
    return repr(sorted((key, repr(value)) for key, value in alarm.items() if key not in told))
