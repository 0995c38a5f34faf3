"""Plan for several environments of payflow.toml, or deploy to them one after another until one fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.progress import result
from payflow_cfn.cli.session import place
from payflow_cfn.cli.shared import DIFFERENT, Ended, chosen_set, print_json, say, values_of
from payflow_cfn.config.project import FILE, read_project
from payflow_cfn.errors import PayflowError, SettingsError

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.config.environment import Target
    from payflow_cfn.config.project import Project

Deploy = Callable[[str, "TemplateSet"], Ended]
Plan = Callable[[str, "TemplateSet"], tuple[dict[str, Any], int]]

_WORDS = {4: "busy", 5: "in progress"}


@dataclass(frozen=True, slots=True)
class Row:
    """One environment in the table at the end; `exit_status` and `seconds` are None where it was not started."""

    environment: str
    region: str
    result: str = "not started"
    seconds: int | None = None
    exit_status: int | None = None


def in_a_row(
    pattern: str,
    deploy: Deploy,
    *,
    folder: str | None,
    region: str | None,
    parameters: Sequence[str],
    one_at_a_time: bool,
    as_json: bool,
) -> int:
    """Deploy one set to each environment that matches, in the order of the file; the exit status is the worst one.

    Before the first, all of them are checked: parameters, region, account and role.
    """
    project = read_project()
    targets = _matching(project, pattern, one_at_a_time=one_at_a_time)
    templates = chosen_set(folder, project)
    _check(project, targets, templates, given=values_of(pattern, parameters), region=region)
    rows = [Row(name, target.region or region or "") for name, target in targets.items()]
    for number, row in enumerate(rows):
        if not as_json:
            say(f"{'' if number == 0 else chr(10)}{row.environment} ({number + 1} of {len(rows)})", err=True)
        rows[number] = _deployed(row, deploy, templates)
        if rows[number].exit_status:
            break
    worst = max(each.exit_status or 0 for each in rows)
    if as_json:
        result("Environments", {"environments": [asdict(each) for each in rows], "exit_status": worst})
    else:
        say("\n".join(_table(rows)))
        say(_how_to_go_on(rows), err=True)
    return worst


def plan_each(pattern: str, plan: Plan, *, folder: str | None, as_json: bool) -> int:
    """Show the plan of each environment that matches, also after an error; the exit status is the worst one."""
    project = read_project()
    names = list(_matching(project, pattern, one_at_a_time=True))
    templates = chosen_set(folder, project)
    found: list[dict[str, Any]] = []
    statuses: list[int] = []
    for number, name in enumerate(names):
        if not as_json:
            say(f"{chr(10) if number else ''}{name} ({number + 1} of {len(names)})")
        data, status = _planned(name, plan, templates)
        found.append({"environment": name, **data})
        statuses.append(status)
    if as_json:
        print_json({"environments": found})
    return max(statuses, key=lambda each: (each not in (0, DIFFERENT), each))


def _planned(environment: str, plan: Plan, templates: TemplateSet) -> tuple[dict[str, Any], int]:
    with _alone(environment):
        try:
            return plan(environment, templates)
        except PayflowError as error:
            _tell(error)
            return {"error": error.message, "remedy": error.remedy}, error.exit_status


def _tell(error: PayflowError) -> None:
    for each in error.every if isinstance(error, SettingsError) else (error,):
        say(f"error: {each}", err=True)


def _matching(project: Project, pattern: str, *, one_at_a_time: bool) -> Mapping[str, Target]:
    """The environments that match, in the order of the file; a usage error if none does, or several may not."""
    found = {name: each for name, each in project.environments.items() if fnmatchcase(name, pattern)}
    if not found:
        listed = ", ".join(project.environments) or "none"
        raise click.UsageError(f"no environment of {FILE} matches {pattern} (it has {listed})")
    if not one_at_a_time:
        raise click.UsageError(f"--env {pattern} is a pattern: add --one-at-a-time to deploy to {', '.join(found)}")
    return found


def _check(
    project: Project,
    targets: Mapping[str, Target],
    templates: TemplateSet,
    *,
    given: Mapping[str, str],
    region: str | None,
) -> None:
    from payflow_cfn.deploy.environment_check import check_environments

    sent = {name: replace(each, parameters={**each.parameters, **given}) for name, each in targets.items()}
    check_environments(project._replace(environments=sent), templates)
    for name in targets:
        place(name, region)


def _deployed(row: Row, deploy: Deploy, templates: TemplateSet) -> Row:
    began = time.monotonic()
    ended = Ended("stopped", 1, "")
    try:
        with _alone(row.environment):
            ended = _tried(row.environment, deploy, templates)
    except (KeyboardInterrupt, click.Abort) as stop:
        say(str(stop.__cause__ or stop) or "stopped", err=True)
    seconds = round(time.monotonic() - began)
    return Row(row.environment, ended.region or row.region, ended.result, seconds, ended.exit_status)


def _tried(environment: str, deploy: Deploy, templates: TemplateSet) -> Ended:
    try:
        return deploy(environment, templates)
    except PayflowError as error:
        _tell(error)
        return Ended(_WORDS.get(error.exit_status, "failed"), error.exit_status, "")
    except click.UsageError as error:
        error.show()
        return Ended("failed", error.exit_code, "")


@contextmanager
def _alone(environment: str) -> Iterator[None]:
    """Let commands in messages name this environment, as if the command had been given for it alone."""
    context = click.get_current_context()
    with click.Context(context.command, parent=context.parent, info_name=context.info_name) as own:
        own.params = {**context.params, "environment": environment}
        yield


def _table(rows: Sequence[Row]) -> Iterator[str]:
    cells = [("environment", "region", "result", "seconds")]
    cells += [
        (each.environment, each.region, each.result, "" if each.seconds is None else str(each.seconds)) for each in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _how_to_go_on(rows: Sequence[Row]) -> str:
    """The next step after a stop; empty if all are deployed."""
    stopped = next((each for each in rows if each.exit_status), None)
    if stopped is None:
        return ""
    first = {
        "failed": "repair the cause, then give ",
        "busy": "wait for the other operation, then give ",
        "in progress": f"`payflow deploy --env {stopped.environment} --resume`, then give ",
    }.get(stopped.result, "give ")
    return f"to go on after {stopped.environment}: {first}the same command again; what is deployed needs no change"
