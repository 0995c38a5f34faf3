"""`run`: run one payment through a deployed workflow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from payflow_cfn.aws.client_types import SFNClient
from payflow_cfn.cli.payment_check import check_id, refuse_card_data
from payflow_cfn.cli.shared import json_option, print_json, say

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.workflow.execution import Execution

_ACCESS_ATTEMPTS = 6  # half a minute
_NOTICED = 0.5  # seconds: each pause is longer than the one before, so nearly two seconds have passed by then


@click.command()
@click.argument("payment", default="-")
@click.option("--env", "environment", help="Name of the environment whose workflow runs it.")
@click.option("--machine-arn", metavar="ARN", help="The state machine itself, instead of an environment.")
@click.option("--region", help="Region of the stack (of the ARN by default).")
@click.option("--again", is_flag=True, help="Start it again unless it runs or is completed; nothing is charged twice.")
@click.option("--id", "transaction_id", metavar="ID", help="With --again: the payment of this id, instead of its JSON.")
@json_option
def run(
    payment: str,
    environment: str | None,
    machine_arn: str | None,
    region: str | None,
    again: bool,
    transaction_id: str | None,
    as_json: bool,
) -> int:
    """Run one payment through a deployed workflow.

    PAYMENT is JSON, standard input by default; the newest result is printed. Exit 0 when the execution succeeds, also
    with a payment that is DECLINED or REJECTED (`status` in the result); 1 when it fails, or with --again if the
    payment's notice is still not sent.
    """
    import json

    from payflow_cfn.cli.signals import stopped_after
    from payflow_cfn.workflow.execution import follow_payment, is_undone
    from payflow_cfn.workflow.run import start_payment

    if bool(environment) == bool(machine_arn):
        raise click.UsageError("run needs --env or --machine-arn, one of them")
    is_by_id = transaction_id is not None
    if is_by_id and (payment != "-" or not again):
        raise click.UsageError("--id takes the place of PAYMENT, with --again")
    text = "" if is_by_id else _read_payment(payment, environment)
    if transaction_id is not None:
        check_id(transaction_id, environment)
    workflow = _by_arn(str(machine_arn), region) if machine_arn else _by_environment(str(environment), region)
    if transaction_id:
        text = _take_payment(workflow, transaction_id)
    look = _look(transaction_id or payment_id(json.loads(text)), environment)
    with stopped_after("the payment's execution may have been started, and goes on then", look):
        # A role that has just read an execution is not a new one, whose permissions need a moment.
        attempts = 1 if is_by_id else _ACCESS_ATTEMPTS
        begun = start_payment(
            workflow.sfn,
            workflow.arn,
            text,
            again=again,
            access_attempts=attempts,
            on_retry=partial(say, err=True),
        )
    with stopped_after(f"the execution {begun.name} goes on", look):
        if again:
            say(_what_began(begun), err=True)
        execution = follow_payment(workflow.sfn, begun, sleep=_pausing())
    if execution.replayed and is_undone(execution):
        say(_how_it_ended(execution), err=True)
    _print(execution, as_json=as_json)
    is_owed = again and _says_owed(workflow, execution, transaction_id or payment_id(json.loads(text)))
    return 0 if execution.status == "SUCCEEDED" and not is_owed else 1


class _Workflow(NamedTuple):
    """A state machine; `here` and `outputs` are its environment and the stack's outputs, if one was named."""

    sfn: SFNClient
    arn: str
    here: Place | None = None
    outputs: Mapping[str, str] = {}


def _read_payment(payment: str, environment: str | None) -> str:
    import json

    from payflow_cfn.workflow.payment_input import read_input

    text = read_input(_from_standard_input() if payment == "-" else payment)[0]
    value = json.loads(text)
    refuse_card_data(value, "the payment", environment)
    _need_id(value)
    return text


def _need_id(payment: Any) -> None:
    """PaymentError for a payment without a transaction_id; the workflow rejects an invalid id with the other faults."""
    from payflow_cfn.errors import PaymentError

    if not isinstance(payment, Mapping):
        raise PaymentError("the payment is not a JSON object", remedy="give one with its transaction_id")
    if payment.get("transaction_id") in (None, ""):
        raise PaymentError(
            "the payment has no transaction_id", remedy="add one: by it, a repeated payment is recognised"
        )


def payment_id(payment: Any) -> str:
    """The payment's id; empty if it has none that is a text."""
    found = payment.get("transaction_id") if isinstance(payment, Mapping) else None
    return found if isinstance(found, str) else ""


def _look(transaction_id: str, environment: str | None) -> str:
    """The command that shows the payment's outcome; with `--machine-arn`, no table is known, so it is run again."""
    from payflow_cfn.workflow.payment_input import is_payment_id, payment_command

    if is_payment_id(transaction_id) and environment:
        return f"{payment_command(transaction_id)} shows it"
    return "run it again to see how it ended; no payment is charged twice"


def _pausing() -> Callable[[float], None]:
    """A pause between two reads of the execution; the first long one prints a line."""
    told: list[float] = []

    def pause(seconds: float) -> None:
        if seconds >= _NOTICED and not told:
            told.append(seconds)
            click.echo("waiting for the payment's end, at most a minute ...", err=True)
        time.sleep(seconds)

    return pause


def _take_payment(workflow: _Workflow, transaction_id: str) -> str:
    """The input of the payment's newest execution, else the payment as its row has it."""
    from payflow_cfn.workflow.payment_input import execution_name
    from payflow_cfn.workflow.run import find_newest

    found = find_newest(workflow.sfn, workflow.arn, execution_name(transaction_id))
    if found is None:
        return _payment_of_row(workflow, transaction_id)
    say(f"took the payment from the execution {_shown(found.execution)}", err=True)
    return found.input


def _payment_of_row(workflow: _Workflow, transaction_id: str) -> str:
    """The payment in its row; RunError if the row lacks a part, as after `forget`, or if no table is known."""
    import json

    from payflow_cfn.cli.session import output_of
    from payflow_cfn.errors import RunError
    from payflow_cfn.payments.lookup import PAYMENT, read_row

    if workflow.here is not None:
        table = output_of(workflow.here, workflow.outputs, "TransactionsTableName")
        row = read_row(workflow.here.client("dynamodb"), table=table, transaction_id=transaction_id)
        if set(PAYMENT) <= row.payment.keys():
            say("took the payment from its row: AWS keeps no execution of it", err=True)
            return json.dumps(row.payment)
    remedy = "AWS keeps one for 90 days; pass the payment's JSON instead of --id"
    raise RunError(f"no execution of the payment {transaction_id} is kept", remedy=remedy)


def _print(execution: Execution, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(execution))
    else:
        say(execution.output or f"{execution.status}: {execution.error}")


def _says_owed(workflow: _Workflow, execution: Execution, transaction_id: str) -> bool:
    """Whether the payment's notice is still not sent, after a line with the next step.

    With `--machine-arn`, no table is known.
    """
    from payflow_cfn.cli.command_hints import current_options, whole
    from payflow_cfn.cli.session import output_of
    from payflow_cfn.payments.lookup import next_step, read_row
    from payflow_cfn.workflow.execution import sends_one_notice

    if workflow.here is None or not sends_one_notice(execution):
        return False
    table = output_of(workflow.here, workflow.outputs, "TransactionsTableName")
    row = read_row(workflow.here.client("dynamodb"), table=table, transaction_id=transaction_id)
    if row.lacks_notice:
        say(whole(next_step(row, None), current_options()), err=True)
    return row.lacks_notice


def _shown(execution: Execution) -> str:
    return f"{execution.name} ({', '.join(filter(None, [execution.status, execution.error]))})"


def _what_began(begun: Execution) -> str:
    if not begun.replayed:
        return f"started the execution {begun.name}"
    how = "still runs" if begun.status == "RUNNING" else "completed the payment"
    return f"started nothing, since the execution {begun.name} {how}"


def _how_it_ended(execution: Execution) -> str:
    """Why the result of an earlier execution is shown, and what can be done."""
    from payflow_cfn.workflow.execution import is_rejected

    if is_rejected(execution):
        return (
            "the payment was rejected before, and this is that result. Correct it and send it under the same id, "
            "or use --again if the rules have changed"
        )
    return (
        f"the execution {_shown(execution)} ended before it settled the payment. With --again the payment is started "
        "again, and nothing is charged twice"
    )


def _from_standard_input() -> str:
    if sys.stdin.isatty():
        click.echo("reading the payment from the keyboard, until Ctrl-D", err=True)
    from payflow_cfn.errors import PaymentError

    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise PaymentError("standard input is not UTF-8 text", remedy="save it as UTF-8") from None


def _by_environment(environment: str, region: str | None) -> _Workflow:
    from payflow_cfn.cli.session import output_of, outputs_of, place

    here = place(environment, region)
    outputs = outputs_of(here)
    return _Workflow(here.client("stepfunctions"), output_of(here, outputs, "StateMachineArn"), here, outputs)


def _by_arn(arn: str, region: str | None) -> _Workflow:
    from payflow_cfn.cli.session import connect

    parts = arn.split(":")
    session = connect(region or (parts[3] if len(parts) > 3 else ""))
    return _Workflow(session.client("stepfunctions"), arn)


def _facts(execution: Execution) -> dict[str, Any]:
    import json

    names = ("arn", "name", "status", "error", "cause", "replayed")
    result = json.loads(execution.output) if execution.output else None
    return {**{name: getattr(execution, name) for name in names}, "result": result}
