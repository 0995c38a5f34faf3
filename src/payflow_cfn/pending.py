"""The artifacts that a set refers to, each built when asked for: read from the disk, verified, checked, zipped."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Sequence

from payflow_cfn.artifacts import artifact_inputs
from payflow_cfn.disk import as_text, read_bytes
from payflow_cfn.errors import PackageError
from payflow_cfn.files import read_sources
from payflow_cfn.identity import LIMIT_UNZIPPED, Sources
from payflow_cfn.manifest import Inputs
from payflow_cfn.package import Artifact, PendingArtifact, package_function, unchanged
from payflow_cfn.settings import Settings
from payflow_cfn.vendored import CORE, Pin, verified_files


def set_artifacts(settings: Settings) -> tuple[PendingArtifact, ...]:
    """The artifacts that the set refers to, each built when asked for."""
    return pending_artifacts(runtime=settings.runtime, architecture=settings.architecture, sdks=settings.sdks)


def pending_artifacts(
    *, runtime: str = "python3.11", architecture: str = "x86_64", sdks: Iterable[str] = (), folder: str | None = None
) -> tuple[PendingArtifact, ...]:
    """The two artifacts, each with its identity and a `build` that reads, verifies, checks and zips when called."""
    return tuple(
        PendingArtifact(
            each.name,
            each.identity,
            functools.partial(_build, each, runtime=runtime, architecture=architecture, folder=folder),
        )
        for each in artifact_inputs(runtime=runtime, architecture=architecture, sdks=sdks, folder=folder)
    )


def _build(inputs: Inputs, *, runtime: str, architecture: str, folder: str | None) -> Artifact:
    artifact = package_function(
        inputs.name,
        read_sources(inputs.name, folder=folder),
        vendored=read_vendored(inputs.pins),
        runtime=runtime,
        architecture=architecture,
        pins=inputs.pins,
    )
    return unchanged(artifact, inputs.identity)


def read_vendored(pins: Sequence[Pin] = CORE, *, search: Sequence[str] | None = None) -> Sources:
    """The verified files of the pinned distributions, which are looked for in `search` (`sys.path` by default)."""
    files: dict[str, bytes] = {}
    for pin in pins:
        top = _installation(pin, sys.path if search is None else search)
        record = f"{pin.folder}/RECORD"
        read = functools.partial(_read_below, top)
        files.update(verified_files(pin, as_text(record, read(record)), read))
    return files


def _read_below(top: str, path: str) -> bytes:
    return read_bytes(os.path.join(top, path), limit=LIMIT_UNZIPPED)


def _installation(pin: Pin, search: Iterable[str]) -> str:
    for folder in search:
        if os.path.isfile(os.path.join(folder, pin.folder, "RECORD")):
            return folder
    raise PackageError(
        f"{pin.name} {pin.version} is not installed, and it goes into the artifacts",
        remedy=f"pip install {pin.name}=={pin.version}",
        distribution=pin.name,
    )
