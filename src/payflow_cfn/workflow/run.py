"""Start a payment's execution so that the same payment is never started twice."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from payflow_cfn.aws import credentials
from payflow_cfn.aws.client_types import SFNClient
from payflow_cfn.errors import RunError
from payflow_cfn.text import clause
from payflow_cfn.workflow.execution import (
    DENIED,
    NEEDS,
    Execution,
    Found,
    find_execution,
    follow_payment,
    is_rejected,
    is_undone,
    may_start_again,
)
from payflow_cfn.workflow.payment_input import name_of, numbered_name, payment_command, payment_facts, read_input

_SKEW = timedelta(seconds=2)
MOST_STARTS = 100


def start_payment(
    sfn: SFNClient,
    machine_arn: str,
    payment: Mapping[str, Any] | str,
    *,
    again: bool = False,
    access_attempts: int = 6,
    on_retry: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Execution:
    """Start the payment, or return the execution that the same payment already has.

    `payment` is the input as a mapping or as JSON text; its numbers keep every digit.
    RunError if the transaction id was used with other facts (`data["conflict"]`), unless that payment was rejected, and
    if AWS refuses or does not answer. A new role is refused at first: after AccessDenied the call is made up to
    `access_attempts` times, with pauses of 1, 2, 4... seconds, and `on_retry` is called with the reason.

    Of several executions of the payment, the newest is returned. `again`: if that one failed, was stopped or rejected
    the payment, start the payment again. Nothing is charged twice: the row and the gateway's key belong to the payment,
    not to the execution.
    """
    text, value = read_input(payment)
    first, newest = name_of(value), None
    for number in range(1, MOST_STARTS + 1):
        name = numbered_name(first, number)
        if newest is None or again:
            begun = _begin(
                sfn, machine_arn, name, text, attempts=access_attempts, on_retry=on_retry, sleep=sleep, now=now
            )
            if begun is not None:
                return begun
        found = find_execution(sfn, execution_arn(machine_arn, name), name)
        if found is None:
            break
        if not _is_corrected(found, value):
            newest = found.execution
            if not (may_start_again(newest) if again else is_undone(newest)):
                return newest
    if newest is not None and not again:
        return newest
    raise _too_often(first)


def _is_corrected(found: Found, payment: Any) -> bool:
    """Whether the payment replaces a rejected one under the same id; RunError when their facts conflict."""
    if payment_facts(_parsed(found.input)) == payment_facts(payment):
        return False
    if is_rejected(found.execution):
        return True
    name = str(payment["transaction_id"])
    raise RunError(
        f"the transaction {shlex.quote(name)} exists with other facts",
        remedy=f"check it with {payment_command(name)}, and use a new transaction id only when it is settled",
        arn=found.execution.arn,
        conflict=True,
    )


def start_anew(
    sfn: SFNClient,
    machine_arn: str,
    payment: Mapping[str, Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Execution:
    """Start one more execution of a payment that has a row, also while another one waits; it sends a missing notice."""
    text, value = read_input(payment)
    first = name_of(value)
    for number in range(1, MOST_STARTS + 1):
        name = numbered_name(first, number)
        begun = _begin(sfn, machine_arn, name, text, attempts=1, on_retry=None, sleep=sleep, now=now)
        if begun is not None and not begun.replayed:
            return begun
    raise _too_often(first)


def find_newest(sfn: SFNClient, machine_arn: str, first: str, *, known: int = 1, looks: int = 100) -> Found | None:
    """The newest execution of the payment whose first one is named `first`; None if AWS keeps none.

    Their numbers have no gaps: the search begins at the number `known`, and ends at the first missing one or after
    `looks` requests.
    """
    newest = None
    for number in range(known, known + looks):
        name = numbered_name(first, number)
        found = find_execution(sfn, execution_arn(machine_arn, name), name)
        if found is None:
            break
        newest = found
    return newest


def run_payment(
    sfn: SFNClient,
    machine_arn: str,
    payment: Mapping[str, Any] | str,
    *,
    again: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    timeout: float = 60.0,
    access_attempts: int = 6,
    on_retry: Callable[[str], None] | None = None,
) -> Execution:
    """Start the payment (`again`: also after a failed one) and wait, at most `timeout` seconds, until it is over.

    RunError on a conflict, or when it is still running at the end of the wait (the execution goes on; `data["arn"]`).
    """
    begun = start_payment(
        sfn, machine_arn, payment, again=again, access_attempts=access_attempts, on_retry=on_retry, sleep=sleep
    )
    return follow_payment(sfn, begun, sleep=sleep, clock=clock, timeout=timeout)


def _begin(
    sfn: SFNClient, machine_arn: str, name: str, text: str, *, now: Callable[[], datetime], **access: Any
) -> Execution | None:
    """Start the execution; None if one with its name exists with another input, or is over."""
    sent = now()
    try:
        answer = _started(sfn, machine_arn, name, text, **access)
    except sfn.exceptions.ExecutionAlreadyExists:
        return None
    # The same name and input while the first one runs is not an error: AWS answers with the first one's ARN and start.
    replayed = answer["startDate"] < _by_aws_clock(sent, answer)
    return Execution(answer["executionArn"], name, "RUNNING", "", "", "", replayed)


def _started(
    sfn: SFNClient,
    machine_arn: str,
    name: str,
    text: str,
    *,
    attempts: int,
    on_retry: Callable[[str], None] | None,
    sleep: Callable[[float], None],
) -> Any:
    from botocore.exceptions import BotoCoreError

    for attempt in range(1, attempts + 1):
        try:
            return sfn.start_execution(stateMachineArn=machine_arn, name=name, input=text)
        except sfn.exceptions.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "ExecutionAlreadyExists":
                raise
            reason = error.response.get("Error", {}).get("Message", code)
            if code not in DENIED or attempt == attempts:
                remedy = credentials.remedy_for(error) if credentials.are_refused(error) else ""
                raise _not_started(name, code, reason, attempt, remedy=remedy) from error
        except BotoCoreError as error:
            network = "check the network and the region, then run it again"
            remedy = credentials.remedy_for(error) if credentials.are_refused(error) else network
            raise RunError(
                f"it is not known whether the execution {name} was started: {clause(str(error))}",
                remedy=f"{remedy}; no payment is charged twice",
                name=name,
            ) from error
        if on_retry is not None:
            on_retry(f"access denied, trying again (a new role needs a moment): {reason}")
        sleep(float(2 ** (attempt - 1)))
    raise RunError(f"the execution {name} could not be started", remedy="access_attempts has to be at least 1")


def _not_started(name: str, code: str, reason: str, attempts: int, *, remedy: str) -> RunError:
    remedies = {
        "StateMachineDoesNotExist": "deploy the environment first, or check the region",
        **dict.fromkeys(DENIED, NEEDS.format(role="operator")),
    }
    tries = f" after {attempts} attempts" if attempts > 1 else ""
    return RunError(
        f"the execution {name} could not be started{tries}: {clause(reason)}",
        remedy=remedy or remedies.get(code, "check the ARN and the region"),
        code=code,
        name=name,
    )


def _too_often(first: str) -> RunError:
    return RunError(
        f"the payment {first} was started {MOST_STARTS} times", remedy="look at its row and at why its executions fail"
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN of an execution; it has no version or alias of the machine."""
    before, _, after = machine_arn.partition(":stateMachine:")
    return f"{before}:execution:{after.split(':')[0]}:{name}"


def _by_aws_clock(sent: datetime, answer: Any) -> datetime:
    """The time of the call by AWS's clock, which the answer gives in seconds; by ours if the two agree."""
    try:
        theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, ValueError, TypeError):
        return sent
    return sent if abs(theirs - sent) <= _SKEW else theirs - _SKEW
