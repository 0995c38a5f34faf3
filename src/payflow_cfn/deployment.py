"""From a set to a running stack: publish, plan or deploy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.deploy import Clients, Deployment, OnEvent, Pace, Proposal, deploy
from payflow_cfn.deploy.events import ignore
from payflow_cfn.destination import Encryption
from payflow_cfn.former import as_set
from payflow_cfn.options import DEFAULTS, Options
from payflow_cfn.prepare import ROOT_FILE, preflight, prepare
from payflow_cfn.preview import OnLeft, Preview, explained, preview_set, refuse_losses
from payflow_cfn.publish_set import package_set
from payflow_cfn.settings import Settings
from payflow_cfn.template_set import TemplateSet


def deploy_set(
    cloudformation: Any,
    s3: Any,
    templates: TemplateSet | Settings,
    *,
    bucket: str,
    parameters: Mapping[str, str],
    prefix: str = "payflow",
    on_event: OnEvent = ignore,
    tags: Mapping[str, str] | None = None,
    on_preview: Callable[[Preview], None] | None = None,
    confirm: Callable[[Proposal], bool] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options = DEFAULTS,
    clients: Clients | None = None,
    before_execute: Callable[[], None] | None = None,
    pace: Pace | None = None,
) -> Deployment:
    """Deploy the set as the stack payflow-{Environment}; its artifacts and templates go to `bucket`.

    `on_preview` sees what an update would do, by the templates and by CloudFormation, and what a first deploy would do
    where `confirm` is given, which says whether to go on. `sse` is how objects in the bucket are encrypted,
    `expected_owner` the account that it has to belong to. `clients` makes a client from a service's name: with it, a
    first deploy stops before names that are taken. `before_execute` is called when nothing but the execution is left to
    do, and may raise; `pace` is how to wait. Raises what `deploy` and `publish` raise, the DeployError of
    `refuse_losses`, and before anything is sent a SettingsError for a parameter that the set has not or a value that it
    refuses, and that of `guard_production`.
    """
    templates = as_set(templates)
    made = prepare(cloudformation, templates, parameters, options, tags=tags)
    region = cloudformation.meta.region_name
    published = package_set(
        s3, templates, bucket=bucket, region=region, prefix=prefix, sse=sse, expected_owner=expected_owner
    )

    def agreed(proposal: Proposal) -> bool:
        if proposal.kind == "UPDATE" or confirm:
            seen = explained(cloudformation, proposal, rendered=published.rendered, parameters=made.values)
            if on_preview:
                on_preview(seen)
            refuse_losses(seen, allowed=options.allow_replace)
        if confirm and not confirm(proposal):
            return False
        if before_execute:
            before_execute()
        return True

    return deploy(
        cloudformation,
        stack_name=made.stack_name,
        root_template=published.root_url,
        root_text=published.rendered[ROOT_FILE],
        templates=tuple(published.rendered.values()),
        parameters=made.values,
        tags=tags,
        before_create=preflight(clients, parameters["Environment"], made, on_event) if clients else None,
        confirm=agreed,
        on_event=on_event,
        options=options,
        pace=pace,
    )


def plan_set(
    cloudformation: Any,
    s3: Any,
    templates: TemplateSet | Settings,
    *,
    bucket: str,
    parameters: Mapping[str, str],
    prefix: str = "payflow",
    on_left: OnLeft,
    tags: Mapping[str, str] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options = DEFAULTS,
    clients: Clients | None = None,
    on_event: OnEvent = ignore,
) -> Preview:
    """What `deploy_set` with the same arguments would do; templates and artifacts go to `bucket`, nothing is executed.

    The change set is taken away again; what could not be is told to `on_left`. Raises what `deploy_set` raises up to
    the change set, except for what `refuse_losses` would stop: that is in the preview.
    """
    templates = as_set(templates)
    made = prepare(cloudformation, templates, parameters, options, tags=tags)
    region = cloudformation.meta.region_name
    published = package_set(
        s3, templates, bucket=bucket, region=region, prefix=prefix, sse=sse, expected_owner=expected_owner
    )
    return preview_set(
        cloudformation,
        published,
        parameters=made.values,
        on_left=on_left,
        tags=tags,
        role_arn=options.role_arn,
        before_create=preflight(clients, parameters["Environment"], made, on_event) if clients else None,
    )
