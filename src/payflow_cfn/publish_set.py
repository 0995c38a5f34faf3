"""From settings to a set in a bucket; what it takes to deploy one is not imported for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.bucket import endpoint_of
from payflow_cfn.pending import set_artifacts
from payflow_cfn.publish import Encryption, Published, Stored, publish
from payflow_cfn.regions import require_features
from payflow_cfn.settings import Settings
from payflow_cfn.template_set import render_set, templates_of


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
    rendered = templates_of(render_set(settings))
    require_features(rendered, region)
    return publish_rendered(
        s3,
        settings,
        rendered,
        bucket=bucket,
        prefix=prefix,
        region=region,
        sse=sse,
        expected_owner=expected_owner,
        on_event=on_event,
    )


def publish_rendered(
    s3: Any,
    settings: Settings,
    rendered: Mapping[str, str],
    *,
    bucket: str,
    prefix: str,
    region: str,
    sse: Encryption | None = None,
    expected_owner: str = "",
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """As `publish_set`, of the set of `settings` that is rendered and checked already."""
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
