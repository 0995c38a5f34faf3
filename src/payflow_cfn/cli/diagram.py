"""`diagram`: print the workflow as a flowchart."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import chosen_set


@click.command()
def diagram() -> int:
    """Print the workflow as a Mermaid flowchart."""
    from payflow_cfn.aws.data_resources import MACHINE
    from payflow_cfn.workflow.diagram import diagram as draw

    resources = chosen_set(None).documents["workflow.json"]["Resources"]
    (machine,) = [each for each in resources.values() if each["Type"] == MACHINE]
    click.echo(draw(machine["Properties"]["Definition"]), nl=False)
    return 0
