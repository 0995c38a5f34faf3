"""From settings to a running stack: render, publish, deploy; and the same as lines for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.bucket import endpoint_of
from payflow_cfn.deploy import Clients, Deployment, OnEvent, Proposal, deploy, deploy_commands, find_collisions
from payflow_cfn.deploy.changeset import unique_name
from payflow_cfn.deploy.events import NamesUnchecked
from payflow_cfn.deploy.faults import refusal
from payflow_cfn.deploy.stack import Stack, find_stack
from payflow_cfn.deploy.states import rule_for
from payflow_cfn.deploy.template import RootTemplate, dropped_names, needed_capabilities, parameter_list, parse_root
from payflow_cfn.names import ALL_NAMES, ROOT_STACK
from payflow_cfn.options import Options
from payflow_cfn.preview import OnLeft, Preview, explained, preview_set, refuse_losses
from payflow_cfn.production import guard_production
from payflow_cfn.publish import Encryption, Published, Stored, located_set, publish
from payflow_cfn.regions import require_features
from payflow_cfn.settings import Settings
from payflow_cfn.template_set import set_artifacts, template_set, templates_of

ROOT_FILE = "root.json"


def publish_set(
    s3: Any,
    settings: Settings,
    *,
    bucket: str,
    prefix: str,
    region: str,
    sse: Encryption | None = None,
    expected_owner: str = "",
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Put the set of `settings` and its artifacts into `bucket`; what is there already is not sent again.

    `expected_owner` is the account id that the bucket has to belong to (empty: any). SettingsError, before anything is
    sent, when the set uses what `region` lacks.
    """
    rendered = templates_of(template_set(settings))
    require_features(rendered, region)
    return publish(
        s3,
        bucket=bucket,
        prefix=prefix,
        rendered=rendered,
        artifacts=set_artifacts(settings),
        region=region,
        sse=sse,
        expected_owner=expected_owner,
        endpoint=endpoint_of(s3),
        on_event=on_event,
    )


def deploy_set(
    cloudformation: Any,
    s3: Any,
    settings: Settings,
    *,
    bucket: str,
    prefix: str,
    parameters: Mapping[str, str],
    on_event: OnEvent,
    tags: Mapping[str, str] | None = None,
    on_preview: Callable[[Preview], None] | None = None,
    confirm: Callable[[Proposal], bool] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options | None = None,
    clients: Clients | None = None,
) -> Deployment:
    """Deploy the set of `settings` as the stack payflow-{Environment}; its artifacts and templates go to `bucket`.

    `on_preview` sees what an update would do, by the templates and by CloudFormation, and what a first deploy would do
    where `confirm` is given, which says whether to go on. `sse` is how objects in the bucket are encrypted,
    `expected_owner` the account that it has to belong to. `clients` makes a client from a service's name: with it, a
    first deploy stops before names that are taken. Raises what `deploy` and `publish` raise, the DeployError of
    `refuse_losses`, and before anything is sent a DeployError for a parameter that the set has not, and the
    SettingsError of `guard_production`.
    """
    wanted = options or Options()
    rendered = templates_of(template_set(settings))
    environment = parameters["Environment"]
    stack_name = ROOT_STACK.text(environment)
    root = parse_root(rendered[ROOT_FILE])
    values = _checked(cloudformation, root, parameters, wanted, stack_name=stack_name)
    require_features(rendered, cloudformation.meta.region_name)
    published = publish(
        s3,
        bucket=bucket,
        prefix=prefix,
        rendered=rendered,
        artifacts=set_artifacts(settings),
        region=cloudformation.meta.region_name,
        endpoint=endpoint_of(s3),
        sse=sse,
        expected_owner=expected_owner,
    )

    def agreed(proposal: Proposal) -> bool:
        if proposal.kind == "UPDATE" or confirm:
            seen = explained(cloudformation, proposal, rendered=published.rendered, parameters=values)
            if on_preview:
                on_preview(seen)
            refuse_losses(seen, allowed=wanted.allow_replace)
        return confirm is None or confirm(proposal)

    return deploy(
        cloudformation,
        stack_name=stack_name,
        root_template=published.root_url,
        root_text=published.rendered[ROOT_FILE],
        templates=tuple(published.rendered.values()),
        parameters=values,
        tags=tags,
        before_create=_preflight(clients, environment, stack_name, rendered, on_event) if clients else None,
        confirm=agreed,
        on_event=on_event,
        role_arn=wanted.role_arn,
        notification_arns=wanted.notification_arns,
        rollback_alarms=wanted.rollback_alarms,
        monitoring_minutes=wanted.monitoring_minutes,
        termination_protection=wanted.termination_protection,
        protect_stateful=wanted.protect_stateful,
        allow_replace=wanted.allow_replace,
        recreate=wanted.recreate,
        wait_when_busy=wanted.wait_when_busy,
    )


def plan_set(
    cloudformation: Any,
    s3: Any,
    settings: Settings,
    *,
    bucket: str,
    prefix: str,
    parameters: Mapping[str, str],
    on_left: OnLeft,
    tags: Mapping[str, str] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
    options: Options | None = None,
) -> Preview:
    """What `deploy_set` with the same arguments would do; templates and artifacts go to `bucket`, nothing is executed.

    The change set is taken away again; what could not be is told to `on_left`. Raises what `deploy_set` raises up to
    the change set, except for what `refuse_losses` would stop: that is in the preview.
    """
    wanted = options or Options()
    rendered = templates_of(template_set(settings))
    stack_name = ROOT_STACK.text(parameters["Environment"])
    values = _checked(cloudformation, parse_root(rendered[ROOT_FILE]), parameters, wanted, stack_name=stack_name)
    region = cloudformation.meta.region_name
    published = publish_set(
        s3, settings, bucket=bucket, prefix=prefix, region=region, sse=sse, expected_owner=expected_owner
    )
    return preview_set(
        cloudformation, published, parameters=values, on_left=on_left, tags=tags, role_arn=wanted.role_arn
    )


def deploy_lines(
    cloudformation: Any,
    s3: Any,
    settings: Settings,
    *,
    bucket: str,
    prefix: str,
    parameters: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
    options: Options | None = None,
    sse: Encryption | None = None,
) -> tuple[str, ...]:
    """The lines for a POSIX shell that do what `deploy_set` would: our own packaging, then the AWS CLI.

    One request, which reads the stack: the lines of a first deploy differ from those of an update.
    """
    wanted = options or Options()
    region, stack_name = cloudformation.meta.region_name, ROOT_STACK.text(parameters["Environment"])
    rendered = templates_of(template_set(settings))
    root = parse_root(rendered[ROOT_FILE])
    require_features(rendered, region)
    stack = _found(cloudformation, stack_name)
    values = _checked(cloudformation, root, parameters, wanted, stack_name=stack_name)
    sent, _ = parameter_list(root, values, stack=stack)
    place = located_set(
        bucket=bucket,
        prefix=prefix,
        rendered=rendered,
        artifacts=set_artifacts(settings),
        region=region,
        endpoint=endpoint_of(s3),
    )
    where = ["--env", parameters["Environment"], "--bucket", bucket, "--prefix", prefix, "--region", region]
    where += ["--kms-key", sse.key] if sse and sse.key else []
    lines = deploy_commands(
        stack_name=stack_name,
        template=place.root_url,
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in sent},
        capabilities=needed_capabilities(root, rendered.values()),
        tags=tags,
        role_arn=wanted.role_arn,
        notification_arns=wanted.notification_arns,
        rollback_alarms=wanted.rollback_alarms,
        monitoring_minutes=wanted.monitoring_minutes,
        termination_protection=wanted.termination_protection,
        protect_stateful=wanted.protect_stateful,
        allow_replace=wanted.allow_replace,
        region=region,
        create=rule_for(stack.status if stack else None).deploy == "create",
        change_set=unique_name(),
    )
    return (shlex.join(["payflow", "package", *where]), *lines)


def _checked(
    cloudformation: Any, root: RootTemplate, parameters: Mapping[str, str], options: Options, *, stack_name: str
) -> Mapping[str, str]:
    """The values to send; raises for a name that neither the template nor the stack has, and where the guard does."""
    if not set(parameters) <= set(root.parameters):
        stack = _found(cloudformation, stack_name)
        dropped_names(root, parameters, stack.parameters if stack else {})
    if not options.production:
        return parameters
    return guard_production(root, parameters, allow_simulated_gateway=options.allow_simulated_gateway)


def _preflight(
    clients: Clients, environment: str, stack_name: str, rendered: Mapping[str, str], on_event: OnEvent
) -> Callable[[], None]:
    def look() -> None:
        # A set makes no alias for a key that is given.
        made = {key: each for key, each in ALL_NAMES.items() if any(each.sub() in text for text in rendered.values())}
        try:
            found = find_collisions(clients, environment=environment, stack_name=stack_name, names=made)
        except Exception as error:
            raise refusal(error, "looking up the names", stack_name=stack_name) from error
        if found.unchecked:
            on_event(NamesUnchecked(stack_name, found.unchecked))
        found.require_free(environment=environment)

    return look


def _found(cloudformation: Any, stack_name: str) -> Stack | None:
    try:
        return find_stack(cloudformation, stack_name)
    except Exception as error:
        raise refusal(error, "reading", stack_name=stack_name) from error
