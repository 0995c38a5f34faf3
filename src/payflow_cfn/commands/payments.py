"""`run`: one payment through a deployed workflow."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("machine_arn")
@click.argument("payment", default="-")
@click.option("--region", help="Region of the state machine (its ARN's by default).")
def run(machine_arn: str, payment: str, region: str | None) -> int:
    """Run one payment (JSON; standard input by default) through a deployed workflow and print its result."""
    from payflow_cfn.commands.aws import client
    from payflow_cfn.run import run_payment

    text = sys.stdin.read() if payment == "-" else payment
    execution = run_payment(client("stepfunctions", region or _region_of(machine_arn)), machine_arn, text)
    click.echo(execution.output or f"{execution.status}: {execution.error}")
    return 0 if execution.status == "SUCCEEDED" else 1


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""
