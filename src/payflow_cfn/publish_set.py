"""From settings to a set in a bucket; what it takes to deploy one is not imported for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from payflow_cfn.ahead import begun
from payflow_cfn.bucket import endpoint_of
from payflow_cfn.package import Artifact, PendingArtifact
from payflow_cfn.publish import Encryption, Published, Stored, publish
from payflow_cfn.regions import require_features
from payflow_cfn.settings import Settings


class MadeSet(NamedTuple):
    """A rendered set, {file name: text}, and the artifacts that it refers to."""

    rendered: Mapping[str, str]
    artifacts: Sequence[PendingArtifact]


@contextmanager
def set_ahead(settings: Settings) -> Iterator[Callable[[], MadeSet]]:
    """Inside the block, what gives the set of `settings`: another process renders it, and then builds the zips.

    A client takes longer to make than both: the zips are ready when the bucket has said whether it lacks them.
    """
    with begun(lambda: _rendered(settings), lambda: _built(settings)) as (rendered, built):

        def artifact(name: str, identity: str) -> PendingArtifact:
            return PendingArtifact(name, identity, lambda: built()[name])

        def made() -> MadeSet:
            templates, identities = rendered()
            return MadeSet(templates, [artifact(*each) for each in identities.items()])

        yield made


def _rendered(settings: Settings) -> tuple[Mapping[str, str], Mapping[str, str]]:
    from payflow_cfn.pending import set_artifacts
    from payflow_cfn.template_set import render_set, templates_of

    return templates_of(render_set(settings)), {each.name: each.identity for each in set_artifacts(settings)}


def _built(settings: Settings) -> Mapping[str, Artifact]:
    from payflow_cfn.pending import set_artifacts

    return {each.name: each.build() for each in set_artifacts(settings)}


def publish_set(
    s3: Any,
    made: MadeSet,
    *,
    bucket: str,
    prefix: str,
    region: str,
    sse: Encryption | None = None,
    expected_owner: str = "",
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Put a set and its artifacts into `bucket`; what is there already is not sent again.

    `expected_owner` is the account id that the bucket has to belong to (empty: any). SettingsError, before anything is
    sent, when the set uses what `region` lacks.
    """
    require_features(made.rendered, region)
    return publish(
        s3,
        bucket=bucket,
        prefix=prefix,
        rendered=made.rendered,
        artifacts=made.artifacts,
        region=region,
        sse=sse,
        expected_owner=expected_owner,
        endpoint=endpoint_of(s3),
        on_event=on_event,
    )
