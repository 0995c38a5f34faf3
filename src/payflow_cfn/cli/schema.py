"""`schema`: print the JSON Schema of payflow.toml, for editors and validators."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import print_document


@click.command()
def schema() -> int:
    """Print the JSON Schema of payflow.toml."""
    from payflow_cfn.stacks.config_schema import project_schema

    print_document(project_schema())
    return 0
