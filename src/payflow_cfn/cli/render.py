"""`render`: write the template set as files."""

from __future__ import annotations

import os

import click

from payflow_cfn.cli.shared import DIFFERENT, check_environments, chosen_set


@click.command()
@click.option("--out", default="templates", show_default=True, help="Folder that the versions lie in.")
@click.option(
    "--artifacts", is_flag=True, help="The Lambda zips beside the templates as well (with --check: compare them)."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 3 when a file there differs.")
def render(out: str, artifacts: bool, check: bool) -> int:
    """Write the template set of this version."""
    from payflow_cfn.artifacts.folders import differences, write_folder
    from payflow_cfn.artifacts.template_set import zip_paths

    templates = chosen_set(None)
    check_environments(templates)
    files: dict[str, str | bytes] = dict(templates.files)
    folder = os.path.join(out, templates.version)
    if artifacts:
        from payflow_cfn.artifacts.build import set_artifacts

        files |= zip_paths({each.name: each.build().body for each in set_artifacts(templates)})
    if check:
        found = differences(folder, files)
        for each in found:
            click.echo(f"{each.path}: {each.kind}")
        return DIFFERENT if found else 0
    changed = write_folder(folder, files)
    click.echo(f"{folder}: {len(files)} files, {len(changed)} changed")
    return 0
