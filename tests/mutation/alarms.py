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
from payflow_cfn.config.alarms import ALARMS, THRESHOLDS, Alarm, Threshold

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
    "TransactionsTableName": "dynamodb-transactions-dev",
    "NotificationsDeadLetterQueueName": "sqs-payment-notifications-dlq-dev",
}


# Resources beside the alarms: the alarm over those that page, and the filter that makes the duration's metric.
_BESIDE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "PaymentHealthAlarm": {
            "AlarmName": "alarm-payment-health-dev",
            "AlarmActions/0": _TOPIC,
            "OKActions/0": _TOPIC,
            "AlarmRule": " OR ".join(f'ALARM("alarm-{each.purpose}-dev")' for each in ALARMS if each.pages),
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
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": str(row.threshold.default if isinstance(row.threshold, Threshold) else row.threshold),
        "EvaluationPeriods": row.periods,
        "TreatMissingData": "notBreaching",
        "AlarmActions/0": _TOPIC,
        "OKActions/0": _TOPIC,
    }
    return facts | (_math(row) if row.queries else _one_metric(row))


def _one_metric(row: Alarm) -> dict[str, Any]:
    percentile = row.statistic.startswith("p")
    facts: dict[str, Any] = {
        "Namespace": row.namespace,
        "MetricName": row.metric.replace("${Environment}", "dev"),
        "ExtendedStatistic" if percentile else "Statistic": row.statistic,
        "Period": row.seconds,
    }
    if row.dimension:
        name, reference = row.dimension
        facts |= {"Dimensions/0/Name": name, "Dimensions/0/Value": _VALUES[reference]}
    return facts


def _math(row: Alarm) -> dict[str, Any]:
    """The facts of the queries; the last one alone returns its value."""
    facts: dict[str, Any] = {}
    for number, each in enumerate(row.queries):
        own: dict[str, Any] = {"Id": each.id, "ReturnData": str(each is row.queries[-1])}
        if each.expression:
            own |= {"Expression": filled_in(each.expression), "Period": row.seconds}
        else:
            own |= {
                "MetricStat/Metric/Namespace": "PaymentWorkflow",
                "MetricStat/Metric/MetricName": each.metric,
                "MetricStat/Metric/Dimensions/0/Name": "environment",
                "MetricStat/Metric/Dimensions/0/Value": "dev",
                "MetricStat/Period": row.seconds,
                "MetricStat/Stat": filled_in(each.statistic),
            }
        facts |= {f"Metrics/{number}/{key}": value for key, value in own.items()}
    return facts


def filled_in(text: str) -> str:
    """A text of the table with the defaults of root's parameters."""
    for each in THRESHOLDS:
        text = text.replace(f"${{{each.parameter}}}", str(each.default))
    return text
