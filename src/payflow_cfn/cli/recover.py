"""`recover`: repair a stuck stack."""

from __future__ import annotations

import click

from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import environment_option, region_option, say


@click.command()
@environment_option
@region_option
@click.option("--skip", multiple=True, metavar="LOGICAL.ID", help="Give this resource up in the rollback (repeatable).")
@click.option("--remove", is_flag=True, help="Delete a stack whose first create failed.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is done.")
@click.option("--json", "as_json", is_flag=True, help="Each event as a line of JSON, the result last.")
def recover(environment: str, region: str | None, skip: tuple[str, ...], remove: bool, yes: bool, as_json: bool) -> int:
    """Repair a stuck stack.

    Continues a failed rollback, or removes a stack whose first create failed; shows first what it would do.
    """
    from payflow_cfn.cli.progress import progress, result
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import plan_recovery
    from payflow_cfn.deploy import recover as recover_stack

    here = place(environment, region)
    cloudformation = here.client("cloudformation")
    with progress(as_json=as_json) as on_event:
        plan = plan_recovery(cloudformation, stack_name=here.stack_name, skip=skip, remove=remove)
        say(plan.text, err=True)
        idle = plan.action == "nothing"
        declined = not (idle or agreed("Do this?", here, yes=yes))
        stack = (
            plan.stack
            if idle or declined
            else recover_stack(cloudformation, plan, role_arn=here.target.service_role_arn, on_event=on_event)
        )
    how = "declined" if declined else "nothing to do" if idle else "recovered" if stack else "removed"
    if as_json:
        facts = {"action": plan.action, "stuck": ["/".join(each.path) for each in plan.stuck], "skip": plan.skip}
        result("Result", {"result": how, "status": stack.status if stack else "DELETE_COMPLETE", **facts})
    else:
        click.echo(how, err=True)
    return 1 if declined else 0
