"""Read the sources and pins of both artifacts without building or verifying them, which is enough to render."""

from __future__ import annotations

from collections.abc import Iterable

from payflow_cfn.artifacts.dependencies import Pin, vendored_pins
from payflow_cfn.artifacts.digest import Sources, artifact_identity
from payflow_cfn.artifacts.folders import SHARED, read_package
from payflow_cfn.artifacts.manifest import Inputs

FUNCTIONS = ("validation", "processing")


def artifact_sources(folder: str | None = None) -> dict[str, Sources]:
    """The sources of each artifact by name; `folder` holds the packages, the shipped ones by default."""
    shared = read_package(SHARED, folder=folder)
    return {function: {**shared, **read_package(function, folder=folder)} for function in FUNCTIONS}


def artifact_pins(sdks: Iterable[str] = ()) -> dict[str, tuple[Pin, ...]]:
    """The pinned distributions of each artifact by name; a gateway's library only with its setting."""
    return {function: vendored_pins(sdks if function == "processing" else ()) for function in FUNCTIONS}


def artifact_inputs(
    *, runtime: str = "python3.11", architecture: str = "x86_64", sdks: Iterable[str] = (), folder: str | None = None
) -> tuple[Inputs, ...]:
    """Name, identity, sources and pins of each artifact; `folder` holds the sources, the shipped ones by default."""
    pins = artifact_pins(sdks)
    return tuple(
        inputs_of(name, sources, pins[name], runtime=runtime, architecture=architecture)
        for name, sources in artifact_sources(folder).items()
    )


def inputs_of(name: str, sources: Sources, pins: tuple[Pin, ...], *, runtime: str, architecture: str) -> Inputs:
    """The inputs of one artifact, as the manifest lists them."""
    identity = artifact_identity(name, sources, runtime=runtime, architecture=architecture, pins=pins)
    return Inputs(name, identity, len(sources), sum(map(len, sources.values())), pins)
