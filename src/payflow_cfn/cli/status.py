"""`status`, `outputs`, `diagnose` and `drift`: the state of a deployed environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.shared import (
    BUSY,
    DIFFERENT,
    environment_option,
    json_option,
    print_json,
    print_outputs,
    region_option,
    say,
)

if TYPE_CHECKING:
    from payflow_cfn.deploy import Drift

_STATUSES = {"healthy": 0, "failed": 1, "missing": 1, "busy": BUSY}


@click.command()
@environment_option
@region_option
@json_option
def status(environment: str, region: str | None, as_json: bool) -> int:
    """Show the status of an environment.

    Exit 0 in order, 1 failed or not there, 4 an operation runs.
    """
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import read_status

    here = place(environment, region)
    found = read_status(here.client("cloudformation"), stack_name=here.stack_name)
    if as_json:
        print_json(found)
    elif found.health == "missing":
        say(found.text, err=True)
    else:
        say(found.text)
    return _STATUSES[found.health]


@click.command()
@environment_option
@region_option
@json_option
@click.option("--env-file", "as_lines", is_flag=True, help="KEY=value lines for shells and docker.")
def outputs(environment: str, region: str | None, as_json: bool, as_lines: bool) -> int:
    """Print the outputs of a deployed environment."""
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import read_outputs

    if as_json and as_lines:
        raise click.UsageError("choose one of --json and --env-file")
    here = place(environment, region)
    values = read_outputs(here.client("cloudformation"), stack_name=here.stack_name)
    if not as_lines:
        print_outputs(values, as_json=as_json)
        return 0
    from payflow_cfn.cli.env_file import env_lines, needs_quotes

    for line in env_lines(values):
        click.echo(line)
    quoted = [name for name, value in values.items() if needs_quotes(value)]
    if quoted:
        say(f"quoted for shells, and `docker run` takes the quotes as they are: {', '.join(quoted)}", err=True)
    return 0


@click.command()
@environment_option
@region_option
@json_option
@click.option("--change-set", help="Explain this change set (name or ARN) and not the last operation.")
def diagnose(environment: str, region: str | None, as_json: bool, change_set: str | None) -> int:
    """Say why the last operation failed.

    The first cause, from the deepest nested stack; exit 1 when it failed, 0 when nothing did.
    """
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import diagnose_stack

    here = place(environment, region)
    found = diagnose_stack(here.client("cloudformation"), stack_name=here.stack_name, change_set=change_set or "")
    if as_json:
        print_json(found)
    else:
        say(found.text)
    return 1 if found.cause or found.rollback_cause else 0


@click.command()
@environment_option
@region_option
@json_option
def drift(environment: str, region: str | None, as_json: bool) -> int:
    """Show drift: what was changed outside CloudFormation.

    In the root and all nested stacks; exit 3 when anything was.
    """
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import detect_drift

    here = place(environment, region)
    found = detect_drift(here.client("cloudformation"), stack_name=here.stack_name)
    if as_json:
        print_json(found.data)
    else:
        say(found.text)
    return _drift_status(found)


def _drift_status(found: Drift) -> int:
    if found.real:
        return DIFFERENT
    return 1 if found.unchecked else 0
