"""Publish a template set to a bucket, without importing the code that deploys it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.package import Artifact, PendingArtifact, unchanged
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.regions import require_features
from payflow_cfn.deploy.publish.destination import Encryption, Published, destination
from payflow_cfn.deploy.publish.publish import Stored, publish
from payflow_cfn.processes import begun

Made = tuple[TemplateSet, Sequence[PendingArtifact]]


@contextmanager
def set_ahead(load: Callable[[], TemplateSet]) -> Iterator[Callable[[], Made]]:
    """A function that returns the set and its artifacts; another process loads the set and makes the zips meanwhile.

    Making a client takes longer than both, so the zips are ready when the bucket has been listed.
    """
    load = cache(load)
    with begun(load, lambda: _built(load())) as (loaded, built):

        def taken(name: str, identity: str) -> Artifact:
            return unchanged(built()[name], identity)

        def made() -> Made:
            pending = set_artifacts(loaded())
            return loaded(), [replace(each, build=partial(taken, each.name, each.identity)) for each in pending]

        yield made


def _built(templates: TemplateSet) -> Mapping[str, Artifact]:
    return {each.name: each.build() for each in set_artifacts(templates)}


def package_set(
    s3: Any,
    templates: TemplateSet,
    *,
    bucket: str,
    region: str = "",
    prefix: str = "payflow",
    sse: Encryption | None = None,
    expected_owner: str = "",
    artifacts: Sequence[PendingArtifact] | None = None,
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Upload a set and its artifacts to a bucket; objects that it already has are not sent again.

    `sse` is how objects are encrypted, `expected_owner` the account that the bucket has to belong to, `artifacts` are
    the set's, if the caller has them. SettingsError, before anything is sent, when the region lacks a used feature.
    """
    region = region or s3.meta.region_name
    require_features(templates.templates, region)
    to = destination(s3, bucket=bucket, prefix=prefix, region=region, sse=sse, owner=expected_owner)
    return publish(
        s3,
        to,
        rendered=templates.templates,
        artifacts=set_artifacts(templates) if artifacts is None else artifacts,
        on_event=on_event,
    )
