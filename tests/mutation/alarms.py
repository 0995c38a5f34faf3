"""What each alarm has to watch, by its row, and what feeds it.

Thresholds are the defaults of the root's parameters, references are resolved for one imagined deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from mutation.mutant import Memory, leaves, spelled
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.config.alarms import ALARMS, Alarm, Threshold

_TOPIC = "arn:aws:sns:eu-west-2:111122223333:sns-payment-notifications-dev"
_MACHINE = "arn:aws:states:eu-west-2:111122223333:stateMachine:sfn-payment-workflow-dev"

# Words for people change nothing that is watched.
_UNSAID = frozenset({"AlarmDescription", "Tags"})
_KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::MetricFilter")


# What the references of the alarms' rows are in the imagined deployment.
_VALUES = {
    "StateMachineArn": _MACHINE,
    "ValidationFunctionName": "lambda-payment-validation-dev",
    "ProcessingFunctionName": "lambda-payment-processing-dev",
    "Environment": "dev",
    "NotificationsDeadLetterQueueName": "sqs-payment-notifications-dlq-dev",
}


# Resources beside the alarms: the light over all of them tells nobody, the filter makes the duration's metric.
_BESIDE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "PaymentHealthAlarm": {
            "AlarmName": "alarm-payment-health-dev",
            "ActionsEnabled": "False",
            "AlarmRule": " OR ".join(f'ALARM("alarm-{each.purpose}-dev")' for each in ALARMS),
        },
        "PaymentDurationFilter": {
            "FilterName": "metric-filter-payment-duration-dev",
            "FilterPattern": '{ $.event = "payment_processed" && $.step = "process" && $.duration_ms >= 0 }',
            "LogGroupName": "/aws/lambda/lambda-payment-processing-dev",
            "MetricTransformations/0/MetricName": "PaymentDuration-dev",
            "MetricTransformations/0/MetricNamespace": "PaymentWorkflow/Logs",
            "MetricTransformations/0/MetricValue": "$.duration_ms",
            "MetricTransformations/0/Unit": "Milliseconds",
        },
    }
)


def alarm_sentences(templates: ParsedSet, memory: Memory | None = None) -> Iterator[str]:
    """Every fact of every alarm and metric filter in the set; one in `memory` is not looked at again."""
    memory = memory or Memory()
    for kind in _KINDS:
        for stack, logical, resource in templates.resources(kind):
            yield from memory.of(resource, partial(_said, templates, stack, logical, resource))


def _said(templates: ParsedSet, stack: str, logical: str, resource: Mapping[str, Any]) -> Iterator[str]:
    properties = expand(templates, stack, resource.get("Properties", {}), WORLD)
    said = {key: each for key, each in properties.items() if key not in _UNSAID}
    yield from (f"{logical} has {spelled(path)} = {value}" for path, value in leaves(said))


def expected_alarm_sentences() -> Iterator[str]:
    """Every fact that the alarms and the filter have to have."""
    facts: dict[str, Mapping[str, Any]] = {**{f"{each.title}Alarm": _facts(each) for each in ALARMS}, **_BESIDE}
    for logical, fields in facts.items():
        yield from (f"{logical} has {path} = {value}" for path, value in fields.items())


def _facts(row: Alarm) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "AlarmName": f"alarm-{row.purpose}-dev",
        "Namespace": row.namespace,
        "MetricName": row.metric.replace("${Environment}", "dev"),
        "Statistic": row.statistic,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": str(row.threshold.default if isinstance(row.threshold, Threshold) else row.threshold),
        "Period": 300,
        "EvaluationPeriods": row.periods,
        "TreatMissingData": "notBreaching",
        "AlarmActions/0": _TOPIC,
    }
    if row.dimension:
        name, reference = row.dimension
        facts |= {"Dimensions/0/Name": name, "Dimensions/0/Value": _VALUES[reference]}
    return facts
