"""`destroy`: delete a deployed environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import environment_option, region_option, say

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.deploy import Destruction


@click.command()
@environment_option
@region_option
@click.option(
    "--lift-protection", is_flag=True, help="Turn off termination protection, and the kept table's own, after asking."
)
@click.option("--yes", is_flag=True, help="Do not ask before the stack is deleted.")
@click.option("--json", "as_json", is_flag=True, help="Each event as a line of JSON, the result last.")
def destroy(environment: str, region: str | None, lift_protection: bool, yes: bool, as_json: bool) -> int:
    """Delete a deployed environment.

    Lists the resources that its templates retain, and how to import them again.
    """
    from payflow_cfn.cli.progress import progress
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import destroy as destroy_stack

    here = place(environment, region)

    def confirmed(plan: Destruction) -> bool:
        say(plan.text, err=True)
        return agreed(f"Delete {plan.stack_name} and all that is nested in it?", here, yes=yes)

    with progress(as_json=as_json, again="`payflow destroy` again goes on watching") as on_event:
        done = destroy_stack(
            here.client("cloudformation"),
            stack_name=here.stack_name,
            role_arn=here.target.service_role_arn,
            lift_protection=lift_protection,
            confirm=confirmed,
            on_event=on_event,
        )
        lifted = _lifted(here, done, yes=yes) if lift_protection and done.changed else ()
    return _destroyed(done, lifted, as_json=as_json)


def _lifted(here: Place, done: Destruction, *, yes: bool) -> tuple[str, ...]:
    """Turn off the deletion protection of the kept tables, if a person agrees; their names."""
    from payflow_cfn.deploy import lift_deletion_protection

    tables = done.kept_tables
    question = f"{', '.join(tables)} stays, with every payment in it. Turn off its deletion protection as well?"
    if not tables or not agreed(question, here, yes=yes):
        return ()
    lift_deletion_protection(here.client("dynamodb"), tables)
    return tables


def _destroyed(done: Destruction, lifted: tuple[str, ...], *, as_json: bool) -> int:
    from payflow_cfn.cli.progress import result

    declined = not done.changed and done.status != "DELETE_COMPLETE"
    how = "destroyed" if done.changed else "declined" if declined else f"no stack {done.stack_name}"
    if as_json:
        result("Result", {"result": how, **done.data, "deletion_protection_off": lifted})
    else:
        for each in lifted:
            click.echo(f"{each} is no longer protected against deletion", err=True)
        click.echo(how, err=True)
    return 1 if declined else 0
