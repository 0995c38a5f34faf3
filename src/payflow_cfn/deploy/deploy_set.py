"""Deploy or plan a set: prepare it, publish it, open a change set, explain it, execute and follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.client_types import CloudFormationClient, S3Client
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import Clients, Deployment, OnEvent, Pace, Request, open_change_set
from payflow_cfn.deploy.cloudformation.events import Explained, ignore
from payflow_cfn.deploy.prepare import prepare
from payflow_cfn.deploy.preview import Preview, preview_change, preview_proposal, refuse_losses
from payflow_cfn.deploy.publish.destination import Encryption
from payflow_cfn.deploy.publish.publish import package_set
from payflow_cfn.errors import BusyError
from payflow_cfn.former import as_set


def deploy_set(
    cloudformation: CloudFormationClient,
    s3: S3Client,
    templates: TemplateSet | Settings,
    *,
    bucket: str,
    parameters: Mapping[str, str],
    prefix: str = "payflow",
    on_event: OnEvent = ignore,
    tags: Mapping[str, str] | None = None,
    confirm: Callable[[Preview], bool] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options = DEFAULTS,
    clients: Clients | None = None,
    pace: Pace | None = None,
) -> Deployment:
    """Deploy the set as the stack payflow-{Environment}; its artifacts and templates go to `bucket`.

    `sse` is how objects in the bucket are encrypted, `expected_owner` the account that it has to belong to; the rest is
    as in `deploy`. Raises what `deploy`, `package_set` and, before anything is sent, `guard_production` raise, and a
    SettingsError for a parameter that the set does not have or a value that it refuses.
    """
    request = publish_request(
        cloudformation,
        s3,
        as_set(templates),
        bucket=bucket,
        parameters=parameters,
        prefix=prefix,
        tags=tags,
        sse=sse,
        expected_owner=expected_owner,
        options=options,
    )
    return deploy(cloudformation, request, clients=clients, confirm=confirm, on_event=on_event, pace=pace)


def plan_set(
    cloudformation: CloudFormationClient,
    s3: S3Client,
    templates: TemplateSet | Settings,
    *,
    bucket: str,
    parameters: Mapping[str, str],
    prefix: str = "payflow",
    tags: Mapping[str, str] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options = DEFAULTS,
    clients: Clients | None = None,
    keep: bool = False,
    on_event: OnEvent = ignore,
) -> Preview:
    """What `deploy_set` with the same arguments would do; templates go to `bucket`, nothing is executed.

    The change set is taken back, unless `keep` leaves it for `deploy_planned`; what cannot be taken back is a
    LeftBehind event. Raises what `deploy_set` raises up to the change set. A loss that `refuse_losses` would stop is
    part of the preview, not an error.
    """
    request = publish_request(
        cloudformation,
        s3,
        as_set(templates),
        bucket=bucket,
        parameters=parameters,
        prefix=prefix,
        tags=tags,
        sse=sse,
        expected_owner=expected_owner,
        options=options,
        code=False,
    )
    return preview_change(cloudformation, request, clients=clients, keep=keep, on_event=on_event)


def publish_request(
    cloudformation: CloudFormationClient,
    s3: S3Client,
    templates: TemplateSet,
    *,
    bucket: str,
    parameters: Mapping[str, str],
    prefix: str = "payflow",
    tags: Mapping[str, str] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options = DEFAULTS,
    code: bool = True,
) -> Request:
    """Check the set, put it into the bucket, and return the request for a change set with the locations there.

    Without `code` only the templates, which are all that a change set reads. Raises what `prepare` and `package_set`
    raise.
    """
    made = prepare(cloudformation, templates, parameters, options, tags=tags)
    region = cloudformation.meta.region_name
    published = package_set(
        s3, templates, bucket=bucket, region=region, prefix=prefix, sse=sse, expected_owner=expected_owner, code=code
    )
    root = replace(made.root, sent={"TemplateURL": published.root_url})
    return replace(made, root=root, rendered=published.rendered)


def deploy(
    cloudformation: CloudFormationClient,
    request: Request,
    *,
    clients: Clients | None = None,
    confirm: Callable[[Preview], bool] | None = None,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Deployment:
    """Create or update the stack and everything nested in it, and return its outputs.

    Every declared parameter is sent with a value: the given one, or the template's default. `clients` makes a client
    from a service's name: with it, a first deploy stops if names are taken, and an update looks for the files that only
    a rollback would read. An update is explained before it is executed; a first deploy only with `confirm`, which gets
    the explanation and returns whether to go on. `pace` is how to wait.

    DeployError when AWS refuses or rolls back (`data["diagnosis"]`) or data would be lost. BusyError while another
    operation runs. UnknownOutcomeError when credentials or network are lost while AWS goes on, or when Ctrl-C comes
    during the call that executes: call `resume` then.
    """
    pace = pace or Pace()
    until = pace.clock() + request.options.wait_when_busy
    while True:
        try:
            with open_change_set(
                cloudformation, request, clients=clients, until=until, on_event=on_event, pace=pace
            ) as change_set:
                if change_set.is_empty:
                    return change_set.leave()
                if change_set.kind == "UPDATE" or confirm:
                    seen = preview_proposal(cloudformation, change_set.propose(), request, clients=clients)
                    on_event(Explained(seen))
                    refuse_losses(seen, allowed=request.options.allow_replace)
                    if confirm and not confirm(seen):
                        return change_set.leave(declined=True)
                elif on_event is not ignore:
                    change_set.propose()
                change_set.execute()
            return change_set.follow()
        except BusyError:
            # Another run has changed the stack: our change set was made for its earlier state.
            if pace.clock() >= until:
                raise
            pace.sleep(pace.first)
