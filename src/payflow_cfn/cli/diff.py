"""`diff` and `plan`: compare two template sets, and show what a deploy would do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import click

from payflow_cfn.cli.colours import say_plan
from payflow_cfn.cli.shared import (
    DIFFERENT,
    bucket_option,
    chosen_set,
    environment_option,
    json_option,
    pairs,
    parameter_option,
    parameters_to_send,
    prefix_option,
    print_json,
    region_option,
    say,
    set_option,
    simulated_option,
    tell_of_unlisted,
    values_of,
    verbose_option,
)
from payflow_cfn.cli.signals import terminated_as_interrupted

if TYPE_CHECKING:
    from payflow_cfn.diff import Set

_DEPLOYED = "deployed:"


class _Side(NamedTuple):
    """One side of a comparison; `environment` and `values` of a deployed one."""

    templates: Set
    environment: str = ""
    values: Mapping[str, str] = MappingProxyType({})


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--set", "folder", metavar="DIR", help="The same as NEW.")
@click.option("--env", "environment", default="", help="Environment whose parameters in payflow.toml hold.")
@parameter_option
@region_option
@click.option("--metadata", is_flag=True, help="Compare Metadata as well.")
@verbose_option
@json_option
def diff(
    old: str,
    new: str | None,
    folder: str | None,
    environment: str,
    parameters: tuple[str, ...],
    region: str | None,
    metadata: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Compare two template sets.

    Says what changes where, what it replaces, and who may do more or less; exit 3 if they differ.

    OLD and NEW: a folder, a version such as 1.0.0, or deployed:ENV (only that one needs AWS). NEW is by default the set
    of payflow.toml's settings. Without deployed:ENV, what the parameters' values hide is shown as well, and where it
    holds.
    """
    from payflow_cfn.diff import change_data, diff_sets, text

    given = _given(environment, parameters)
    if new is not None and folder is not None:
        raise click.UsageError("choose one of NEW and --set DIR")
    new = folder if new is None else new
    one, other = _side(old, region), _Side(chosen_set(None)) if new is None else _side(new, region)
    is_offline = not (one.environment or other.environment)
    _check_given(given, one, other)
    changes = diff_sets(
        one.templates,
        other.templates,
        old_parameters=given if is_offline else _values(one, other, given),
        new_parameters=given if is_offline else _values(other, one, given),
        region=region or "us-east-1",
        metadata=metadata,
        hidden=is_offline,
    )
    if as_json:
        print_json({"differs": bool(changes), "changes": [change_data(each) for each in changes]})
    else:
        say_plan(text(changes, folded=not verbose))
    return DIFFERENT if changes else 0


@click.command()
@environment_option
@bucket_option
@prefix_option
@region_option
@parameter_option
@set_option
@simulated_option
@click.option("--exit-code", is_flag=True, help="Exit 3 when a deploy would change anything.")
@verbose_option
@json_option
def plan(
    environment: str,
    bucket: str | None,
    prefix: str,
    region: str | None,
    parameters: tuple[str, ...],
    folder: str | None,
    allow_simulated_gateway: bool,
    exit_code: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Show what a deploy would do.

    By the templates, and by a change set that is taken away again.
    """
    from payflow_cfn.cli.bootstrap import storage_of
    from payflow_cfn.cli.session import place
    from payflow_cfn.config.options import options_for
    from payflow_cfn.deploy import DeployEvent, event_line
    from payflow_cfn.deploy.cloudformation.events import LeftBehind, NamesUnchecked
    from payflow_cfn.deploy.deploy_set import plan_set

    def warn(event: DeployEvent) -> None:
        if isinstance(event, (LeftBehind, NamesUnchecked)):
            say(event_line(event), err=True)

    values = values_of(environment, parameters)
    here = place(environment, region)
    tell_of_unlisted(here.project, here.environment)
    templates = chosen_set(folder, here.project)
    sent = parameters_to_send(here, values, templates)
    storage = storage_of(here, bucket)
    options = options_for(here.target, production=here.production, allow_simulated_gateway=allow_simulated_gateway)
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
    if as_json:
        print_json(found.data)
    else:
        say_plan(found.told(folded=not verbose))
    return DIFFERENT if exit_code and found.changed else 0


@contextmanager
def _undone() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped: nothing was executed, and the change set was taken away") from None


def _side(given: str, region: str | None) -> _Side:
    if given.startswith(_DEPLOYED):
        return _deployed(given.removeprefix(_DEPLOYED), region)
    return _Side(_read(given))


def _read(given: str) -> Set:
    """The files of a folder; otherwise of that version, beside us or shipped with the package."""
    from payflow_cfn.artifacts.shipped import shipped_folder
    from payflow_cfn.artifacts.template_set import read_set

    places = (given, os.path.join("templates", given), os.path.join(shipped_folder("templates"), given))
    found = next((each for each in places if os.path.lexists(each)), None)
    if found is None:
        raise click.UsageError(f"{given} is neither a folder nor a version; for an environment use deployed:{given}")
    return read_set(found, verify=False)


def _deployed(environment: str, region: str | None) -> _Side:
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import read_deployed

    here = place(environment, region)
    found = read_deployed(here.client("cloudformation"), stack_name=here.stack_name)
    return _Side(found.source, environment, dict(found.root.parameters))


def _given(environment: str, parameters: tuple[str, ...]) -> dict[str, str]:
    """The values that `--env` (as payflow.toml has them) and `--parameter` give."""
    if not environment:
        return pairs(parameters)
    from payflow_cfn.config.names import parse_environment
    from payflow_cfn.config.project import read_project

    given, project = values_of(parse_environment(environment), parameters), read_project()
    tell_of_unlisted(project, environment)
    return {**project.target(environment).parameters, **given, "Environment": environment}


def _check_given(given: Mapping[str, str], one: _Side, other: _Side) -> None:
    """A usage error for a value that is a parameter of neither set, or for an environment that is not deployed."""
    from payflow_cfn.diff import root_parameters

    known = {name for side in (one, other) for name in root_parameters(side.templates)}
    for name in given:
        if name not in known and name != "Environment":
            raise click.UsageError(
                f"neither set has a parameter {name}; they have {', '.join(sorted(known)) or 'none'}"
            )
    for side in (one, other):
        if side.environment and given.get("Environment", side.environment) != side.environment:
            raise click.UsageError(
                f"the values are for {given['Environment']}, and {_DEPLOYED}{side.environment} is not"
            )
    if given and one.environment and other.environment:
        raise click.UsageError("--env and --parameter give values to a set that is not deployed; both are")


def _values(side: _Side, other: _Side, given: Mapping[str, str]) -> Mapping[str, str]:
    """A side's parameters: those deployed, or what a deploy to the other side's environment would send."""
    if side.environment:
        return side.values
    from payflow_cfn.config.project import read_project

    kept = {name: value for name, value in other.values.items() if value == "****"}
    listed = read_project().target(other.environment).parameters
    return {**kept, **listed, **given, "Environment": other.environment}
