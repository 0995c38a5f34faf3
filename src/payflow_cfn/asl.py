"""Building blocks of the Amazon States Language: retries, catches, choices, and the times that they add up to."""

from __future__ import annotations

from typing import Any, NamedTuple

State = dict[str, Any]

# Errors of the Lambda service, its client and its sandbox, and of the function itself. The functions tell of
# business results as data, so each of these is technical, and each step may be repeated: it is idempotent.
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

# A task may wait for its function's whole timeout, and a little for the way there and back.
TASK_MARGIN_SECONDS = 10
SERVICE_TASK_SECONDS = 30


class Parts(NamedTuple):
    """What the definition refers to: ARNs, names and values, as text or as intrinsic functions."""

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
    limit: Any
    risk_threshold: Any
    exemptions: Any
    gateway: Any
    gateway_url: Any
    gateway_secret: Any


class Timing(NamedTuple):
    """Literal numbers, in seconds (Step Functions refuses numbers that arrive as text)."""

    function_timeout: int
    attempts: int
    interval: int
    backoff: float
    max_delay: int
    reconcile_after: tuple[int, ...]
    quiet: int

    @property
    def task_timeout(self) -> int:
        """How long one call of a function may take."""
        return self.function_timeout + TASK_MARGIN_SECONDS


def machine_timeout(timing: Timing) -> int:
    """The execution's own bound: the sum of every attempt, back-off and wait that can come one after another."""
    tries = timing.attempts + 1
    function_step = tries * timing.task_timeout + retry_delays(timing)
    service_step = tries * SERVICE_TASK_SECONDS + retry_delays(timing)
    reconciliations = len(timing.reconcile_after) * function_step + sum(timing.reconcile_after)
    return 2 * function_step + reconciliations + 3 * service_step + 60


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
    """States.DataLimitExceeded by its own name: States.ALL does not hold it.

    Only the error's class is kept, cut short: a cause may be any text, so nobody reads it. `status` is what the payment
    may have come to by then.
    """
    remember = {"error": "{% $substring($states.errorOutput.Error, 0, 128) %}", "status": status}
    return [
        {"ErrorEquals": ["States.DataLimitExceeded"], "Assign": remember, "Next": next_state},
        {"ErrorEquals": ["States.ALL"], "Assign": remember, "Next": next_state},
    ]


def keep_error(next_state: str, **assign: str) -> list[State]:
    """A failure to record or to tell must not hide the first error; `assign` are other variables that it changes."""
    caught = {"Assign": assign, "Next": next_state} if assign else {"Next": next_state}
    return [{"ErrorEquals": ["States.DataLimitExceeded"], **caught}, {"ErrorEquals": ["States.ALL"], **caught}]
