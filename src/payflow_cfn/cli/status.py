"""`status`: show the status of a deployed environment."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import BUSY, environment_option, json_option, print_json, region_option, say

_STATUSES = {"healthy": 0, "failed": 1, "missing": 1, "busy": BUSY}


@click.command()
@environment_option
@region_option
@json_option
def status(environment: str, region: str | None, as_json: bool) -> int:
    """Show the status of an environment.

    Also lists what earlier operations left behind. Exit 0 if it is in order, 1 if it failed or does not exist, 4 while
    an operation runs.
    """
    from dataclasses import asdict

    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import find_leftovers, read_status

    here = place(environment, region)
    found = read_status(here.client("cloudformation"), stack_name=here.stack_name)
    left = find_leftovers(
        here.client, environment=here.environment, stack_name=here.stack_name, stack_id=found.stack_id
    )
    if as_json:
        print_json({**asdict(found), "leftovers": asdict(left)})
    else:
        say("\n".join(filter(None, (found.text, left.text))), err=found.health == "missing")
    return _STATUSES[found.health]
