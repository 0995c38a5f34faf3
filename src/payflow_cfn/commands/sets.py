"""`render` and `package`: the template set as files."""

from __future__ import annotations

from pathlib import Path

import click

from payflow_cfn.commands.lazy import lazy_yaml
from payflow_cfn.commands.shared import DIFFERENT


@click.command()
@click.option("--out", default="templates", show_default=True, help="Folder that the versions lie in.")
@click.option("--artifacts", is_flag=True, help="Build the Lambda zips beside the templates as well.")
@click.option("--check", is_flag=True, help="Write nothing; exit 3 when a file there differs.")
def render(out: str, artifacts: bool, check: bool) -> int:
    """Write the template set of this version."""
    lazy_yaml()
    from payflow_cfn.files import differences, write_set
    from payflow_cfn.project import read_project
    from payflow_cfn.settings import TEMPLATE_VERSION
    from payflow_cfn.template_set import set_artifacts, template_set

    settings = read_project().settings
    files: dict[str, str | bytes] = dict(template_set(settings))
    folder = str(Path(out) / TEMPLATE_VERSION)
    if check:
        found = differences(folder, files)
        for each in found:
            click.echo(f"{each.path}: {each.kind}")
        return DIFFERENT if found else 0
    if artifacts:
        files |= {f"artifacts/{each.name}.zip": each.build().body for each in set_artifacts(settings)}
    changed = write_set(folder, files)
    click.echo(f"{folder}: {len(files)} files, {len(changed)} changed")
    return 0


@click.command()
@click.option("--out", help="Folder for the zips; with --bucket, for the templates with their S3 locations.")
@click.option("--bucket", help="Bucket that templates and zips are put into.")
@click.option("--prefix", default="payflow", show_default=True, help="Where in the bucket.")
@click.option("--region", help="Region of the bucket and of the stack.")
def package(out: str | None, bucket: str | None, prefix: str, region: str | None) -> int:
    """Build the Lambda zips into a folder, or put the whole set into a bucket."""
    lazy_yaml()
    from payflow_cfn.files import write_set
    from payflow_cfn.project import read_project

    settings = read_project().settings
    if bucket:
        from payflow_cfn.commands.aws import client
        from payflow_cfn.deployment import publish_set

        storage = client("s3", region or "")
        place = publish_set(storage, settings, bucket=bucket, prefix=prefix, region=storage.meta.region_name)
        click.echo(f"{place.root_url}: {len(place.uploaded)} uploaded, {len(place.skipped)} there already")
        files: dict[str, str | bytes] = dict(place.rendered)
    elif out:
        from payflow_cfn.template_set import set_artifacts

        files = {f"{each.name}.zip": each.build().body for each in set_artifacts(settings)}
    else:
        raise click.UsageError("package needs --out FOLDER, --bucket BUCKET or both")
    if out:
        click.echo(f"{out}: {len(files)} files, {len(write_set(out, files))} changed")
    return 0
