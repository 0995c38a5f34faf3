"""`init`: start a project in a folder, with an extension, its test and a pipeline."""

from __future__ import annotations

import os

import click


@click.command()
@click.argument("folder", default=".", metavar="[DIR]")
@click.option(
    "--pipeline",
    type=click.Choice(["github", "gitlab", "none"]),
    default="github",
    show_default=True,
    help="Whose pipeline is written.",
)
def init(folder: str, pipeline: str) -> int:
    """Start a project in a folder.

    It gets payflow.toml, an extension with its test, and a pipeline. A file that is there stays as it is.
    """
    from payflow_cfn.disk import write_files
    from payflow_cfn.starter import starter_files
    from payflow_cfn.version import TEMPLATE_VERSION

    files = starter_files(pipeline, version=TEMPLATE_VERSION)
    there = sorted(path for path in files if os.path.lexists(os.path.join(folder, path)))
    os.makedirs(folder, exist_ok=True)
    write_files(folder, {path: body for path, body in files.items() if path not in there})
    for path in sorted(files):
        click.echo(f"{'kept   ' if path in there else 'written'} {path}")
    if "payflow.toml" in there:
        click.echo('payflow.toml is yours: add extensions = ["team_payments:screening"] to its [settings]')
    click.echo("next: pip install -r requirements.txt, then `python -m pytest -q` and `payflow local demo`")
    return 0
