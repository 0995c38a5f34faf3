"""Choose the bucket of a command: from an option, payflow.toml, or `bootstrap`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import click

from payflow_cfn.cli.command_hints import current_options, whole

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.deploy.publish.destination import Encryption

AES256, KMS = "AES256", "aws:kms"
sse_option = click.option("--sse", type=click.Choice([AES256, KMS]), help="How S3 encrypts the objects.")


class Storage(NamedTuple):
    """The bucket of one command: how its objects are encrypted, and the account that has to own it (empty: any)."""

    bucket: str
    encryption: Encryption
    owner: str


def storage_of(
    here: Place, bucket: str | None, *, sse: str | None = None, kms_key: str | None = None, owner: str | None = None
) -> Storage:
    """The bucket that an option or payflow.toml names, else the one that `bootstrap` made; UsageError for none."""
    from payflow_cfn.deploy.bootstrap import ArtifactBucket, find_bucket

    target = here.target
    named = bucket or target.bucket
    found = (
        ArtifactBucket(named, target.bucket_key if named == target.bucket else "")
        if named
        else find_bucket(here.client("cloudformation"), environment=here.environment)
    )
    if found is None:
        needed = "--bucket is needed, or its value in payflow.toml, or the one that `payflow bootstrap` makes"
        raise click.UsageError(whole(needed, current_options()))
    chosen = found.encryption
    if sse or kms_key:
        chosen = encryption_of(sse, kms_key or (found.key_arn if sse == KMS else None))
    return Storage(bucket_name(found.name), chosen, target.account if owner is None else owner)


def encryption_of(sse: str | None, kms_key: str | None) -> Encryption:
    """The encryption from the options; a key without --sse means KMS."""
    from payflow_cfn.deploy.publish.destination import Encryption

    if kms_key and sse == AES256:
        raise click.UsageError(f"--kms-key goes with --sse {KMS}")
    kind = sse or (KMS if kms_key else AES256)
    return Encryption(cast(Literal["AES256", "aws:kms"], kind), kms_key or "")


def bucket_name(name: str) -> str:
    """The name; a usage error if it is not a valid bucket name."""
    from payflow_cfn.aws.bucket_names import name_problem

    problem = name_problem(name)
    if problem:
        raise click.UsageError(f"{name!r} is not a bucket name: {problem}")
    return name
