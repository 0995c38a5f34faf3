"""From settings to a running stack: render, publish, deploy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.bucket import endpoint_of
from payflow_cfn.deploy import Deployment, OnEvent, Proposal, deploy
from payflow_cfn.names import ROOT_STACK
from payflow_cfn.publish import Encryption, Published, Stored, publish
from payflow_cfn.regions import require_features
from payflow_cfn.settings import Settings
from payflow_cfn.template_set import set_artifacts, template_set, templates_of


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
    confirm: Callable[[Proposal], bool] | None = None,
    sse: Encryption | None = None,
    expected_owner: str = "",
) -> Deployment:
    """Deploy the set of `settings` as the stack payflow-{Environment}; its artifacts and templates go to `bucket`.

    `confirm` sees what would change and says whether to go on; `sse` is how objects in the bucket are encrypted,
    `expected_owner` the account that it has to belong to.
    """
    published = publish_set(
        s3,
        settings,
        bucket=bucket,
        prefix=prefix,
        region=cloudformation.meta.region_name,
        sse=sse,
        expected_owner=expected_owner,
    )
    return deploy(
        cloudformation,
        stack_name=ROOT_STACK.text(parameters["Environment"]),
        root_template=published.root_url,
        templates=tuple(published.rendered.values()),
        parameters=parameters,
        tags=tags,
        confirm=confirm,
        on_event=on_event,
    )
