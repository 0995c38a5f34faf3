"""Start a payment's execution so that the same payment is never started twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from payflow_cfn.errors import RunError
from payflow_cfn.execution import Execution, execution_of, follow_payment, is_undone, unreadable
from payflow_cfn.payment_input import again_name, name_of, payment_facts, read_input
from payflow_cfn.text import one_line

_SKEW = timedelta(seconds=2)
_MOST_STARTS = 100


def start_payment(
    sfn: Any,
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

    `payment` is the input as a mapping or as JSON text; a text is handed over as it is, so numbers keep every digit.
    The same transaction id with other facts is a RunError (`data["conflict"]`), and so is what AWS refuses or does not
    answer. A role that is too new is refused at first: AccessDenied is tried `access_attempts` times, with pauses of
    1, 2, 4... seconds, and `on_retry` is told.

    `again`: an execution that failed, was stopped or rejected the payment is not returned; the same payment is started
    anew. That charges nothing twice: the row and the gateway's key are the payment's, not the execution's.
    """
    text, value = read_input(payment)
    first = name_of(value)
    for number in range(1, _MOST_STARTS + 1):
        name, sent = first if number == 1 else again_name(first, number), now()
        try:
            answer = _started(sfn, machine_arn, name, text, attempts=access_attempts, on_retry=on_retry, sleep=sleep)
        except sfn.exceptions.ExecutionAlreadyExists:
            found = _existing(sfn, _execution_arn(machine_arn, name), value, name)
            if again and is_undone(found):
                continue
            return found
        # The same name and input while the first one runs is no error: the answer is the first one's, start and all.
        replayed = answer["startDate"] < _by_aws_clock(sent, answer)
        return Execution(answer["executionArn"], name, "RUNNING", "", "", "", replayed)
    raise RunError(
        f"the payment {first} was started {_MOST_STARTS} times", remedy="look at its row and at why its executions fail"
    )


def run_payment(
    sfn: Any,
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


def _started(
    sfn: Any,
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
            if code not in ("AccessDenied", "AccessDeniedException") or attempt == attempts:
                raise _not_started(name, code, reason, attempt) from error
        except BotoCoreError as error:
            raise RunError(
                f"no word whether the execution {name} was started: {one_line(str(error))}",
                remedy="log in, or check network and region, then run it again: no payment is charged twice",
                name=name,
            ) from error
        if on_retry is not None:
            on_retry(f"access denied, trying again (a new role needs a moment): {reason}")
        sleep(float(2 ** (attempt - 1)))
    raise RunError(f"the execution {name} could not be started", remedy="access_attempts has to be at least 1")


def _not_started(name: str, code: str, reason: str, attempts: int) -> RunError:
    remedies = {
        "StateMachineDoesNotExist": "deploy the environment first, or check the region",
        "AccessDeniedException": "whoever runs payments needs states:StartExecution: `payflow policy operator`",
    }
    tries = f" after {attempts} attempts" if attempts > 1 else ""
    return RunError(
        f"the execution {name} could not be started{tries}: {reason}",
        remedy=remedies.get(code, "check the ARN, the credentials (AWS_PROFILE) and the region"),
        code=code,
        name=name,
    )


def _existing(sfn: Any, arn: str, payment: Any, name: str) -> Execution:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        described = sfn.describe_execution(executionArn=arn)
    except (BotoCoreError, ClientError) as error:
        raise unreadable(error, arn, name) from error
    try:
        first = json.loads(described.get("input", ""), parse_float=Decimal)
    except ValueError:
        first = None
    if payment_facts(first) != payment_facts(payment):
        raise RunError(
            f"the transaction {name} exists with other facts",
            remedy="a payment's amount, currency, method and customer never change: use a new transaction id",
            arn=arn,
            conflict=True,
        )
    return execution_of(described, name, replayed=True)


def _execution_arn(machine_arn: str, name: str) -> str:
    """The ARN of an execution; a version or an alias of the machine is no part of it."""
    before, _, after = machine_arn.partition(":stateMachine:")
    return f"{before}:execution:{after.split(':')[0]}:{name}"


def _by_aws_clock(sent: datetime, answer: Any) -> datetime:
    """When the call was made by AWS's clock, known to the second from the answer; ours where the two agree."""
    try:
        theirs = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, ValueError, TypeError):
        return sent
    return sent if abs(theirs - sent) <= _SKEW else theirs - _SKEW
