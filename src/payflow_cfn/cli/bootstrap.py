"""`bootstrap`: create the artifact bucket of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from payflow_cfn.cli.prompts import confirmed
from payflow_cfn.cli.shared import environment_option, json_option, print_json, print_outputs, region_option, say
from payflow_cfn.cli.storage_options import AES256, KMS, bucket_name

if TYPE_CHECKING:
    from payflow_cfn.deploy.preview import Preview


@click.command()
@environment_option
@region_option
@click.option("--bucket", help="Name of the bucket (by default, CloudFormation chooses one).")
@click.option(
    "--sse",
    type=click.Choice([KMS, AES256]),
    help=f"{KMS} with a key of its own (for a new bucket), or {AES256} with S3's key.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the change set is executed.")
@json_option
def bootstrap(
    environment: str, region: str | None, bucket: str | None, sse: str | None, yes: bool, as_json: bool
) -> int:
    """Create the artifact bucket of an environment.

    It has a small stack of its own; the bucket stays when that stack is deleted.
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
    # --json prints one object, not a stream of events, so progress is text in any case.
    with progress(as_json=False, again="`payflow bootstrap` again, after that, shows how it ended") as on_event:
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
