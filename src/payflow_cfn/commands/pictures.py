"""`diagram`: the workflow as a picture."""

from __future__ import annotations

import click


@click.command()
def diagram() -> int:
    """Print the workflow as a Mermaid flowchart."""
    import json

    from payflow_cfn.diagram import diagram as draw
    from payflow_cfn.project import read_project
    from payflow_cfn.template_set import render_set

    resources = json.loads(render_set(read_project().settings)["workflow.json"])["Resources"]
    (machine,) = [each for each in resources.values() if each["Type"] == "AWS::StepFunctions::StateMachine"]
    click.echo(draw(machine["Properties"]["Definition"]), nl=False)
    return 0
