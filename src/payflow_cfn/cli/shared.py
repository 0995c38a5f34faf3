"""Code that the commands share: options, and the printing of results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from payflow_cfn.cli.command_hints import current_options, whole
from payflow_cfn.text import printable

if TYPE_CHECKING:
    from datetime import date

    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.cli.session import Place
    from payflow_cfn.config.project import Project

DIFFERENT = 3
BUSY = 4

environment_option = click.option("--env", "environment", required=True, help="Name of the environment.")
region_option = click.option("--region", help="Region of the stack.")
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown")),
    help="Form of the output: text (the default), one JSON object, or Markdown for a pull request.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
bucket_option = click.option("--bucket", help="Bucket for templates and artifacts (or in payflow.toml).")
prefix_option = click.option("--prefix", default="payflow", show_default=True, help="Where in the bucket.")
parameter_option = click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A value of the root template (repeatable)."
)
set_option = click.option(
    "--set",
    "folder",
    metavar="DIR",
    help="A rendered set, verified by its manifest, in place of payflow.toml's settings.",
)
verbose_option = click.option("--verbose", is_flag=True, help="Show each permission and each equal change.")
simulated_option = click.option(
    "--allow-simulated-gateway",
    is_flag=True,
    help="Allow the simulated gateway, which charges nobody, in a production-like environment.",
)


revert_drift_option = click.option(
    "--revert-drift", is_flag=True, help="Also overwrite what was changed outside CloudFormation."
)

one_at_a_time_option = click.option(
    "--one-at-a-time",
    is_flag=True,
    help="One environment of payflow.toml after another, where --env is a pattern; the first failure stops it.",
)

yes_option = click.option("--yes", is_flag=True, help="Do not ask before it is recorded.")


class Ended(NamedTuple):
    """The end of a deploy: its result in words, the exit status, and the region that it was in."""

    result: str
    exit_status: int
    region: str


def is_pattern(environment: str) -> bool:
    """Whether `--env` is a pattern over the environments of payflow.toml, as of file names: `prod-*`."""
    return any(each in environment for each in "*?[")


def refuse_beside(option: str, value: object, others: Mapping[str, object]) -> None:
    """A usage error if the option is given and one of the `others` {option: value}, too."""
    for other, given in others.items():
        if value and given:
            raise click.UsageError(f"choose one of {option} and {other}")


def folder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the folder of a set that may be edited: as an argument, or as the option of the other commands."""
    named = click.option("--set", "same", metavar="DIR", help="The same as DIR.")
    return click.argument("folder", required=False, metavar="[DIR]")(named(command))


def edited_set(folder: str | None, same: str | None) -> TemplateSet:
    """The set of `folder_options`, not verified by its manifest; without one, that of payflow.toml's settings."""
    if folder is not None and same is not None:
        raise click.UsageError("choose one of DIR and --set DIR")
    given = same if folder is None else folder
    if given is None:
        return chosen_set(None)
    from payflow_cfn.artifacts.template_set import read_set

    return read_set(given, verify=False)


def tell_of_unread(templates: TemplateSet, given: Mapping[str, str] = MappingProxyType({})) -> None:
    """Print what of the set, with these values of root's parameters, only CloudFormation sees."""
    from payflow_cfn.aws.loops import may_be_unread

    if not any(map(may_be_unread, templates.templates.values())):
        return
    from payflow_cfn.aws.parsed_set import unread

    for each in unread(templates.templates, given):
        say(each, err=True)


def chosen_set(folder: str | None, project: Project | None = None) -> TemplateSet:
    """The set of `--set`, else that of payflow.toml's settings."""
    if folder is not None:
        from payflow_cfn.artifacts.template_set import read_set

        return read_set(folder)
    from payflow_cfn.config.project import read_project
    from payflow_cfn.stacks.render import build_set

    return build_set((project or read_project()).settings)


def named_set(given: str) -> TemplateSet:
    """The set in a folder, else of a version: in ./templates, or shipped with the package."""
    from payflow_cfn.artifacts.shipped import shipped_folder
    from payflow_cfn.artifacts.template_set import read_set

    places = (given, os.path.join("templates", given), os.path.join(shipped_folder("templates"), given))
    found = next((each for each in places if os.path.lexists(each)), None)
    if found is None:
        raise click.UsageError(f"{given} is neither a folder nor a version; for an environment use deployed:{given}")
    return read_set(found, verify=False)


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """The values of `--parameter` by name; a usage error where one has no name, or a name is there twice."""
    for text in texts:
        if "=" not in text:
            raise click.UsageError(f"--parameter takes NAME=VALUE, not {text!r}")
        if any("\ud800" <= each <= "\udfff" for each in text):  # bytes that the shell's locale does not read
            raise click.UsageError(f"--parameter {text!a} is not UTF-8: set LC_ALL to a UTF-8 locale")
    given = [text.split("=", 1) for text in texts]
    names = [name for name, _ in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise click.UsageError(f"--parameter {twice[0]} is given twice")
    return dict(given)


def values_of(environment: str, texts: Sequence[str]) -> dict[str, str]:
    """The values of `--parameter`; a usage error if they name another environment than `--env`."""
    given = pairs(texts)
    if given.get("Environment", environment) != environment:
        raise click.UsageError(f"--env is {environment}, and --parameter Environment={given['Environment']}")
    return given


def say(text: str, *, err: bool = False) -> None:
    """Print lines with AWS's text in them, without characters that could control the terminal.

    Commands in the lines get the environment and the region of this command, so that they can be pasted.
    """
    click.echo(whole(printable(text), current_options()), err=err)


def print_json(value: Any) -> None:
    """Print one JSON object: dataclasses as objects, times in ISO 8601, everything but ASCII escaped."""
    import json

    click.echo(json.dumps(value, sort_keys=True, default=_plain))


def form_of(form: str | None, *, as_json: bool) -> str:
    """The form of `--format` or `--json`; a usage error where the two differ."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"choose one of --json and --format {form}")
    return "json" if as_json else form or "text"


def print_document(value: Any) -> None:
    """Print a JSON document for people: indented, its keys not sorted."""
    import json

    click.echo(json.dumps(value, indent=2))


def _plain(value: Any) -> Any:
    from dataclasses import asdict, is_dataclass

    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value.isoformat()


def print_outputs(values: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json(dict(values))
        return
    for name, value in sorted(values.items()):
        # On one line, not shortened and with its own spaces.
        say(f"{name}={value}".replace("\n", " "))


def tell_of_unlisted(project: Project, environment: str) -> None:
    """Print a notice if payflow.toml is missing, or lists environments without this one.

    A deploy from the wrong folder would reset every parameter to its default, and a typo would create another stack.
    """
    from payflow_cfn.config.project import FILE

    listed = project.environments
    if not os.path.lexists(FILE):
        say(f"no {FILE} in this folder; using defaults", err=True)
    elif listed and environment not in listed:
        known = ", ".join(sorted(listed))
        say(f"{FILE} has no [environments.{environment}] (it has {known}); using defaults", err=True)


def check_environments(templates: TemplateSet) -> None:
    """SettingsError when a deploy of the set would refuse an environment of payflow.toml."""
    from payflow_cfn.config.project import read_project

    project = read_project()
    if not project.environments:
        return
    from payflow_cfn.deploy import environment_check

    for each in environment_check.region_notices(project):
        say(each, err=True)
    environment_check.check_environments(project, templates)


def today() -> date:
    from datetime import UTC, datetime

    return datetime.now(tz=UTC).date()


def check_runtimes(runtimes: Iterable[str]) -> None:
    """Print a notice before AWS's support ends; SettingsError when AWS no longer updates functions of a runtime."""
    from payflow_cfn.aws.runtimes import refuse_ended

    for each in runtimes:
        refuse_ended(each, today=today())
    tell_of_runtimes(runtimes)


def tell_of_runtimes(runtimes: Iterable[str]) -> None:
    """Print which of these runtimes AWS no longer supports, or stops to support within half a year."""
    from payflow_cfn.aws.runtimes import runtime_notice

    for each in filter(None, (runtime_notice(name, today=today()) for name in runtimes)):
        say(each, err=True)


def parameters_to_send(here: Place, given: Mapping[str, str], templates: TemplateSet) -> dict[str, str]:
    """Root's parameters for a plan or a deploy; prints a notice about the special ones.

    On the embedded AWS, ResourceCoverage leaves out the types that it cannot create, unless the parameter is given.
    """
    from payflow_cfn.deploy.production_guard import log_notice

    sent = here.parameters(given)
    if "ResourceCoverage" in set(templates.parameters) - set(sent) and here.is_embedded:
        sent["ResourceCoverage"] = "core"
        say("this is an embedded AWS: ResourceCoverage=core, without the types that it cannot create", err=True)
    notice = log_notice(here.environment, sent) if here.production else ""
    if notice:
        say(notice, err=True)
    return sent


def needed(value: str, option: str) -> str:
    if not value:
        raise click.UsageError(f"{option} is needed, or its value in payflow.toml")
    return value
