"""`status`: show the status of a deployed environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.shared import BUSY, DIFFERENT, environment_option, json_option, print_json, region_option, say

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.deploy import SetStatus
    from payflow_cfn.payments.attention import Attention

_STATUSES = {"healthy": 0, "attention": DIFFERENT, "failed": 1, "missing": 1, "busy": BUSY}


@click.command()
@environment_option
@region_option
@json_option
def status(environment: str, region: str | None, as_json: bool) -> int:
    """Show an environment's stacks, open payments and alarms.

    Also lists what earlier operations left behind. Exit 0 if all is in order, 1 if the stack failed or does not exist,
    3 if a payment is open for too long, an alarm is in ALARM or one of the two is not known, 4 while an operation runs.
    """
    from dataclasses import asdict, replace

    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import find_leftovers, read_status

    here = place(environment, region)
    found = read_status(here.client("cloudformation"), stack_name=here.stack_name)
    left = find_leftovers(
        here.client, environment=here.environment, stack_name=here.stack_name, stack_id=found.stack_id
    )
    money = _attention(here, found)
    if found.health == "healthy" and money and money.is_needed:
        found = replace(found, health="attention", meaning=f"{found.meaning}, but its payments need attention")
    if as_json:
        print_json({**asdict(found), "payments": money.as_json() if money else None, "leftovers": asdict(left)})
    else:
        texts = (found.text, money.text if money else "", left.text)
        say("\n".join(filter(None, texts)), err=found.health == "missing")
    return _STATUSES[found.health]


def _attention(here: Place, found: SetStatus) -> Attention | None:
    """The open payments and the alarms; None for a stack that was never deployed: it has no outputs."""
    from datetime import UTC, datetime

    from payflow_cfn.payments.attention import read_attention

    if not found.version:
        return None
    return read_attention(
        here.client("dynamodb"),
        here.client("cloudwatch"),
        table=found.table,
        alarms=found.alarm_names,
        now=datetime.now(UTC),
    )
