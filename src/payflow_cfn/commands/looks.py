"""`outputs`: what a deployed environment says of itself."""

from __future__ import annotations

import click

from payflow_cfn.commands.shared import environment_option, print_outputs, region_option


@click.command()
@environment_option
@region_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def outputs(environment: str, region: str | None, as_json: bool) -> int:
    """Print the outputs of a deployed environment."""
    from payflow_cfn.commands.aws import place
    from payflow_cfn.deploy import read_outputs

    here = place(environment, region)
    print_outputs(read_outputs(here.client("cloudformation"), stack_name=here.stack_name), as_json=as_json)
    return 0
