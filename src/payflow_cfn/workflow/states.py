"""Building blocks of the Amazon States Language: retries, catches, choices, and the sums of their times."""

from __future__ import annotations

from typing import Any, NamedTuple

State = dict[str, Any]

# Errors of the Lambda service, its client and its sandbox, and of the function itself. The functions return business
# results as data, so each of these is technical, and each step may be repeated: it is idempotent.
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
FUNCTION_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
    "States.TaskFailed",
)
SERVICE_ERRORS = ("States.Timeout", "States.TaskFailed")
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html
REFUSED = "DynamoDB.ConditionalCheckFailedException"

# A task may wait for its function's whole timeout, and a little for the request and the answer.
TASK_MARGIN_SECONDS = 10
SERVICE_TASK_SECONDS = 30
# How often an execution tries to be the one that sends the notice, while others may be sending it.
NOTICE_TRIES = 3


class Parts(NamedTuple):
    """The ARNs, names and values that the definition refers to, as text or as intrinsic functions."""

    invoke: Any
    publish: Any
    update_item: Any
    put_metric: Any
    namespace: Any
    validation: Any
    processing: Any
    topic: Any
    table: Any
    environment: Any
    limits: Any
    risk_threshold: Any
    exemptions: Any
    gateway: Any
    gateway_url: Any
    gateway_secret: Any
    runbook: str


class Timing(NamedTuple):
    """Literal numbers, in seconds (Step Functions refuses numbers that arrive as text)."""

    function_timeout: int
    attempts: int
    interval: int
    backoff: float
    max_delay: int
    reconcile_after: tuple[int, ...]
    quiet: int
    margin: int
    key_lifetime: int = 0

    @property
    def task_timeout(self) -> int:
        """How long one call of a function may take."""
        return self.function_timeout + TASK_MARGIN_SECONDS


def machine_timeout(timing: Timing) -> int:
    """The execution's own bound: the sum of every attempt, back-off and wait that can come one after another."""
    step = function_step(timing)
    reconciliations = len(timing.reconcile_after) * step + sum(timing.reconcile_after)
    # The last execution that tries to send the notice waits for the others, then sends, marks and counts.
    notices = NOTICE_TRIES * notice_seconds(timing) + (NOTICE_TRIES + 4) * service_step(timing)
    return 2 * step + reconciliations + notices + 60


def function_step(timing: Timing) -> int:
    """How long a call of a function can take, with its repetitions."""
    return (timing.attempts + 1) * timing.task_timeout + retry_delays(timing)


def service_step(timing: Timing) -> int:
    """How long a call of a service can take, with its repetitions."""
    return (timing.attempts + 1) * SERVICE_TASK_SECONDS + retry_delays(timing)


def notice_seconds(timing: Timing) -> int:
    """For how long one execution alone may send a final status's notice: it claims it, sends it and marks it sent."""
    return 3 * service_step(timing) + 60


def retry_delays(timing: Timing) -> int:
    """The longest that one step's back-offs can take (full jitter only shortens them)."""
    delays = (timing.interval * timing.backoff**each for each in range(timing.attempts))
    return int(sum(min(delay, timing.max_delay) for delay in delays)) + 1


def when(condition: str, next_state: str) -> State:
    """A choice by a JSONata condition."""
    return {"Condition": f"{{% {condition} %}}", "Next": next_state}


def retry(errors: tuple[str, ...], timing: Timing) -> list[State]:
    """Repeat after these errors, with growing delays that jitter spreads."""
    return [
        {
            "ErrorEquals": list(errors),
            "IntervalSeconds": timing.interval,
            "MaxAttempts": timing.attempts,
            "BackoffRate": timing.backoff,
            "MaxDelaySeconds": timing.max_delay,
            "JitterStrategy": "FULL",
        }
    ]


def catch(next_state: str, *, status: str) -> list[State]:
    """States.DataLimitExceeded by its own name, then States.ALL.

    By AWS's guide States.ALL does not catch it; in two executions of 2024 (JSONPath, a function's result) it did. Both
    names together are right either way.

    Only the error's class is kept, cut to 128 characters: a cause may hold any text. `status` is the payment's status
    after the failure, as far as it is known.
    """
    remember = {"error": "{% $substring($states.errorOutput.Error, 0, 128) %}", "status": status}
    return [
        {"ErrorEquals": ["States.DataLimitExceeded"], "Assign": remember, "Next": next_state},
        {"ErrorEquals": ["States.ALL"], "Assign": remember, "Next": next_state},
    ]


def unless_refused(retries: list[State]) -> list[State]:
    """The retries of a conditional write, without one for a failed condition."""
    return [{"ErrorEquals": [REFUSED], "MaxAttempts": 0}, *retries]


def keep_error(next_state: str, **assign: Any) -> list[State]:
    """Catch a failure to record or to notify: it must not replace the first error or the payment's result.

    `assign` are other variables that it changes.
    """
    caught = {"Output": "{% $result %}", **({"Assign": assign} if assign else {}), "Next": next_state}
    return [{"ErrorEquals": ["States.DataLimitExceeded"], **caught}, {"ErrorEquals": ["States.ALL"], **caught}]
