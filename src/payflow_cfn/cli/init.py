"""`init`: start a project in a folder, with an extension, its test and a pipeline."""

from __future__ import annotations

import os

import click

_EXTENSION = "team_payments:screening"


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
    from payflow_cfn.disk import file_errors, write_files
    from payflow_cfn.starter import starter_files
    from payflow_cfn.version import TEMPLATE_VERSION

    files = starter_files(pipeline, version=TEMPLATE_VERSION)
    there = sorted(path for path in files if os.path.lexists(os.path.join(folder, path)))
    with file_errors(folder, doing="create the folder"):
        os.makedirs(folder, exist_ok=True)
    write_files(folder, {path: body for path, body in files.items() if path not in there})
    for path in sorted(files):
        click.echo(f"{'kept   ' if path in there else 'written'} {path}")
    if "payflow.toml" in there and not _names_extension(os.path.join(folder, "payflow.toml")):
        click.echo(f'payflow.toml is yours: add extensions = ["{_EXTENSION}"] to its [settings]')
    click.echo("next: pip install -r requirements.txt, then `python -m pytest -q` and `payflow local demo`")
    return 0


def _names_extension(path: str) -> bool:
    """Whether the settings of a payflow.toml name the extension; False for a file that cannot be read."""
    import tomllib

    try:
        with open(path, "rb") as file:
            return _EXTENSION in tomllib.load(file)["settings"]["extensions"]
    except (OSError, ValueError, LookupError, TypeError):
        return False
