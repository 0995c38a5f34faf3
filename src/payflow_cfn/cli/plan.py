"""`plan`: show what a deploy would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.colours import say_plan
from payflow_cfn.cli.kept_plans import discarded, kept_data, tell_kept
from payflow_cfn.cli.progress import explained
from payflow_cfn.cli.shared import (
    DIFFERENT,
    bucket_option,
    chosen_set,
    environment_option,
    form_of,
    format_option,
    is_pattern,
    json_option,
    parameter_option,
    parameters_to_send,
    prefix_option,
    print_json,
    refuse_beside,
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

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.deploy import DeployEvent
    from payflow_cfn.deploy.preview import Preview


@click.command()
@environment_option
@bucket_option
@prefix_option
@region_option
@parameter_option
@set_option
@simulated_option
@revert_drift_option
@click.option(
    "--keep", is_flag=True, help="Leave the change set, for `deploy --change-set` to execute exactly this plan."
)
@click.option("--discard", metavar="NAME", help="Delete a change set that --keep left, and plan nothing.")
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
    keep: bool,
    discard: str | None,
    exit_code: bool,
    verbose: bool,
    form: str | None,
    as_json: bool,
) -> int:
    """Show what a deploy would do.

    It compares the templates, and makes a change set that it deletes again, unless --keep leaves it. With a pattern
    (`--env 'prod-*'`) it shows the plan of each environment of payflow.toml whose name matches.
    """
    from payflow_cfn.cli.session import place

    form = form_of(form, as_json=as_json)
    refuse_beside("--discard", discard, {"--keep": keep, "a pattern": is_pattern(environment)})
    if discard:
        return discarded(place(environment, region), discard, as_json=form == "json")
    planned = partial(
        _planned,
        bucket=bucket,
        prefix=prefix,
        region=region,
        parameters=parameters,
        folder=folder,
        choice={"allow_simulated_gateway": allow_simulated_gateway, "revert_drift": revert_drift},
        keep=keep,
    )

    def shown(environment: str, templates: TemplateSet | None = None) -> tuple[dict[str, Any], int]:
        found = planned(environment, templates)
        if form == "markdown":
            click.echo(found.markdown(folded=not verbose), nl=False)
        elif form == "text":
            say_plan(found.told(folded=not verbose))
        if form != "json":
            tell_kept(found, keep=keep)
        return {**found.data, **kept_data(found, keep=keep)}, DIFFERENT if exit_code and found.changed else 0

    if is_pattern(environment):
        from payflow_cfn.cli.in_a_row import plan_each

        return plan_each(environment, shown, folder=folder, as_json=form == "json")
    data, status = shown(environment)
    if form == "json":
        print_json(data)
    return status


def _planned(
    environment: str,
    templates: TemplateSet | None,
    *,
    bucket: str | None,
    prefix: str,
    region: str | None,
    parameters: tuple[str, ...],
    folder: str | None,
    choice: dict[str, Any],
    keep: bool,
) -> Preview:
    from payflow_cfn.cli.session import place
    from payflow_cfn.cli.storage_options import storage_of
    from payflow_cfn.config.options import options_for
    from payflow_cfn.deploy.deploy_set import plan_set

    values = values_of(environment, parameters)
    here = place(environment, region)
    tell_of_unlisted(here.project, here.environment)
    templates = templates or chosen_set(folder, here.project)
    sent = parameters_to_send(here, values, templates)
    storage = storage_of(here, bucket)
    with terminated_as_interrupted(), _undone():
        return plan_set(
            here.client("cloudformation"),
            here.client("s3"),
            templates,
            bucket=storage.bucket,
            prefix=prefix,
            parameters=sent,
            tags=dict(here.target.tags) or None,
            sse=storage.encryption,
            expected_owner=storage.owner,
            options=options_for(here.target, production=here.production, **choice),
            clients=here.client,
            keep=keep,
            on_event=_warn,
        )


def _warn(event: DeployEvent) -> None:
    from payflow_cfn.deploy import event_line
    from payflow_cfn.deploy.cloudformation.events import LeftBehind, NamesUnchecked

    if isinstance(event, (LeftBehind, NamesUnchecked)):
        say(event_line(event), err=True)


@contextmanager
def _undone() -> Iterator[None]:
    try:
        yield
    except DeployError as error:
        raise explained(error) from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped: nothing was executed, and the change set was deleted") from None
