"""The preview of a deploy to one environment: compare the deployed templates with the new ones, read a change set."""

from __future__ import annotations

from dataclasses import replace

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.values import HIDDEN
from payflow_cfn.aws.worlds import pseudo_parameters
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Clients, Deployed, OnEvent, Pace, Proposal, read_deployed
from payflow_cfn.deploy.changeset.propose import open_change_set
from payflow_cfn.deploy.cloudformation.events import ignore
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import Stack
from payflow_cfn.deploy.preview.merge import Preview, preview, unchanged
from payflow_cfn.deploy.preview.rollback import rollback_problems
from payflow_cfn.deploy.preview.stack_settings import guards, sent_settings
from payflow_cfn.diff import EMPTY, Change, diff_sets


def preview_change(
    cloudformation: CloudFormationClient,
    request: Request,
    *,
    clients: Clients | None = None,
    keep: bool = False,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Preview:
    """What a deploy of `request` would do; nothing is executed, and the change set is taken back, or `keep` leaves it.

    `clients` makes a client from a service's name: with it, the preview of a first deploy fails if names are taken.
    Raises what `open_change_set` and `diff_sets` raise.
    """
    # A plan does not wait for another operation and never deletes a failed stack.
    asked = request.options
    short = Options(role_arn=asked.role_arn, revert_drift=asked.revert_drift)
    sent = replace(request, options=replace(asked, recreate=False) if keep else short)
    with open_change_set(
        cloudformation, sent, clients=clients, planned=keep, on_event=on_event, pace=pace or Pace()
    ) as change_set:
        if change_set.before is not None and change_set.is_empty:
            return _without_changes(cloudformation, change_set.before, request, change_set.notes)
        found = preview_proposal(cloudformation, change_set.propose(), request, clients=clients)
        if keep:
            change_set.keep()
        return found


def _without_changes(
    cloudformation: CloudFormationClient, stack: Stack, request: Request, notes: tuple[str, ...]
) -> Preview:
    """The preview where CloudFormation finds nothing to do: a deploy puts missing guards on, and sends nothing else."""
    found, more = guards(cloudformation, stack, request)
    left = [f"{each.name} stays: it is sent with another change only" for each in sent_settings(stack, request)]
    empty = unchanged(request.stack_name, notes=(*notes, *more, *left))
    return replace(empty, changes=found, changed=bool(found))


def preview_proposal(
    cloudformation: CloudFormationClient, proposal: Proposal, request: Request, *, clients: Clients | None = None
) -> Preview:
    """A proposal merged with the comparison of the templates; without a set, the change set alone.

    Reads the deployed templates of an update: two requests a stack. With `clients`, it also looks for the files that
    only a rollback would read: a request a file.
    """
    if not request.rendered:
        return preview([], proposal)
    deployed = read_deployed(cloudformation, stack_name=request.stack_name) if proposal.kind == "UPDATE" else None
    changes = _compared(cloudformation, deployed, request, proposal.stack_id)
    if deployed is None:
        return preview(changes, proposal)
    guarded, notes = guards(cloudformation, deployed.root, request)
    proposal = replace(proposal, notes=(*proposal.notes, *notes))
    found = preview([*sent_settings(deployed.root, request), *guarded, *changes], proposal)
    if clients is None:
        return found
    return replace(found, rollback=rollback_problems(clients("s3"), deployed.source, request.rendered))


def _compared(
    cloudformation: CloudFormationClient, deployed: Deployed | None, request: Request, stack_id: str
) -> list[Change]:
    """The changes between the deployed templates with their values and the new ones with the values to be sent."""
    region = cloudformation.meta.region_name
    pseudo = pseudo_parameters(region, stack_id)
    if deployed is None:
        return diff_sets(EMPTY, request.rendered, new_parameters=request.parameters, pseudo=pseudo, region=region)
    old = deployed.root.parameters
    return diff_sets(
        deployed.source,
        request.rendered,
        old_parameters=old,
        # A secret without a new value keeps its deployed value, which CloudFormation does not show.
        new_parameters={**{name: value for name, value in old.items() if value == HIDDEN}, **request.parameters},
        pseudo=pseudo,
        region=region,
    )
