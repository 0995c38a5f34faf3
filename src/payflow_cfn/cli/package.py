"""`package`: write the Lambda zips as files, or put the whole set into a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.shared import chosen_set, json_option, prefix_option, print_json, say, set_option
from payflow_cfn.cli.storage_options import Storage, bucket_name, encryption_of, sse_option, storage_of

if TYPE_CHECKING:
    from payflow_cfn.deploy.publish.publish import Stored


@click.command()
@click.option("--env", "environment", help="Environment whose bucket, region, role and account are used.")
@click.option("--out", help="Folder for the zips; with a bucket, for the templates with their S3 locations.")
@click.option("--bucket", help="Bucket that templates and zips are put into.")
@prefix_option
@click.option("--region", help="Region of the bucket and of the stack.")
@sse_option
@click.option("--kms-key", help="KMS key (id or ARN) for the objects; without one, AWS's own key for S3.")
@click.option("--expected-bucket-owner", "owner", help="Account that has to own the bucket (the environment's).")
@set_option
@json_option
def package(
    environment: str | None,
    out: str | None,
    bucket: str | None,
    prefix: str,
    region: str | None,
    sse: str | None,
    kms_key: str | None,
    owner: str | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Build the Lambda zips, or put the whole set into a bucket.

    The zips go into the folder of --out; with a bucket, the templates with their S3 locations do.
    """
    if not (environment or bucket or out):
        raise click.UsageError("package needs --env NAME, --bucket BUCKET, --out FOLDER, or some of them")
    if not (environment or bucket):
        return _write(str(out), _zips(folder), {}, as_json=as_json)
    from payflow_cfn.deploy.publish.publish import package_set

    s3, storage = _destination(environment, bucket, region, sse=sse, kms_key=kms_key, owner=owner)
    published = package_set(
        s3,
        chosen_set(folder),
        bucket=storage.bucket,
        prefix=prefix,
        sse=storage.encryption,
        expected_owner=storage.owner,
        on_event=_told,
    )
    said: dict[str, Any] = {
        "bucket": storage.bucket,
        "root_url": published.root_url,
        "templates": dict(published.templates),
        "uploaded": published.uploaded,
        "skipped": published.skipped,
    }
    if not as_json:
        say(f"{published.root_url}: {len(published.uploaded)} uploaded, {len(published.skipped)} there already")
    return _write(out, published.rendered, said, as_json=as_json)


def _destination(
    environment: str | None, bucket: str | None, region: str | None, **options: str | None
) -> tuple[Any, Storage]:
    """The S3 client and the bucket: from the environment, or from the options."""
    from payflow_cfn.cli.session import connect, place

    if environment:
        here = place(environment, region)
        storage = storage_of(here, bucket, **options)
        return here.client("s3"), storage
    encryption = encryption_of(options["sse"], options["kms_key"])
    storage = Storage(bucket_name(str(bucket)), encryption, options["owner"] or "")
    return connect(region or "").client("s3"), storage


def _told(event: Stored) -> None:
    if not event.skipped:
        say(f"put {event.key}: {event.size} bytes", err=True)


def _zips(folder: str | None) -> dict[str, bytes]:
    from payflow_cfn.artifacts.build import set_artifacts

    return {f"{each.name}.zip": each.build().body for each in set_artifacts(chosen_set(folder))}


def _write(out: str | None, files: Mapping[str, str | bytes], said: dict[str, Any], *, as_json: bool) -> int:
    if out:
        from payflow_cfn.artifacts.folders import write_folder

        changed = write_folder(out, files)
        said = {**said, "folder": out, "files": sorted(files), "changed": sorted(changed)}
        if not as_json:
            say(f"{out}: {len(files)} files, {len(changed)} changed")
    if as_json:
        print_json(said)
    return 0
