"""`diagnose`: show the first cause of a failed operation."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import environment_option, json_option, print_json, region_option, say


@click.command()
@environment_option
@region_option
@json_option
@click.option("--change-set", help="Explain this change set (name or ARN) and not the last operation.")
def diagnose(environment: str, region: str | None, as_json: bool, change_set: str | None) -> int:
    """Show why the last operation failed.

    Prints the first cause, from the deepest nested stack. Exit 1 if it failed, 0 if nothing did.
    """
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import diagnose_stack

    here = place(environment, region)
    found = diagnose_stack(here.client("cloudformation"), stack_name=here.stack_name, change_set=change_set or "")
    if as_json:
        print_json(found)
    else:
        say(found.text)
    return 1 if found.cause or found.rollback_cause else 0
