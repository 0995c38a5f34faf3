"""`plan`: show what a deploy would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from payflow_cfn.cli.colours import say_plan
from payflow_cfn.cli.progress import explained
from payflow_cfn.cli.shared import (
    DIFFERENT,
    bucket_option,
    chosen_set,
    environment_option,
    form_of,
    format_option,
    json_option,
    parameter_option,
    parameters_to_send,
    prefix_option,
    print_json,
    region_option,
    revert_drift_option,
    say,
    set_option,
    simulated_option,
    tell_of_unlisted,
    values_of,
    verbose_option,
)
from payflow_cfn.cli.signals import terminated_as_interrupted
from payflow_cfn.errors import DeployError


@click.command()
@environment_option
@bucket_option
@prefix_option
@region_option
@parameter_option
@set_option
@simulated_option
@revert_drift_option
@click.option("--exit-code", is_flag=True, help="Exit 3 when a deploy would change anything.")
@verbose_option
@format_option
@json_option
def plan(
    environment: str,
    bucket: str | None,
    prefix: str,
    region: str | None,
    parameters: tuple[str, ...],
    folder: str | None,
    allow_simulated_gateway: bool,
    revert_drift: bool,
    exit_code: bool,
    verbose: bool,
    form: str | None,
    as_json: bool,
) -> int:
    """Show what a deploy would do.

    It compares the templates, and makes a change set that it deletes again.
    """
    from payflow_cfn.cli.session import place
    from payflow_cfn.cli.storage_options import storage_of
    from payflow_cfn.config.options import options_for
    from payflow_cfn.deploy import DeployEvent, event_line
    from payflow_cfn.deploy.cloudformation.events import LeftBehind, NamesUnchecked
    from payflow_cfn.deploy.deploy_set import plan_set

    def warn(event: DeployEvent) -> None:
        if isinstance(event, (LeftBehind, NamesUnchecked)):
            say(event_line(event), err=True)

    form = form_of(form, as_json=as_json)
    values = values_of(environment, parameters)
    here = place(environment, region)
    tell_of_unlisted(here.project, here.environment)
    templates = chosen_set(folder, here.project)
    sent = parameters_to_send(here, values, templates)
    storage = storage_of(here, bucket)
    options = options_for(
        here.target,
        production=here.production,
        allow_simulated_gateway=allow_simulated_gateway,
        revert_drift=revert_drift,
    )
    with terminated_as_interrupted(), _undone():
        found = plan_set(
            here.client("cloudformation"),
            here.client("s3"),
            templates,
            bucket=storage.bucket,
            prefix=prefix,
            parameters=sent,
            tags=dict(here.target.tags) or None,
            sse=storage.encryption,
            expected_owner=storage.owner,
            options=options,
            clients=here.client,
            on_event=warn,
        )
    if form == "json":
        print_json(found.data)
    elif form == "markdown":
        click.echo(found.markdown(folded=not verbose), nl=False)
    else:
        say_plan(found.told(folded=not verbose))
    return DIFFERENT if exit_code and found.changed else 0


@contextmanager
def _undone() -> Iterator[None]:
    try:
        yield
    except DeployError as error:
        raise explained(error) from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped: nothing was executed, and the change set was deleted") from None
