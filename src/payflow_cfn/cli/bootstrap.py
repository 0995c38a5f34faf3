"""`bootstrap`, and which bucket the commands use: the one that was named, or the one that `bootstrap` made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import click

from payflow_cfn.cli.prompts import confirmed
from payflow_cfn.cli.shared import environment_option, json_option, print_json, print_outputs, region_option, say

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.deploy.preview import Preview
    from payflow_cfn.deploy.publish.destination import Encryption

AES256, KMS = "AES256", "aws:kms"
sse_option = click.option("--sse", type=click.Choice([AES256, KMS]), help="How S3 encrypts what is put there.")


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
        raise click.UsageError(
            "--bucket is needed, or its value in payflow.toml, or the one that "
            f"`payflow bootstrap --env {here.environment}` makes"
        )
    chosen = found.encryption
    if sse or kms_key:
        chosen = encryption_of(sse, kms_key or (found.key_arn if sse == KMS else None))
    return Storage(bucket_name(found.name), chosen, target.account if owner is None else owner)


def encryption_of(sse: str | None, kms_key: str | None) -> Encryption:
    """What the options say; a key alone means KMS."""
    from payflow_cfn.deploy.publish.destination import Encryption

    if kms_key and sse == AES256:
        raise click.UsageError(f"--kms-key goes with --sse {KMS}")
    kind = sse or (KMS if kms_key else AES256)
    return Encryption(cast(Literal["AES256", "aws:kms"], kind), kms_key or "")


def bucket_name(name: str) -> str:
    """The name, if S3 can have a bucket of it."""
    from payflow_cfn.aws.bucket_names import name_problem

    problem = name_problem(name)
    if problem:
        raise click.UsageError(f"{name!r} is not a bucket name: {problem}")
    return name


@click.command()
@environment_option
@region_option
@click.option("--bucket", help="Name of the bucket (one that CloudFormation makes up by default).")
@click.option(
    "--sse",
    type=click.Choice([KMS, AES256]),
    help=f"{KMS} with a key of the bucket's own (for a new one), or {AES256} with S3's.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the change set is executed.")
@json_option
def bootstrap(
    environment: str, region: str | None, bucket: str | None, sse: str | None, yes: bool, as_json: bool
) -> int:
    """Make the artifact bucket of an environment.

    It is in a small stack of its own, which keeps it for ever.
    """
    from payflow_cfn.cli.progress import progress
    from payflow_cfn.cli.session import place
    from payflow_cfn.deploy import proposal_text
    from payflow_cfn.deploy.bootstrap import Kind
    from payflow_cfn.deploy.bootstrap import bootstrap as make_bucket

    def go_on(seen: Preview) -> bool:
        if seen.proposal.kind == "UPDATE":
            say(proposal_text(seen.proposal), err=True)
        return yes or confirmed("Execute this change set?")

    here = place(environment, region)
    # What it prints is one object and no stream of events, so progress is text either way.
    with progress(as_json=False, again="`payflow bootstrap` again, when that is over, says how it ended") as on_event:
        done = make_bucket(
            here.client("cloudformation"),
            here.project.settings,
            environment=environment,
            bucket_name=bucket_name(bucket) if bucket else "",
            encryption=cast(Kind | None, sse),
            tags=dict(here.target.tags) or None,
            confirm=go_on,
            on_event=on_event,
        )
    said = "declined" if done.declined else "created or changed" if done.changed else "no change"
    if as_json:
        print_json({"result": said, "stack_id": done.stack_id, "outputs": dict(done.outputs)})
    else:
        say(said, err=True)
        print_outputs(done.outputs, as_json=False)
    return 1 if done.declined else 0
