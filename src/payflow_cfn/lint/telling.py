"""A rule about alarms that have no action, or that never fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.references import evaluated


def alarms_tell(templates: ParsedSet) -> Iterator[Breach]:
    """PF033: an alarm has a threshold and an action, and no unit of its own.

    CloudWatch compares only data of the alarm's Unit. If the service publishes another unit, the alarm never
    rings (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
    """
    for stack, logical, resource in some("alarm", templates.resources("AWS::CloudWatch::Alarm")):
        for problem in _problems(evaluated(templates, stack, resource.get("Properties", {}))):
            yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _problems(alarm: Mapping[str, Any]) -> Iterator[str]:
    if not listed(alarm.get("AlarmActions")) or alarm.get("ActionsEnabled") in (False, "false"):
        yield "the alarm has no action"
    if "Threshold" not in alarm and "ThresholdMetricId" not in alarm:
        yield "the alarm has no threshold"
    if "Unit" in alarm:
        yield "the alarm waits for data of one unit"
