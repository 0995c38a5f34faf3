"""Metrics, alarms and a saved query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from troposphere import Equals, GetAtt, Join, Parameter, Ref, Sub, Template
from troposphere.cloudwatch import Alarm

from payflow_cfn import names
from payflow_cfn.names import Name
from payflow_cfn.resources import cloudwatch, logs
from payflow_cfn.settings import Settings
from payflow_cfn.stacks.functions import METRICS_NAMESPACE
from payflow_cfn.stacks.parts import add_outputs, named, new_template, tags

STATES, LAMBDA, SQS = "AWS/States", "AWS/Lambda", "AWS/SQS"

# The metric filter's metric has its own namespace: the functions' own metrics carry dimensions, this one must not.
FILTERED_NAMESPACE = f"{METRICS_NAMESPACE}/Logs"


class Watch(NamedTuple):
    """One alarm: above `threshold` (a number, or the parameter that holds it) in `periods` of 300 s it tells."""

    title: str
    name: Name
    namespace: str
    metric: str
    dimensions: Mapping[str, Any]
    threshold: Any
    says: str
    runbook: str
    statistic: str = "Sum"
    periods: int = 1


def _watches() -> list[Watch]:
    machine = {"StateMachineArn": Ref("StateMachineArn")}
    validation = {"FunctionName": Ref("ValidationFunctionName")}
    processing = {"FunctionName": Ref("ProcessingFunctionName")}
    failures, errors, throttles = Ref("FailuresThreshold"), Ref("ErrorsThreshold"), Ref("ThrottlesThreshold")
    # A redrive would only enter the state Fail again: every failure before it is caught.
    look = "read the failed executions and their payments' rows, then run open payments with --again"
    code = "read the function's log group for lines of level ERROR"
    quota = "raise the account's Lambda concurrency"
    return [
        Watch("WorkflowFailures", names.WORKFLOW_FAILURES_ALARM, STATES, "ExecutionsFailed", machine, failures,
              "executions failed for technical reasons", look),
        Watch("WorkflowTimeouts", names.WORKFLOW_TIMEOUTS_ALARM, STATES, "ExecutionsTimedOut", machine, 0,
              "an execution ran out of time", look),
        Watch("WorkflowAborts", names.WORKFLOW_ABORTS_ALARM, STATES, "ExecutionsAborted", machine, 0,
              "an execution was stopped by hand", "ask who did, then look at its payment's row"),
        Watch("WorkflowThrottles", names.WORKFLOW_THROTTLES_ALARM, STATES, "ExecutionThrottled", machine, throttles,
              "Step Functions throttles the workflow", "raise the account's state transition quota"),
        Watch("ValidationErrors", names.VALIDATION_ERRORS_ALARM, LAMBDA, "Errors", validation, errors,
              "the validation function raises", code),
        Watch("ValidationThrottles", names.VALIDATION_THROTTLES_ALARM, LAMBDA, "Throttles", validation, throttles,
              "the validation function is throttled", quota),
        Watch("ProcessingErrors", names.PROCESSING_ERRORS_ALARM, LAMBDA, "Errors", processing, errors,
              "the processing function raises", code),
        Watch("ProcessingThrottles", names.PROCESSING_THROTTLES_ALARM, LAMBDA, "Throttles", processing, throttles,
              "the processing function is throttled", quota),
        Watch("PaymentDuration", names.PAYMENT_DURATION_ALARM, FILTERED_NAMESPACE, "PaymentDuration-${Environment}", {},
              Ref("PaymentDurationThresholdMs"), "payments take too long (milliseconds, average)",
              "compare the gateway's answer times with the function's duration", "Average", 2),
        Watch("PaymentUnknown", names.PAYMENT_UNKNOWN_ALARM, METRICS_NAMESPACE, "PaymentsNeedingAttention",
              {"environment": Ref("Environment")}, 0,
              "a payment's outcome is still unknown after the last time the gateway was asked",
              "`payflow payments --open` lists it, then `payflow payment ID --ask`"),
        Watch("NoticesLost", names.NOTICES_LOST_ALARM, METRICS_NAMESPACE, "NoticesLost",
              {"environment": Ref("Environment")}, 0, "the topic did not take a notice",
              "read the history of the execution that failed with NoticeLost: the publish was refused; mend the policy "
              "of the topic or its key, then `payflow run --again` tells a decline or failure that is untold"),
        Watch("UndeliveredNotices", names.UNDELIVERED_NOTICES_ALARM, SQS, "ApproximateNumberOfMessagesVisible",
              {"QueueName": Ref("NotificationsDeadLetterQueueName")}, 0, "a notice could not be delivered",
              "read the dead-letter queue, mend the subscription, send again", "Maximum"),
    ]  # fmt: skip


def monitoring_stack(settings: Settings) -> Template:
    """Twelve alarms, a metric filter; where they can be created, one light for all alarms and a saved query."""
    template = new_template(
        "monitoring",
        "metrics and alarms",
        *("StateMachineArn", "ValidationFunctionName", "ProcessingFunctionName", "ValidationLogGroupName"),
        *("ProcessingLogGroupName", "NotificationsTopicArn", "NotificationsDeadLetterQueueName", "ResourceCoverage"),
    )
    for each in ("FailuresThreshold", "ErrorsThreshold", "ThrottlesThreshold", "PaymentDurationThresholdMs"):
        template.add_parameter(Parameter(each, Type="Number"))
    template.add_condition("FullCoverage", Equals(Ref("ResourceCoverage"), "full"))
    _duration_filter(template)
    watches = _watches()
    for watch in watches:
        alarm = template.add_resource(_alarm(settings, watch))
        add_outputs(
            template,
            {f"{watch.title}AlarmName": Ref(alarm), f"{watch.title}AlarmArn": _alarm_arn(watch)},
        )
    _full_coverage(template, settings, watches)
    return template


def _alarm(settings: Settings, watch: Watch) -> Alarm:
    metric = Sub(watch.metric) if "${" in watch.metric else watch.metric
    return cloudwatch.alarm(
        f"{watch.title}Alarm",
        name=named(watch.name),
        description=Sub(f"${{Environment}}: {watch.says}. Runbook: {watch.runbook}."),
        namespace=watch.namespace,
        metric=metric,
        dimensions=dict(watch.dimensions),
        statistic=watch.statistic,
        threshold=watch.threshold,
        period=300,
        periods=watch.periods,
        topic_arn=Ref("NotificationsTopicArn"),
        tags=tags(settings),
    )


def _alarm_arn(watch: Watch) -> Any:
    return GetAtt(f"{watch.title}Alarm", "Arn")


def _duration_filter(template: Template) -> None:
    template.add_resource(
        logs.metric_filter(
            "PaymentDurationFilter",
            name=named(names.PAYMENT_DURATION_FILTER),
            log_group_name=Ref("ProcessingLogGroupName"),
            # A payment that was reconciled took as long as the waits between the asks: that is no slowness.
            pattern='{ $.event = "payment_processed" && $.step = "process" && $.duration_ms >= 0 }',
            metric=Sub("PaymentDuration-${Environment}"),
            namespace=FILTERED_NAMESPACE,
            value="$.duration_ms",
            unit="Milliseconds",
        )
    )


def _full_coverage(template: Template, settings: Settings, watches: list[Watch]) -> None:
    rule = Join(" OR ", [Sub(f'ALARM("{watch.name.sub()}")') for watch in watches])
    template.add_resource(
        cloudwatch.composite_alarm(
            "PaymentHealthAlarm",
            name=named(names.PAYMENT_HEALTH_ALARM),
            description=Sub("${Environment}: any alarm of the payment workflow. Runbook: look at the single alarms."),
            rule=rule,
            condition="FullCoverage",
            depends_on=[f"{watch.title}Alarm" for watch in watches],
            tags=tags(settings),
        )
    )
    template.add_resource(
        logs.saved_query(
            "FailedPaymentsQuery",
            name=named(names.FAILED_PAYMENTS_QUERY),
            log_group_names=[Ref("ValidationLogGroupName"), Ref("ProcessingLogGroupName")],
            text="fields @timestamp, event, transaction_id, status, error | filter status != 'COMPLETED' "
            "| sort @timestamp desc | limit 200",
            condition="FullCoverage",
        )
    )
