"""`schema`: what payflow.toml may hold, for editors and validators."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> int:
    """Print the JSON Schema of payflow.toml."""
    from payflow_cfn.schema import project_schema

    click.echo(json.dumps(project_schema(), indent=2))
    return 0
