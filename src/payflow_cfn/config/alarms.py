"""The table of alarms, from which follow names, outputs, the topic's policy, root parameters and the docs page."""

from __future__ import annotations

from typing import NamedTuple

# The namespace for metrics of the functions and the workflow, and one for the metric filter: the functions' metrics
# have dimensions, the filter's must not.
METRICS_NAMESPACE = "PaymentWorkflow"
FILTERED_NAMESPACE = f"{METRICS_NAMESPACE}/Logs"
# The metric of the filter, for Fn::Sub.
PAYMENT_DURATION = "PaymentDuration-${Environment}"
PERIOD = 300


class Threshold(NamedTuple):
    """A parameter of root with the threshold of one alarm or several."""

    parameter: str
    default: int
    least: int
    description: str


class Alarm(NamedTuple):
    """One alarm: it rings when `statistic` of the metric is above `threshold` in `periods` periods of PERIOD seconds.

    `title` begins the logical id and the outputs, `purpose` is in the physical name. `dimension` is a dimension's name
    and the stack's parameter with its value: an output of another stack, or `Environment`.
    """

    title: str
    purpose: str
    namespace: str
    metric: str
    dimension: tuple[str, str] | None
    threshold: Threshold | int
    meaning: str
    runbook: str
    statistic: str = "Sum"
    periods: int = 1


_FAILURES = Threshold("FailuresThreshold", 2, 0, f"Failed executions in {PERIOD} s before the alarm")
_ERRORS = Threshold("ErrorsThreshold", 5, 0, f"Function errors in {PERIOD} s before the alarm")
_THROTTLES = Threshold("ThrottlesThreshold", 1, 0, f"Throttles in {PERIOD} s before the alarm")
_DURATION = Threshold(
    "PaymentDurationThresholdMs",
    120000,
    1,
    "Average milliseconds from the start of an execution to its payment's result before the alarm",
)

_STATES, _LAMBDA = "AWS/States", "AWS/Lambda"
_MACHINE = ("StateMachineArn", "StateMachineArn")
_VALIDATION, _PROCESSING = ("FunctionName", "ValidationFunctionName"), ("FunctionName", "ProcessingFunctionName")
_ENVIRONMENT = ("environment", "Environment")
# No redrive: it would only enter the state Fail again, since every failure before it is caught.
_LOOK = "read the failed executions and their payments' rows, then run open payments with --again"
_CODE = "read the function's log group for lines of level ERROR"
_QUOTA = "raise the account's Lambda concurrency"

ALARMS: tuple[Alarm, ...] = (
    Alarm("WorkflowFailures", "sfn-failures", _STATES, "ExecutionsFailed", _MACHINE, _FAILURES,
          "executions failed for technical reasons", _LOOK),
    Alarm("WorkflowTimeouts", "sfn-timeouts", _STATES, "ExecutionsTimedOut", _MACHINE, 0,
          "an execution ran out of time", _LOOK),
    Alarm("WorkflowAborts", "sfn-aborts", _STATES, "ExecutionsAborted", _MACHINE, 0,
          "an execution was stopped by hand", "ask who did, then look at its payment's row"),
    Alarm("WorkflowThrottles", "sfn-throttles", _STATES, "ExecutionThrottled", _MACHINE, _THROTTLES,
          "Step Functions throttles the workflow", "raise the account's state transition quota"),
    Alarm("ValidationErrors", "lambda-validation-errors", _LAMBDA, "Errors", _VALIDATION, _ERRORS,
          "the validation function raises", _CODE),
    Alarm("ValidationThrottles", "lambda-validation-throttles", _LAMBDA, "Throttles", _VALIDATION, _THROTTLES,
          "the validation function is throttled", _QUOTA),
    Alarm("ProcessingErrors", "lambda-processing-errors", _LAMBDA, "Errors", _PROCESSING, _ERRORS,
          "the processing function raises", _CODE),
    Alarm("ProcessingThrottles", "lambda-processing-throttles", _LAMBDA, "Throttles", _PROCESSING, _THROTTLES,
          "the processing function is throttled", _QUOTA),
    Alarm("PaymentDuration", "payment-duration", FILTERED_NAMESPACE, PAYMENT_DURATION, None, _DURATION,
          "payments take too long (milliseconds, average)",
          "compare the gateway's answer times with the function's duration", "Average", 2),
    Alarm("PaymentUnknown", "payment-unknown", METRICS_NAMESPACE, "PaymentsNeedingAttention", _ENVIRONMENT, 0,
          "a payment's outcome is still unknown after the last time the gateway was asked",
          "`payflow payments --open` lists it, then `payflow payment ID --ask`"),
    Alarm("NoticesLost", "notices-lost", METRICS_NAMESPACE, "NoticesLost", _ENVIRONMENT, 0,
          "a notice could not be published to the topic",
          "read the history of the execution that failed with NoticeLost: the publish was refused; correct the policy "
          "of the topic or its key, then send the notice of a decline or failure with `payflow run --again`"),
    Alarm("UndeliveredNotices", "sqs-undelivered-notices", "AWS/SQS", "ApproximateNumberOfMessagesVisible",
          ("QueueName", "NotificationsDeadLetterQueueName"), 0, "a notice could not be delivered",
          "read the dead-letter queue, correct the subscription, send again", "Maximum"),
)  # fmt: skip

THRESHOLDS = tuple(dict.fromkeys(each.threshold for each in ALARMS if isinstance(each.threshold, Threshold)))
