"""`plan`: show what a deploy would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.colours import say_plan
from payflow_cfn.cli.deploy_request import Asked, repeated, repeating_request, request_of, request_options
from payflow_cfn.cli.progress import explained
from payflow_cfn.cli.shared import (
    DIFFERENT,
    form_of,
    format_option,
    is_pattern,
    json_option,
    print_json,
    refuse_beside,
    revert_drift_option,
    say,
    simulated_option,
    verbose_option,
)
from payflow_cfn.cli.signals import terminated_as_interrupted
from payflow_cfn.errors import DeployError

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.cli.session import Place
    from payflow_cfn.deploy import DeployEvent
    from payflow_cfn.deploy.preview import Preview


@click.command()
@request_options
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
        return _discarded(place(environment, region), discard, as_json=form == "json")
    choice = {"allow_simulated_gateway": allow_simulated_gateway, "revert_drift": revert_drift}
    asked = Asked(bucket, prefix, region, parameters, folder, choice)

    def shown(environment: str, templates: TemplateSet | None = None) -> tuple[dict[str, Any], int]:
        found = _planned(environment, asked, templates, keep=keep)
        if form == "markdown":
            click.echo(found.markdown(folded=not verbose), nl=False)
        elif form == "text":
            say_plan(found.told(folded=not verbose))
        if keep and form != "json":
            _tell_kept(found)
        kept = {"change_set": _kept_data(found)} if keep else {}
        return {**found.data, **kept}, DIFFERENT if exit_code and found.changed else 0

    if is_pattern(environment):
        from payflow_cfn.cli.in_a_row import plan_each

        return plan_each(environment, shown, folder=folder, as_json=form == "json")
    data, status = shown(environment)
    if form == "json":
        print_json(data)
    return status


def _planned(environment: str, asked: Asked, templates: TemplateSet | None, *, keep: bool) -> Preview:
    from payflow_cfn.deploy.deploy_set import plan_set

    here, what = request_of(environment, asked, templates, is_plan=True)
    clients = here.client("cloudformation"), here.client("s3")
    with terminated_as_interrupted(), _undone(), repeating_request():
        return plan_set(*clients, **what, clients=here.client, keep=keep, on_event=_warn)


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


def _kept_data(found: Preview) -> dict[str, str] | None:
    """The kept change set for JSON; null where nothing changes, so that there is none."""
    name = _name(found)
    return {"name": name, "id": found.proposal.change_set_id, "command": _command(name)} if found.changed else None


def _tell_kept(found: Preview) -> None:
    if not found.changed:
        say("there is no change, and no change set was kept", err=True)
        return
    name = _name(found)
    say(f"kept as {name}", err=True)
    say(f"execute exactly this plan: `{_command(name)}`", err=True)
    say(f"or delete it: `payflow plan --discard {name}`", err=True)


def _discarded(here: Place, name: str, *, as_json: bool) -> int:
    """Delete a change set that was not executed; 1 if something of it could not be deleted."""
    from payflow_cfn.deploy import event_line
    from payflow_cfn.deploy.planned import discard_planned

    left: list[str] = []
    with repeating_request():
        gone = discard_planned(
            here.client("cloudformation"),
            stack_name=here.stack_name,
            change_set=name,
            on_event=lambda event: left.append(event_line(event)),
        )
    if as_json:
        print_json({"discarded": gone, "left": left})
    else:
        say("\n".join(left) if left else f"discarded {gone}", err=bool(left))
    return 1 if left else 0


def _name(found: Preview) -> str:
    return found.proposal.change_set_id.partition(":changeSet/")[2].partition("/")[0]


def _command(name: str) -> str:
    """The command that executes the plan, with the options that the plan had."""
    return f"{repeated('deploy')} --change-set {name}"
