"""`lint`: what the rules say of a template set."""

from __future__ import annotations

import json

import click

from payflow_cfn.commands.lazy import lazy_yaml
from payflow_cfn.commands.shared import DIFFERENT


@click.command()
@click.argument("folder", required=False, metavar="[DIR]")
@click.option(
    "--region", "regions", multiple=True, default=("us-east-1",), show_default=True, help="Region whose rules hold."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def lint(folder: str | None, regions: tuple[str, ...], form: str) -> int:
    """Check a rendered set (by default a fresh one) by cfn-lint's rules and our own; exit 3 when any finds a fault."""
    lazy_yaml()
    from payflow_cfn.check import check_folder, check_templates
    from payflow_cfn.project import read_project

    if folder:
        found = check_folder(folder, regions=regions)
    else:
        from payflow_cfn.template_set import template_set, templates_of

        found = check_templates(templates_of(template_set(read_project().settings)), regions=regions)
    if form == "json":
        from dataclasses import asdict

        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            click.echo(str(each))
        click.echo(f"{len(found)} findings")
    return DIFFERENT if found else 0
