"""`diff`: compare two template sets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import click

from payflow_cfn.cli.colours import say_plan
from payflow_cfn.cli.shared import (
    DIFFERENT,
    chosen_set,
    form_of,
    format_option,
    json_option,
    named_set,
    pairs,
    parameter_option,
    print_json,
    region_option,
    say,
    tell_of_unlisted,
    tell_of_unread,
    values_of,
    verbose_option,
)

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.diff import Change, StackSource

_DEPLOYED = "deployed:"


class _Side(NamedTuple):
    """One side of a comparison; a deployed one has its `environment`, its parameters in `values`, and `pseudo` ones."""

    templates: TemplateSet | StackSource
    environment: str = ""
    values: Mapping[str, str] = MappingProxyType({})
    pseudo: Mapping[str, str] = MappingProxyType({})


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--set", "folder", metavar="DIR", help="The same as NEW.")
@click.option("--env", "environment", default="", help="Environment whose parameters in payflow.toml are used.")
@parameter_option
@region_option
@click.option("--metadata", is_flag=True, help="Compare Metadata as well.")
@verbose_option
@format_option
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
    form: str | None,
    as_json: bool,
) -> int:
    """Compare two template sets.

    Shows what changes where, what it replaces, and who may do more or less; exit 3 if they differ.

    OLD and NEW: a folder, a version such as 1.0.0, or deployed:ENV (only that one needs AWS). NEW is by default the set
    of payflow.toml's settings. Without deployed:ENV, changes under other parameter values are shown as well, with these
    values.
    """
    from payflow_cfn.diff import change_data, text

    form = form_of(form, as_json=as_json)
    if new is not None and folder is not None:
        raise click.UsageError("choose one of NEW and --set DIR")
    new = folder if new is None else new
    changes = compare(
        old, new, environment=environment, parameters=parameters, region=region, metadata=metadata
    ).changes
    if form == "json":
        print_json({"differs": bool(changes), "changes": [change_data(each) for each in changes]})
    elif form == "markdown":
        from payflow_cfn.diff.markdown import markdown

        click.echo(markdown(changes, folded=not verbose), nl=False)
    else:
        say_plan(text(changes, folded=not verbose))
    return DIFFERENT if changes else 0


class Comparison(NamedTuple):
    """What differs between two sets, and their versions; a set of another maker may have none."""

    changes: list[Change]
    old: str
    new: str


def compare(
    old: str,
    new: str | None,
    *,
    environment: str,
    parameters: tuple[str, ...],
    region: str | None,
    metadata: bool = False,
) -> Comparison:
    """Compare two sets, each named as in `diff`."""
    from payflow_cfn.aws.template import version_of
    from payflow_cfn.diff import diff_sets

    given = _given(environment, parameters)
    region = region or _region_of(environment)
    one, other = _side(old, region), _Side(chosen_set(None)) if new is None else _side(new, region)
    is_offline = not (one.environment or other.environment)
    _check_given(given, one, other)
    before, after = _tree(one.templates, given), _tree(other.templates, given)
    changes = diff_sets(
        before,
        after,
        old_parameters=given if is_offline else _values(one, other, given),
        new_parameters=given if is_offline else _values(other, one, given),
        pseudo=_pseudo(region, one, other),
        region=region or "us-east-1",
        metadata=metadata,
        hidden=is_offline,
    )
    return Comparison(changes, version_of(before.template), version_of(after.template))


def _side(given: str, region: str | None) -> _Side:
    if given.startswith(_DEPLOYED):
        return _deployed(given.removeprefix(_DEPLOYED), region)
    return _Side(named_set(given))


def _tree(templates: TemplateSet | StackSource, given: Mapping[str, str]) -> StackSource:
    """A side as a tree; prints what of its files is not compared."""
    from payflow_cfn.diff import StackSource
    from payflow_cfn.diff.stack_tree import not_compared, stack_tree

    if isinstance(templates, StackSource):
        return templates
    files = {name: text for name, text in templates.files.items() if name not in templates.bills}
    tree = stack_tree(files)
    left = not_compared(tree, files)
    if left:
        say(f"{templates.folder}: not compared, since no TemplateURL names them: {', '.join(left)}", err=True)
    tell_of_unread(templates, given)
    return tree


def _deployed(environment: str, region: str | None) -> _Side:
    from payflow_cfn.aws.worlds import pseudo_parameters
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import read_deployed

    here = place(environment, region)
    cloudformation = here.client("cloudformation")
    found = read_deployed(cloudformation, stack_name=here.stack_name)
    region = cloudformation.meta.region_name
    return _Side(found.source, environment, dict(found.root.parameters), pseudo_parameters(region, found.root.stack_id))


def _given(environment: str, parameters: tuple[str, ...]) -> dict[str, str]:
    """The values of `--parameter`, over those of `--env` in payflow.toml."""
    if not environment:
        return pairs(parameters)
    from payflow_cfn.config.names import parse_environment
    from payflow_cfn.config.project import read_project

    given, project = values_of(parse_environment(environment), parameters), read_project()
    tell_of_unlisted(project, environment)
    return {**project.target(environment).parameters, **given, "Environment": environment}


def _region_of(environment: str) -> str | None:
    if not environment:
        return None
    from payflow_cfn.config.project import read_project

    return read_project().target(environment).region or None


def _check_given(given: Mapping[str, str], one: _Side, other: _Side) -> None:
    """A usage error for a value that neither set has a parameter for, or that is for another environment."""
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


def _pseudo(region: str | None, one: _Side, other: _Side) -> Mapping[str, str]:
    """The pseudo parameters that are known: of --region, and of deployed stacks, where two of them agree."""
    from payflow_cfn.aws.worlds import pseudo_parameters

    found = [each.pseudo for each in (one, other) if each.pseudo]
    if not found:
        return pseudo_parameters(region) if region else {}
    return {key: value for key, value in found[0].items() if all(each[key] == value for each in found)}


def _values(side: _Side, other: _Side, given: Mapping[str, str]) -> Mapping[str, str]:
    """A side's parameters: those deployed, or what a deploy to the other side's environment would send."""
    if side.environment:
        return side.values
    from payflow_cfn.aws.values import HIDDEN
    from payflow_cfn.config.project import read_project

    kept = {name: value for name, value in other.values.items() if value == HIDDEN}
    listed = read_project().target(other.environment).parameters
    return {**kept, **listed, **given, "Environment": other.environment}
