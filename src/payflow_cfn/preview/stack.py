"""A preview of one environment: what is deployed beside what would be, and the change set between the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.deploy import Proposal, look_up_stack, read_deployed
from payflow_cfn.deploy.previewed import OnLeft
from payflow_cfn.deploy.propose import propose
from payflow_cfn.deploy.request import Request
from payflow_cfn.deploy.states import rule_for
from payflow_cfn.deploy.template import needed_capabilities, read_root
from payflow_cfn.deploy.wait import Pace
from payflow_cfn.destination import Published
from payflow_cfn.locations import url_suffix
from payflow_cfn.names import ROOT_STACK
from payflow_cfn.options import Options
from payflow_cfn.plan import EMPTY, Change, diff_sets
from payflow_cfn.plan.values import HIDDEN
from payflow_cfn.preview.joined import Preview, preview, unchanged


def preview_set(
    cloudformation: Any,
    published: Published,
    *,
    parameters: Mapping[str, str],
    on_left: OnLeft,
    tags: Mapping[str, str] | None = None,
    role_arn: str = "",
    before_create: Callable[[], None] | None = None,
    pace: Pace | None = None,
) -> Preview:
    """What a deploy of the published set would do to the stack payflow-{Environment}; nothing is executed.

    The change set is taken away again; what could not be is told to `on_left`. `before_create` is called before a first
    deploy is previewed, and may raise. Raises what `propose` and `plan` raise.
    """
    stack_name = ROOT_STACK.text(parameters["Environment"])
    root = read_root(
        cloudformation, published.root_url, stack_name=stack_name, text=published.rendered.get("root.json", "")
    )
    request = Request(
        stack_name=stack_name,
        root=root,
        parameters=parameters,
        capabilities=needed_capabilities(root, published.rendered.values()),
        tags=tags,
        options=Options(role_arn=role_arn),
        before_create=before_create,
    )
    proposal = propose(cloudformation, request, pace=pace or Pace(), on_left=on_left)
    if proposal is None:
        return unchanged(stack_name)
    return explained(cloudformation, proposal, rendered=published.rendered, parameters=parameters)


def explained(
    cloudformation: Any, proposal: Proposal, *, rendered: Mapping[str, str], parameters: Mapping[str, str]
) -> Preview:
    """A proposal that was already made, joined with what the templates say; for who asks before a deploy.

    `rendered` is the packaged set {file name: text}. Reads the deployed templates: two requests a stack.
    """
    changes = compared(cloudformation, stack_name=proposal.stack_name, rendered=rendered, parameters=parameters)
    return preview(changes, proposal)


def compared(
    cloudformation: Any, *, stack_name: str, rendered: Mapping[str, str], parameters: Mapping[str, str]
) -> list[Change]:
    """What the templates alone say: the deployed ones with their values, and the new ones with those to be sent."""
    stack = look_up_stack(cloudformation, stack_name)
    region = cloudformation.meta.region_name
    pseudo = {"AWS::Region": region, "AWS::URLSuffix": url_suffix(region)}
    if stack is None or rule_for(stack.status).deploy != "update":
        return diff_sets(EMPTY, rendered, new_parameters=parameters, pseudo=pseudo, region=region)
    deployed = read_deployed(cloudformation, stack_name=stack_name)
    old = deployed.root.parameters
    return diff_sets(
        deployed.source,
        rendered,
        old_parameters=old,
        # A secret that nobody gives keeps its deployed value, which CloudFormation does not tell.
        new_parameters={**{name: value for name, value in old.items() if value == HIDDEN}, **parameters},
        pseudo=pseudo,
        region=region,
    )
