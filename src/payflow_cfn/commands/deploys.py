"""`deploy` and `destroy`: the set as a running stack, and its end."""

from __future__ import annotations

import click

from payflow_cfn.commands.lazy import lazy_yaml
from payflow_cfn.commands.shared import environment_option, needed, pairs, print_outputs, region_option


@click.command()
@environment_option
@click.option("--bucket", help="Bucket for templates and artifacts (or in payflow.toml).")
@click.option("--prefix", default="payflow", show_default=True, help="Where in the bucket.")
@region_option
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A value of the root template.")
@click.option("--yes", is_flag=True, help="Do not ask before the change set is executed.")
def deploy(
    environment: str, bucket: str | None, prefix: str, region: str | None, parameters: tuple[str, ...], yes: bool
) -> int:
    """Package the set into a bucket and deploy it through a change set of its own."""
    lazy_yaml()
    from payflow_cfn.commands.aws import place
    from payflow_cfn.deploy import event_line
    from payflow_cfn.deployment import deploy_set

    values = pairs(parameters)
    here = place(environment, region)
    done = deploy_set(
        here.client("cloudformation"),
        here.client("s3"),
        here.project.settings,
        bucket=needed(bucket or here.target.bucket, "--bucket"),
        prefix=prefix,
        parameters={**here.target.parameters, **values, "Environment": environment},
        tags=dict(here.target.tags) or None,
        confirm=None if yes else lambda _: click.confirm("Execute this change set?", err=True),
        on_event=lambda event: click.echo(event_line(event), err=True),
    )
    click.echo("declined" if done.declined else "deployed" if done.changed else "no change", err=True)
    print_outputs(done.outputs, as_json=False)
    return 1 if done.declined else 0


@click.command()
@environment_option
@region_option
@click.option("--yes", is_flag=True, help="Do not ask before the stack is deleted.")
def destroy(environment: str, region: str | None, yes: bool) -> int:
    """Delete a deployed environment; what its templates retain stays, and is listed."""
    from payflow_cfn.commands.aws import place
    from payflow_cfn.deploy import Destruction, event_line
    from payflow_cfn.deploy import destroy as destroy_stack

    def confirmed(plan: Destruction) -> bool:
        click.echo(plan.text, err=True)
        return yes or click.confirm(f"Delete {plan.stack_name} and all that is nested in it?", abort=True, err=True)

    here = place(environment, region)
    done = destroy_stack(
        here.client("cloudformation"),
        stack_name=here.stack_name,
        confirm=confirmed,
        on_event=lambda event: click.echo(event_line(event), err=True),
    )
    click.echo("destroyed" if done.changed else f"no stack {here.stack_name}", err=True)
    return 0
