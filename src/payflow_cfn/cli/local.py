"""`local`: run the workflow on the embedded AWS."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.shared import json_option, print_json
from payflow_cfn.cli.signals import terminated_as_interrupted

if TYPE_CHECKING:
    from payflow_cfn.config.project import Project


@click.group()
@click.pass_context
def local(context: click.Context) -> None:
    """The workflow on an embedded AWS on this machine."""
    # However a command ends, the emulator and its workers end, and its folder is removed.
    context.with_resource(terminated_as_interrupted())
    # Commands that run for minutes or hours enable garbage collection; the others end before it matters.


@local.command()
@click.option("--caveats", is_flag=True, help="List what the embedded AWS does not cover.")
def demo(caveats: bool) -> int:
    """Send payments through the embedded AWS, and check what each did."""
    from payflow_cfn.lint.cache import cache_folder
    from payflow_cfn.local.demo.demo import demo as run_demo

    done = run_demo(click.echo, cache=cache_folder(os.environ), caveats=caveats, project=_project())
    return 0 if done else 1


@local.command()
def up() -> int:
    """Deploy to the embedded AWS and keep it running.

    Ctrl-C, SIGTERM or SIGHUP ends it. Standard output has only lines for a shell that uses it: `payflow local up >
    aws.sh`, then `. ./aws.sh` in another shell.
    """
    from functools import partial
    from threading import Event

    from payflow_cfn.lint.cache import cache_folder
    from payflow_cfn.local.demo.demo import up as keep_up

    gc.enable()
    tell, cache = partial(click.echo, err=True), cache_folder(os.environ)
    keep_up(click.echo, tell, wait=Event().wait, cache=cache, project=_project())
    return 0


def _project() -> Project:
    """The folder's payflow.toml; prints a notice that it is used."""
    from payflow_cfn.config.project import FILE, read_project

    project = read_project()
    if os.path.lexists(FILE):
        click.echo(f"using the settings of {FILE}, and the parameters of [environments.demo]", err=True)
    return project


@local.command()
@click.option(
    "--payments", type=click.IntRange(min=1), default=2000, show_default=True, help="How many payments to run."
)
@click.option("--seed", default=1, show_default=True, help="Chooses the payments and their faults.")
@click.option("--emulator", is_flag=True, help="Run them through the deployed workflow (200 take minutes).")
@json_option
def faults(payments: int, seed: int, emulator: bool, as_json: bool) -> int:
    """Run payments while injecting faults at every step.

    Runs the shipped functions in one process, or the deployed workflow. Exit 1 if anything goes wrong.
    """
    from payflow_cfn.local.faults.run import run_faults

    gc.enable()
    totals = run_faults(payments=payments, seed=seed, emulator=emulator)
    if as_json:
        print_json(totals.as_json())
    else:
        click.echo(totals.as_text())
    return 0 if totals.clean else 1
