"""`report`: write a reviewer's page about a set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.shared import chosen_set, named_set, say, set_option, tell_of_unlisted

if TYPE_CHECKING:
    from payflow_cfn.report import Request, Subject


@click.command()
@set_option
@click.option("--env", "environment", default="", help="Environment whose parameters in payflow.toml are used.")
@click.option("--against", default="", metavar="DIR|VERSION", help="Another set: show the difference from it.")
@click.option(
    "--payments-per-day",
    "payments",
    type=click.IntRange(1, 10**9),
    default=1000,
    show_default=True,
    help="Payments of which the cost is estimated.",
)
@click.option("--out", default="report.html", show_default=True, metavar="FILE", help="Where the page is written.")
def report(folder: str | None, environment: str, against: str, payments: int, out: str) -> int:
    """Write a reviewer's page about a set.

    One HTML file that loads nothing: resources, workflow, permissions with reasons, alarms, parameters, difference and
    cost. `payflow verify` checks it.
    """
    from payflow_cfn.disk import write_files
    from payflow_cfn.report import Request, report_page

    page = report_page(subject(folder, Request(environment, against, payments)))
    place, name = os.path.split(out)
    if not name:
        raise click.UsageError("--out names a folder, not a file")
    write_files(place or ".", {name: page.encode()})
    say(f"{out}: {len(page.encode())} bytes")
    return 0


def subject(folder: str | None, request: Request, *, against: str = "") -> Subject:
    """What a report is about; `against` is where the other set is, if not where the request says."""
    from payflow_cfn.report import subject_of

    other = against or request.against
    old = named_set(other) if other else None
    return subject_of(chosen_set(folder), request, values=_values(request.environment), old=old)


def _values(environment: str) -> Mapping[str, str]:
    if not environment:
        return {}
    from payflow_cfn.config.names import parse_environment
    from payflow_cfn.config.project import read_project

    project = read_project()
    tell_of_unlisted(project, parse_environment(environment))
    return project.target(environment).parameters
