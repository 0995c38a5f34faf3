"""A preview of one environment: what is deployed beside what would be, and the change set between the two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payflow_cfn.aws.s3_urls import url_suffix
from payflow_cfn.aws.values import HIDDEN
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Clients, OnEvent, Pace, Proposal, read_deployed
from payflow_cfn.deploy.changeset.propose import open_change_set
from payflow_cfn.deploy.cloudformation.events import ignore
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.preview.merge import Preview, preview, unchanged
from payflow_cfn.diff import EMPTY, Change, diff_sets

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def preview_change(
    cloudformation: CloudFormationClient,
    request: Request,
    *,
    clients: Clients | None = None,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Preview:
    """What a deploy of `request` would do; nothing is executed, and the change set is taken back.

    `clients` makes a client from a service's name: with it, a first deploy stops before names that are taken. Raises
    what `open_change_set` and `diff_sets` raise.
    """
    # A plan waits for no other operation and never deletes a stack that failed.
    request = replace(request, options=Options(role_arn=request.options.role_arn))
    with open_change_set(
        cloudformation, request, clients=clients, on_event=on_event, pace=pace or Pace()
    ) as change_set:
        if change_set.is_empty:
            return unchanged(request.stack_name)
        return explained(cloudformation, change_set.propose(), request)


def explained(cloudformation: CloudFormationClient, proposal: Proposal, request: Request) -> Preview:
    """A proposal joined with what the templates of its request say; without a set, the change set alone.

    Reads the deployed templates of an update: two requests a stack.
    """
    return preview(_compared(cloudformation, proposal, request) if request.rendered else [], proposal)


def _compared(cloudformation: CloudFormationClient, proposal: Proposal, request: Request) -> list[Change]:
    """What the templates alone say: the deployed ones with their values, and the new ones with those to be sent."""
    region = cloudformation.meta.region_name
    pseudo = {"AWS::Region": region, "AWS::URLSuffix": url_suffix(region)}
    if proposal.kind == "CREATE":
        return diff_sets(EMPTY, request.rendered, new_parameters=request.parameters, pseudo=pseudo, region=region)
    deployed = read_deployed(cloudformation, stack_name=request.stack_name)
    old = deployed.root.parameters
    return diff_sets(
        deployed.source,
        request.rendered,
        old_parameters=old,
        # A secret that nobody gives keeps its deployed value, which CloudFormation does not tell.
        new_parameters={**{name: value for name, value in old.items() if value == HIDDEN}, **request.parameters},
        pseudo=pseudo,
        region=region,
    )
