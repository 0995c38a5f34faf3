"""What each alarm has to watch, and what feeds it: written down once more, by the metric pages of the services.

Thresholds are the defaults of the root's parameters, references are resolved for one imagined deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from mutation.mutant import Memory, leaves, spelled
from payflow_cfn.audit.grants import WORLD
from payflow_cfn.check.expand import expand
from payflow_cfn.check.templates import ParsedSet

_TOPIC = "arn:aws:sns:eu-west-2:111122223333:sns-payment-notifications-dev"
_MACHINE = "arn:aws:states:eu-west-2:111122223333:stateMachine:sfn-payment-workflow-dev"

# Words for people change nothing that is watched.
_UNSAID = frozenset({"AlarmDescription", "Tags"})
_KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::MetricFilter")


@dataclass(frozen=True, slots=True)
class Watched:
    """One alarm: `dimension` is a name and a value, or empty; `threshold` is what the statistic has to be above."""

    name: str
    namespace: str
    metric: str
    dimension: tuple[str, str] | tuple[()]
    threshold: str
    statistic: str = "Sum"
    periods: int = 1


_STATES, _LAMBDA = "AWS/States", "AWS/Lambda"
_WORKFLOW = ("StateMachineArn", _MACHINE)
_VALIDATION = ("FunctionName", "lambda-payment-validation-dev")
_PROCESSING = ("FunctionName", "lambda-payment-processing-dev")

# https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
ALARMS: Mapping[str, Watched] = MappingProxyType(
    {
        "WorkflowFailuresAlarm": Watched("sfn-failures", _STATES, "ExecutionsFailed", _WORKFLOW, "2"),
        "WorkflowTimeoutsAlarm": Watched("sfn-timeouts", _STATES, "ExecutionsTimedOut", _WORKFLOW, "0"),
        "WorkflowAbortsAlarm": Watched("sfn-aborts", _STATES, "ExecutionsAborted", _WORKFLOW, "0"),
        "WorkflowThrottlesAlarm": Watched("sfn-throttles", _STATES, "ExecutionThrottled", _WORKFLOW, "1"),
        "ValidationErrorsAlarm": Watched("lambda-validation-errors", _LAMBDA, "Errors", _VALIDATION, "5"),
        "ValidationThrottlesAlarm": Watched("lambda-validation-throttles", _LAMBDA, "Throttles", _VALIDATION, "1"),
        "ProcessingErrorsAlarm": Watched("lambda-processing-errors", _LAMBDA, "Errors", _PROCESSING, "5"),
        "ProcessingThrottlesAlarm": Watched("lambda-processing-throttles", _LAMBDA, "Throttles", _PROCESSING, "1"),
        # The described 120 s; the filter below counts in milliseconds.
        "PaymentDurationAlarm": Watched(
            "payment-duration", "PaymentWorkflow/Logs", "PaymentDuration-dev", (), "120000", "Average", 2
        ),
        "PaymentUnknownAlarm": Watched(
            "payment-unknown", "PaymentWorkflow", "PaymentsNeedingAttention", ("environment", "dev"), "0"
        ),
        "NoticesLostAlarm": Watched("notices-lost", "PaymentWorkflow", "NoticesLost", ("environment", "dev"), "0"),
        "UndeliveredNoticesAlarm": Watched(
            "sqs-undelivered-notices",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            ("QueueName", "sqs-payment-notifications-dlq-dev"),
            "0",
            "Maximum",
        ),
    }
)

# Resources beside the alarms: the light over all of them tells nobody, the filter makes the duration's metric.
_BESIDE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "PaymentHealthAlarm": {
            "AlarmName": "alarm-payment-health-dev",
            "ActionsEnabled": "False",
            "AlarmRule": " OR ".join(f'ALARM("alarm-{each.name}-dev")' for each in ALARMS.values()),
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
    facts: dict[str, Mapping[str, Any]] = {**{name: _facts(each) for name, each in ALARMS.items()}, **_BESIDE}
    for logical, fields in facts.items():
        yield from (f"{logical} has {path} = {value}" for path, value in fields.items())


def _facts(watched: Watched) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "AlarmName": f"alarm-{watched.name}-dev",
        "Namespace": watched.namespace,
        "MetricName": watched.metric,
        "Statistic": watched.statistic,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": watched.threshold,
        "Period": 300,
        "EvaluationPeriods": watched.periods,
        "TreatMissingData": "notBreaching",
        "AlarmActions/0": _TOPIC,
    }
    if watched.dimension:
        facts["Dimensions/0/Name"], facts["Dimensions/0/Value"] = watched.dimension
    return facts
