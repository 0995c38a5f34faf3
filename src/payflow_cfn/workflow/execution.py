"""One payment's execution: its status, and the wait for its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from payflow_cfn.aws import credentials
from payflow_cfn.aws.client_types import SFNClient
from payflow_cfn.errors import RunError
from payflow_cfn.text import clause

# The error of a payment whose row is FAILED for good.
_NOT_CHARGED = "PaymentNotCharged"
# AWS's codes for a caller without the permission, and the remedy.
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedException")
NEEDS = "the caller needs the permissions that `payflow policy {role}` prints"


@dataclass(frozen=True, slots=True)
class Execution:
    """One payment's execution; `output` is its JSON text. `replayed`: this call did not start it.

    `stopped` is when it ended; None while it runs.
    """

    arn: str
    name: str
    status: str
    output: str
    error: str
    cause: str
    replayed: bool
    stopped: datetime | None = None

    @property
    def result(self) -> Any:
        """The output parsed, numbers as Decimal; None while there is none."""
        return json.loads(self.output, parse_float=Decimal) if self.output else None


class Found(NamedTuple):
    """An execution that was started before, and its input's JSON text."""

    execution: Execution
    input: str


def is_undone(execution: Execution) -> bool:
    """Whether an execution is over without a final result of its payment: it failed, was stopped, or rejected it."""
    if execution.status == "SUCCEEDED":
        return is_rejected(execution)
    return execution.status != "RUNNING" and execution.error != _NOT_CHARGED


def may_start_again(execution: Execution) -> bool:
    """Whether the payment may be started again: a settled one is not charged twice, and a lost notice is sent."""
    result = execution.result
    completed = isinstance(result, dict) and result.get("status") == "COMPLETED"
    return execution.status != "RUNNING" and not (execution.status == "SUCCEEDED" and completed)


def sends_one_notice(execution: Execution) -> bool:
    """Whether the execution ended with a final status that has one notice: DECLINED, or FAILED as not charged."""
    result = execution.result
    declined = execution.status == "SUCCEEDED" and isinstance(result, dict) and result.get("status") == "DECLINED"
    return declined or execution.error == _NOT_CHARGED


def is_rejected(execution: Execution) -> bool:
    """Whether the execution rejected its payment, so that a corrected one may take its id."""
    result = execution.result
    return execution.status == "SUCCEEDED" and isinstance(result, dict) and result.get("status") == "REJECTED"


def find_execution(sfn: SFNClient, arn: str, name: str) -> Found | None:
    """The execution as it is now; None if there is none of this name (AWS keeps one for 90 days)."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        described = sfn.describe_execution(executionArn=arn)
    except (BotoCoreError, ClientError) as error:
        if _said(error, "Code") == "ExecutionDoesNotExist":
            return None
        raise unreadable(error, arn, name) from error
    return Found(execution_of(described, name, replayed=True), described.get("input") or "")


def follow_payment(
    sfn: SFNClient,
    begun: Execution,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    timeout: float = 60.0,
) -> Execution:
    """Wait, at most `timeout` seconds, until the execution is over; RunError (`data["arn"]`) when it is not by then."""
    until, delay = clock() + timeout, 0.05
    current = begun
    while current.status == "RUNNING":
        if clock() >= until:
            raise RunError(
                f"the execution {begun.name} is still running after {timeout:g} s",
                remedy="it waits for the gateway, or for the claim of another execution's notice; run it again to see "
                "how it ended",
                arn=begun.arn,
            )
        sleep(delay)
        delay = min(delay * 1.5, 5.0)
        current = _polled(sfn, current)
    return current


def _polled(sfn: SFNClient, current: Execution) -> Execution:
    """The execution as it is now; unchanged, to be read again later, if AWS throttles or there is no network."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as AwsConnectionError

    try:
        found = sfn.describe_execution(executionArn=current.arn)
    except (AwsConnectionError, HTTPClientError):
        return current
    except (BotoCoreError, ClientError) as error:
        if _said(error, "Code") == "ThrottlingException":
            return current
        raise unreadable(error, current.arn, current.name, runs=True) from error
    return execution_of(found, current.name, replayed=current.replayed)


def unreadable(error: Any, arn: str, name: str, *, runs: bool = False) -> RunError:
    """The RunError for botocore's exception of DescribeExecution; `runs`: the execution was running before."""
    reason = clause(_said(error, "Message") or str(error))
    if credentials.are_refused(error):
        remedy = credentials.remedy_for(error)
    elif _said(error, "Code") in DENIED:
        remedy = NEEDS.format(role="operator")
    else:
        remedy = "run it again to see how it ended, since no payment is charged twice"
    goes_on = "it goes on at AWS; " if runs else ""
    return RunError(f"the execution {name} cannot be read: {reason}", remedy=f"{goes_on}{remedy}", arn=arn)


def _said(error: Any, what: str) -> str:
    """The Code or the Message of AWS's answer; empty without an answer, such as without credentials."""
    return str(getattr(error, "response", {}).get("Error", {}).get(what, ""))


def execution_of(described: Any, name: str, *, replayed: bool) -> Execution:
    """An Execution from the answer of DescribeExecution."""
    return Execution(
        arn=described["executionArn"],
        name=name,
        status=described["status"],
        output=described.get("output") or "",
        error=described.get("error") or "",
        cause=described.get("cause") or "",
        replayed=replayed,
        stopped=described.get("stopDate"),
    )
