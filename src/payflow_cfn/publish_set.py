"""From settings to a set in a bucket; what it takes to deploy one is not imported for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from payflow_cfn.destination import Destination, Published
from payflow_cfn.package import Artifact, PendingArtifact, unchanged
from payflow_cfn.processes import begun
from payflow_cfn.publish import Stored, publish
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
            return PendingArtifact(name, identity, lambda: unchanged(built()[name], identity))

        def made() -> MadeSet:
            templates, identities = rendered()
            return MadeSet(templates, [artifact(*each) for each in identities.items()])

        yield made


def _rendered(settings: Settings) -> tuple[Mapping[str, str], Mapping[str, str]]:
    from payflow_cfn.artifacts import FUNCTIONS
    from payflow_cfn.manifest import MANIFEST, parse_manifest
    from payflow_cfn.template_set import render_set, templates_of

    files = render_set(settings)
    identities = parse_manifest(files[MANIFEST]).artifacts  # those that the templates were rendered with
    return templates_of(files), {name: identities[name] for name in FUNCTIONS}


def _built(settings: Settings) -> Mapping[str, Artifact]:
    from payflow_cfn.pending import set_artifacts

    return {each.name: each.build() for each in set_artifacts(settings)}


def publish_set(
    s3: Any,
    made: MadeSet,
    to: Destination,
    *,
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Put a set and its artifacts where they go; what is there already is not sent again.

    SettingsError, before anything is sent, when the set uses what the region lacks.
    """
    require_features(made.rendered, to.region)
    return publish(s3, to, rendered=made.rendered, artifacts=made.artifacts, on_event=on_event)
