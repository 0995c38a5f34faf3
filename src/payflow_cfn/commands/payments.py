"""`run`: one payment through a deployed workflow."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.commands.shared import json_option, print_json, say

if TYPE_CHECKING:
    from payflow_cfn.commands.aws import Place
    from payflow_cfn.execution import Execution


@click.command()
@click.argument("payment", default="-")
@click.option("--env", "environment", help="Name of the environment whose workflow runs it.")
@click.option("--machine-arn", metavar="ARN", help="The state machine itself, instead of an environment.")
@click.option("--region", help="Region of the stack (of the ARN by default).")
@click.option("--again", is_flag=True, help="Start it anew unless it runs or is completed; nothing is charged twice.")
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

    PAYMENT is JSON, standard input by default; the newest result is printed. Exit 1 when the execution fails.
    """
    from payflow_cfn.execution import is_undone
    from payflow_cfn.payment_input import read_input
    from payflow_cfn.run import run_payment

    if bool(environment) == bool(machine_arn):
        raise click.UsageError("run needs --env or --machine-arn, one of them")
    if transaction_id and (payment != "-" or not again):
        raise click.UsageError("--id takes the place of PAYMENT, with --again")
    text = "" if transaction_id else read_input(_from_standard_input() if payment == "-" else payment)[0]
    if text:
        refuse_card_data(json.loads(text), "the payment", environment)
    sfn, arn = _by_arn(str(machine_arn), region) if machine_arn else _by_environment(str(environment), region)
    execution = run_payment(sfn, arn, text or _text_of(sfn, arn, str(transaction_id)), again=again)
    if execution.replayed and is_undone(execution):
        click.echo("this is how it ended before; with --again the payment is started anew", err=True)
    if as_json:
        print_json(_facts(execution))
    else:
        say(execution.output or f"{execution.status}: {execution.error}")
    return 0 if execution.status == "SUCCEEDED" else 1


def refuse_card_data(value: Any, where: str, environment: str | None = None) -> None:
    """Look as the workflow looks, but before anything is sent: what is sent is kept, an input for 90 days.

    What payflow.toml exempts for the environment is exempt here; `--machine-arn` names no environment.
    """
    from payflow_cfn.errors import RunError
    from payflow_cfn.parameter_rules import EXEMPTIONS, read_exemptions
    from payflow_cfn.project import read_project
    from payflow_cfn.shipped import shipped_packages

    parameters = read_project().target(environment).parameters if environment else {}
    exemptions = read_exemptions(parameters.get(EXEMPTIONS, ""))

    with shipped_packages():
        from payments.privacy import refusal
    if refusal(value, exemptions) == "card_data":
        raise RunError(f"{where} holds card data and was not sent", remedy="send the customer's id, not the card")


def _text_of(sfn: Any, arn: str, transaction_id: str) -> str:
    """The input of the payment's newest execution."""
    from payflow_cfn.errors import RunError
    from payflow_cfn.payment_input import execution_name
    from payflow_cfn.run import find_newest

    found = find_newest(sfn, arn, execution_name(transaction_id))
    if found is None:
        raise RunError(
            f"no execution of the payment {transaction_id} is there, or none any more",
            remedy="check the id and the environment, or pass the payment's JSON instead of --id",
        )
    return found.input


def _from_standard_input() -> str:
    if sys.stdin.isatty():
        click.echo("reading the payment from the keyboard, until Ctrl-D", err=True)
    return sys.stdin.read()


def _by_environment(environment: str, region: str | None) -> tuple[Any, str]:
    from payflow_cfn.commands.aws import place

    here = place(environment, region)
    return here.client("stepfunctions"), machine_of(here)


def machine_of(here: Place) -> str:
    """The ARN of the environment's state machine, by the stack's outputs; RunError where it is not deployed."""
    from payflow_cfn.deploy import read_outputs
    from payflow_cfn.errors import RunError

    found = read_outputs(here.client("cloudformation"), stack_name=here.stack_name)
    if "StateMachineArn" not in found:
        raise RunError(f"{here.stack_name} has no output StateMachineArn", remedy="deploy it, or name --machine-arn")
    return found["StateMachineArn"]


def _by_arn(arn: str, region: str | None) -> tuple[Any, str]:
    from payflow_cfn.commands.aws import client

    parts = arn.split(":")
    return client("stepfunctions", region or (parts[3] if len(parts) > 3 else "")), arn


def _facts(execution: Execution) -> dict[str, Any]:
    names = ("arn", "name", "status", "error", "cause", "replayed")
    result = json.loads(execution.output) if execution.output else None
    return {**{name: getattr(execution, name) for name in names}, "result": result}
