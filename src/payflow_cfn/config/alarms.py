"""The table of alarms, from which follow names, outputs, policies, root parameters, the dashboard and the docs page."""

from __future__ import annotations

from typing import NamedTuple

# The namespace for metrics of the functions and the workflow, and one for the metric filter: the functions' metrics
# have dimensions, the filter's must not.
METRICS_NAMESPACE = "PaymentWorkflow"
FILTERED_NAMESPACE = f"{METRICS_NAMESPACE}/Logs"
# The metric of the filter, for Fn::Sub.
PAYMENT_DURATION = "PaymentDuration-${Environment}"
PERIOD = 300
_HOUR = 3600
_STATISTICS = frozenset({"Sum", "Average", "Minimum", "Maximum", "SampleCount"})


class Threshold(NamedTuple):
    """A parameter of root: the threshold of one alarm or several, or a number in their expressions."""

    parameter: str
    default: float
    least: float
    description: str
    choices: tuple[float, ...] = ()


class Query(NamedTuple):
    """One line of metric math, for Fn::Sub: an expression, or `statistic` of a metric of the payments."""

    id: str
    metric: str = ""
    expression: str = ""
    statistic: str = "Sum"


class Alarm(NamedTuple):
    """One alarm: it rings when `statistic` of the metric is above `threshold` in `periods` periods of `seconds`.

    `title` begins the logical id and the outputs. `purpose` is in the physical name and names the alarm in the
    settings. `runbook` is the first step, and `page` a file of docs/runbooks with the others. `dimension` is a
    dimension's name and the stack's parameter with its value: an output of another stack, or `Environment`. With
    `queries`, the value is that of the last one, in place of a metric; the embedded AWS has no metric math. `pages`: it
    is part of the composite alarm. `stays`: no setting switches it off or mutes it.
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
    seconds: int = PERIOD
    queries: tuple[Query, ...] = ()
    page: str = ""
    pages: bool = False
    stays: bool = False

    @property
    def is_percentile(self) -> bool:
        """Whether CloudWatch takes the statistic as an extended one."""
        return self.statistic not in _STATISTICS


_GOALS = (90, 95, 99, 99.5, 99.9, 99.95, 99.99)
_FAILURES = Threshold("FailuresThreshold", 2, 0, f"Failed executions in {PERIOD} s before the alarm")
_TIMEOUTS = Threshold("TimeoutsThreshold", 0, 0, f"Executions that ran out of time in {PERIOD} s before the alarm")
_ABORTS = Threshold("AbortsThreshold", 0, 0, f"Executions stopped by hand in {PERIOD} s before the alarm")
_ERRORS = Threshold("ErrorsThreshold", 5, 0, f"Function errors in {PERIOD} s before the alarm")
_THROTTLES = Threshold("ThrottlesThreshold", 1, 0, f"Throttles in {PERIOD} s before the alarm")
_DURATION = Threshold(
    "PaymentDurationThresholdMs",
    120000,
    1,
    "Average milliseconds from the start of an execution to its payment's result before the alarm",
)
_SLOWEST = Threshold(
    "PaymentDurationP99ThresholdMs", 240000, 1, "The same milliseconds of the slowest hundredth before the alarm"
)
_UNDELIVERED = Threshold("UndeliveredNoticesThreshold", 0, 0, "Notices in the dead-letter queue before the alarm")
_DECLINES = Threshold("DeclineRatePercent", 50, 0, "Declined payments among charged ones, in %, before the alarm")
_REJECTIONS = Threshold("RejectionRatePercent", 50, 0, "Rejected payments among all, in %, before the alarm")
_FAST = Threshold("FastBurnThreshold", 14.4, 0, "Times the rate that an objective allows, in an hour, before the alarm")
_SLOW = Threshold("SlowBurnThreshold", 6, 0, "Times the rate that an objective allows, in six hours, before the alarm")
_FLOOR = Threshold("RateFloor", 20, 1, "Payments in a period below which no rate is taken")
_SETTLED = Threshold("SettledGoalPercent", 99.9, 0, "Objective: payments settled without a person, in %", _GOALS)
_IN_TIME = Threshold("InTimeGoalPercent", 99, 0, "Objective: payments settled in SettledWithinMs, in %", _GOALS)
_WITHIN = Threshold("SettledWithinMs", 120000, 1, "Milliseconds in which the objective wants a payment settled")

_STATES, _LAMBDA, _DYNAMODB = "AWS/States", "AWS/Lambda", "AWS/DynamoDB"
_MACHINE, _TABLE = ("StateMachineArn", "StateMachineArn"), ("TableName", "TransactionsTableName")
_VALIDATION, _PROCESSING = ("FunctionName", "ValidationFunctionName"), ("FunctionName", "ProcessingFunctionName")
ENVIRONMENT = ("environment", "Environment")
# No redrive: it would only enter the state Fail again, since every failure before it is caught.
_LOOK = "read the failed executions and their payments' rows, then run open payments with --again"
_CODE = "read the function's log group for lines of level ERROR"
_QUOTA = "raise the account's Lambda concurrency"
_ON_DEMAND = "look whether a new load is wanted; raise the table's or the account's limit"

# A metric without data in the period counts as 0.
_COMPLETED, _DECLINED = Query("completed", "PaymentsCompleted"), Query("declined", "PaymentsDeclined")
_REJECTED, _FAILED = Query("rejected", "PaymentsRejected"), Query("failed", "PaymentsFailed")
_ATTENTION = Query("attention", "PaymentsNeedingAttention")
_QUICK = Query("quick", "PaymentDuration", statistic=f"TC(:${{{_WITHIN.parameter}}})")
_CHARGED = "FILL(completed, 0) + FILL(declined, 0)"
_FINAL = f"{_CHARGED} + FILL(failed, 0)"


def _share(part: str, *, of: str, queries: tuple[Query, ...]) -> tuple[Query, ...]:
    """`part` in % of a sum; 0 for fewer payments than the floor, as a rate of few means nothing."""
    rate = f"IF(total >= ${{{_FLOOR.parameter}}}, 100 * part / total, 0)"
    return (
        *queries,
        Query("part", expression=part),
        Query("total", expression=of),
        Query("rate", expression=rate),
    )


def _burn(goal: Threshold, bad: str, *, of: str, queries: tuple[Query, ...]) -> tuple[Query, ...]:
    """How many times faster than the goal allows payments miss it (https://sre.google/workbook/alerting-on-slos/)."""
    burn = Query("burn", expression=f"rate / (100 - ${{{goal.parameter}}})")
    return (*_share(bad, of=of, queries=queries), burn)


def _burns(title: str, purpose: str, queries: tuple[Query, ...], meaning: str, runbook: str) -> tuple[Alarm, Alarm]:
    """Two alarms of an objective: one pages, as the month's budget is gone in two days, the other one informs."""
    fast = Alarm(f"{title}FastBurn", f"{purpose}-fast-burn", "", "", None, _FAST, f"{meaning}, in one hour", runbook,
                 seconds=_HOUR, queries=queries, page=f"{purpose}.md", pages=True)  # fmt: skip
    slow = Alarm(f"{title}SlowBurn", f"{purpose}-slow-burn", "", "", None, _SLOW, f"{meaning}, in six hours",
                 runbook, seconds=6 * _HOUR, queries=queries, page=f"{purpose}.md")  # fmt: skip
    return fast, slow


_ROWS: tuple[Alarm, ...] = (
    Alarm("WorkflowFailures", "sfn-failures", _STATES, "ExecutionsFailed", _MACHINE, _FAILURES,
          "executions failed for technical reasons", _LOOK, pages=True),
    Alarm("WorkflowTimeouts", "sfn-timeouts", _STATES, "ExecutionsTimedOut", _MACHINE, _TIMEOUTS,
          "an execution ran out of time", _LOOK, pages=True),
    Alarm("WorkflowAborts", "sfn-aborts", _STATES, "ExecutionsAborted", _MACHINE, _ABORTS,
          "an execution was stopped by hand", "ask who did, then look at its payment's row"),
    Alarm("WorkflowThrottles", "sfn-throttles", _STATES, "ExecutionThrottled", _MACHINE, _THROTTLES,
          "Step Functions throttles the workflow", "raise the account's state transition quota"),
    Alarm("ValidationErrors", "lambda-validation-errors", _LAMBDA, "Errors", _VALIDATION, _ERRORS,
          "the validation function raises", _CODE, pages=True),
    Alarm("ValidationThrottles", "lambda-validation-throttles", _LAMBDA, "Throttles", _VALIDATION, _THROTTLES,
          "the validation function is throttled", _QUOTA, page="lambda-throttles.md"),
    Alarm("ProcessingErrors", "lambda-processing-errors", _LAMBDA, "Errors", _PROCESSING, _ERRORS,
          "the processing function raises", _CODE, pages=True),
    Alarm("ProcessingThrottles", "lambda-processing-throttles", _LAMBDA, "Throttles", _PROCESSING, _THROTTLES,
          "the processing function is throttled", _QUOTA, page="lambda-throttles.md"),
    Alarm("TableWriteThrottles", "dynamodb-write-throttles", _DYNAMODB, "WriteThrottleEvents", _TABLE, _THROTTLES,
          "the table throttles writes", _ON_DEMAND, page="dynamodb-throttles.md"),
    Alarm("TableReadThrottles", "dynamodb-read-throttles", _DYNAMODB, "ReadThrottleEvents", _TABLE, _THROTTLES,
          "the table throttles reads", _ON_DEMAND, page="dynamodb-throttles.md"),
    Alarm("PaymentDuration", "payment-duration", FILTERED_NAMESPACE, PAYMENT_DURATION, None, _DURATION,
          "payments take too long (milliseconds, average)",
          "compare the gateway's answer times with the function's duration", "Average", 2),
    Alarm("PaymentDurationP99", "payment-p99-duration", FILTERED_NAMESPACE, PAYMENT_DURATION, None, _SLOWEST,
          "the slowest hundredth of the payments takes too long (milliseconds)",
          "compare the gateway's answer times with the function's duration", "p99", 2, page="payment-duration.md"),
    Alarm("DeclineRate", "decline-rate", "", "", None, _DECLINES, "the gateway declines too many payments",
          "compare the decline codes with those of yesterday, then ask the gateway", pages=True,
          queries=_share("FILL(declined, 0)", of=_CHARGED, queries=(_COMPLETED, _DECLINED))),
    Alarm("RejectionRate", "rejection-rate", "", "", None, _REJECTIONS, "the validation rejects too many payments",
          "read the reasons in the validation function's log, then ask the caller's team",
          queries=_share("FILL(rejected, 0)", of=f"FILL(rejected, 0) + {_CHARGED}",
                         queries=(_COMPLETED, _DECLINED, _REJECTED))),
    Alarm("PaymentUnknown", "payment-unknown", METRICS_NAMESPACE, "PaymentsNeedingAttention", ENVIRONMENT, 0,
          "a payment's outcome is still unknown after the last time the gateway was asked",
          "`payflow payments --open` lists it, then `payflow payment ID --ask`", pages=True, stays=True),
    Alarm("NoticesLost", "notices-lost", METRICS_NAMESPACE, "NoticesLost", ENVIRONMENT, 0,
          "a notice could not be published to the topic",
          "read the history of the execution that failed with NoticeLost: the publish was refused; correct the policy "
          "of the topic or its key, then send the notice of a decline or failure with `payflow run --again`",
          pages=True, stays=True),
    Alarm("UndeliveredNotices", "sqs-undelivered-notices", "AWS/SQS", "ApproximateNumberOfMessagesVisible",
          ("QueueName", "NotificationsDeadLetterQueueName"), _UNDELIVERED, "a notice could not be delivered",
          "read the dead-letter queue, correct the subscription, send again", "Maximum"),
    *_burns("Settled", "slo-settled",
            _burn(_SETTLED, "FILL(attention, 0)", of=f"{_FINAL} + FILL(attention, 0)",
                  queries=(_COMPLETED, _DECLINED, _FAILED, _ATTENTION)),
            "too many payments need a person for the objective", "ask the gateway about the open payments"),
    *_burns("InTime", "slo-in-time",
            _burn(_IN_TIME, "total - FILL(quick, 0)", of=_FINAL, queries=(_COMPLETED, _DECLINED, _FAILED, _QUICK)),
            "too many payments are settled too late for the objective", "ask the gateway for its answer times"),
)  # fmt: skip
# The page of an alarm has its name, where the row names no other.
ALARMS = tuple(each if each.page else each._replace(page=f"{each.purpose}.md") for each in _ROWS)

# The composite alarm over the alarms that page: its purpose, as above.
HEALTH = "payment-health"
# The runbook of the notice UNKNOWN.
ATTENTION = "payment-needs-attention.md"
MOST_WINDOWS = 5
# Every parameter of root that an alarm reads.
THRESHOLDS = (
    *dict.fromkeys(each.threshold for each in ALARMS if isinstance(each.threshold, Threshold)),
    *(_FLOOR, _SETTLED, _IN_TIME, _WITHIN),
)
SWITCHABLE = tuple(each.purpose for each in ALARMS if not each.stays)
ROUTABLE = (*(each.purpose for each in ALARMS), HEALTH)
