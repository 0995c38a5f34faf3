"""`outputs`: print the outputs of a deployed environment."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import environment_option, json_option, print_outputs, region_option, say


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
