"""`drift`: show what was changed outside CloudFormation."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import DIFFERENT, environment_option, json_option, print_json, region_option, say


@click.command()
@environment_option
@region_option
@json_option
def drift(environment: str, region: str | None, as_json: bool) -> int:
    """Show drift: what was changed outside CloudFormation.

    Checks the root and all nested stacks; exit 3 if anything was changed.
    """
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import detect_drift

    here = place(environment, region)
    found = detect_drift(here.client("cloudformation"), stack_name=here.stack_name, clients=here.client)
    if as_json:
        print_json(found.data)
    else:
        say(found.text)
    return DIFFERENT if found.real else 1 if found.unchecked else 0
