"""A template set in a bucket; what it takes to deploy one is not imported for it."""

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
    """Inside the block, what gives a set and its artifacts: another process loads it, and then makes the zips.

    A client takes longer to make than both: the zips are ready when the bucket has said whether it lacks them.
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
    """Put a set and its artifacts into a bucket; what is there already is not sent again.

    `sse` is how objects are encrypted, `expected_owner` the account that the bucket has to belong to, `artifacts` are
    the set's where they are at hand. SettingsError, before anything is sent, when the set uses what the region lacks.
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
