"""A rule about alarms that have no action, or that never fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.metric_sources import Put, filtered, put_by_machines, watched
from payflow_cfn.lint.ours import says_payflow
from payflow_cfn.lint.references import evaluated


def alarms_tell(templates: ParsedSet) -> Iterator[Breach]:
    """PF033: an alarm has a threshold and an action, and no unit of its own.

    CloudWatch compares only data of the alarm's Unit. If the service publishes another unit, the alarm never
    rings. In another set than ours, an alarm without any action may be for a person who looks, and a unit be right (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
    """
    put, is_ours = (*filtered(templates, evaluated), *put_by_machines(templates, evaluated)), says_payflow(templates)
    for stack, logical, resource in some("alarm", templates.resources("AWS::CloudWatch::Alarm")):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        for problem in (*_problems(given), *(_of_ours(given) if is_ours else _misses(given, put))):
            yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _problems(alarm: Mapping[str, Any]) -> Iterator[str]:
    if "Threshold" not in alarm and "ThresholdMetricId" not in alarm:
        yield "the alarm has no threshold"


def _of_ours(alarm: Mapping[str, Any]) -> Iterator[str]:
    if not listed(alarm.get("AlarmActions")) or alarm.get("ActionsEnabled") in (False, "false"):
        yield "the alarm has no action"
    if "Unit" in alarm:
        yield "the alarm waits for data of one unit"


def _misses(alarm: dict[str, Any], put: Iterable[Put]) -> Iterator[str]:
    """Why an alarm of another set says nothing: it has actions, but none for its fault, or a unit that nobody sends."""
    others = [each for each in ("OKActions", "InsufficientDataActions") if listed(alarm.get(each))]
    if others and not listed(alarm.get("AlarmActions")):
        yield f"the alarm has {' and '.join(others)}, and no action for when it rings"
    for metric in watched(alarm) if "Unit" in alarm else ():
        units = {each.unit or "None" for each in put if each[:2] == metric[:2]}
        if units and alarm["Unit"] not in units:
            yield f"the alarm waits for {alarm['Unit']}, and the set publishes {metric.name} in {', '.join(units)}"
