"""`run`: one payment through a deployed workflow."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.commands.shared import json_option, print_json, say

if TYPE_CHECKING:
    from payflow_cfn.execution import Execution


@click.command()
@click.argument("payment", default="-")
@click.option("--env", "environment", help="Name of the environment whose workflow runs it.")
@click.option("--machine-arn", metavar="ARN", help="The state machine itself, instead of an environment.")
@click.option("--region", help="Region of the stack (of the ARN by default).")
@click.option("--again", is_flag=True, help="Start it anew after an execution that failed or rejected it.")
@json_option
def run(
    payment: str, environment: str | None, machine_arn: str | None, region: str | None, again: bool, as_json: bool
) -> int:
    """Run one payment through a deployed workflow.

    PAYMENT is JSON, standard input by default; the result is printed. Exit 1 when the execution fails.
    """
    from payflow_cfn.execution import is_undone
    from payflow_cfn.payment_input import read_input
    from payflow_cfn.run import run_payment

    if bool(environment) == bool(machine_arn):
        raise click.UsageError("run needs --env or --machine-arn, one of them")
    text, _ = read_input(_from_standard_input() if payment == "-" else payment)
    _refuse_card_data(text, environment)
    sfn, arn = _by_arn(str(machine_arn), region) if machine_arn else _by_environment(str(environment), region)
    execution = run_payment(sfn, arn, text, again=again)
    if execution.replayed and is_undone(execution):
        click.echo("this is how it ended before; with --again the payment is started anew", err=True)
    if as_json:
        print_json(_facts(execution))
    else:
        say(execution.output or f"{execution.status}: {execution.error}")
    return 0 if execution.status == "SUCCEEDED" else 1


def _refuse_card_data(text: str, environment: str | None) -> None:
    """Look as the workflow looks, but before anything is sent: an execution's input is kept for 90 days.

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
    if refusal(json.loads(text), exemptions) == "card_data":
        raise RunError("the payment holds card data and was not sent", remedy="send the customer's id, not the card")


def _from_standard_input() -> str:
    if sys.stdin.isatty():
        click.echo("reading the payment from the keyboard, until Ctrl-D", err=True)
    return sys.stdin.read()


def _by_environment(environment: str, region: str | None) -> tuple[Any, str]:
    from payflow_cfn.commands.aws import place
    from payflow_cfn.deploy import read_outputs
    from payflow_cfn.errors import RunError

    here = place(environment, region)
    found = read_outputs(here.client("cloudformation"), stack_name=here.stack_name)
    if "StateMachineArn" not in found:
        raise RunError(f"{here.stack_name} has no output StateMachineArn", remedy="deploy it, or name --machine-arn")
    return here.client("stepfunctions"), found["StateMachineArn"]


def _by_arn(arn: str, region: str | None) -> tuple[Any, str]:
    from payflow_cfn.commands.aws import client

    parts = arn.split(":")
    return client("stepfunctions", region or (parts[3] if len(parts) > 3 else "")), arn


def _facts(execution: Execution) -> dict[str, Any]:
    names = ("arn", "name", "status", "error", "cause", "replayed")
    result = json.loads(execution.output) if execution.output else None
    return {**{name: getattr(execution, name) for name in names}, "result": result}
