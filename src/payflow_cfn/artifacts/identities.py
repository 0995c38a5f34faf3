"""Read the sources and pins of both artifacts without building or verifying them, which is enough to render."""

from __future__ import annotations

from collections.abc import Iterable

from payflow_cfn.artifacts.dependencies import Pin, vendored_pins
from payflow_cfn.artifacts.digest import Sources, artifact_identity
from payflow_cfn.artifacts.folders import SHARED, read_package
from payflow_cfn.artifacts.manifest import Inputs

FUNCTIONS = ("validation", "processing")


def artifact_inputs(
    *, runtime: str = "python3.11", architecture: str = "x86_64", sdks: Iterable[str] = (), folder: str | None = None
) -> tuple[Inputs, ...]:
    """Name, identity, sources and pins of each artifact; `folder` holds the sources, the shipped ones by default."""
    shared = read_package(SHARED, folder=folder)
    return tuple(
        _inputs(
            function,
            {**shared, **read_package(function, folder=folder)},
            runtime=runtime,
            architecture=architecture,
            pins=vendored_pins(sdks if function == "processing" else ()),
        )
        for function in FUNCTIONS
    )


def _inputs(function: str, sources: Sources, *, runtime: str, architecture: str, pins: tuple[Pin, ...]) -> Inputs:
    identity = artifact_identity(function, sources, runtime=runtime, architecture=architecture, pins=pins)
    return Inputs(function, identity, len(sources), sum(map(len, sources.values())), pins)
