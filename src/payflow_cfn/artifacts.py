"""The artifacts from the disk: our sources, the installed distributions that they carry, and what builds them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Sequence

from payflow_cfn.disk import as_text, read_bytes, regular_files
from payflow_cfn.errors import PackageError
from payflow_cfn.files import read_sources
from payflow_cfn.manifest import Inputs
from payflow_cfn.package import LIMIT_UNZIPPED, Artifact, PendingArtifact, Sources, artifact_identity, package_function
from payflow_cfn.vendored import CORE, Pin, vendored_pins, verified_files

FUNCTIONS = ("validation", "processing")


def read_folder(folder: str) -> Sources:
    """All files below `folder`, such as dependencies that pip installed for Lambda; over 250 MB is a PackageError."""
    found = tuple(regular_files(folder))
    total = sum(size for _, size in found)
    if total > LIMIT_UNZIPPED:
        raise PackageError(
            f"{folder} has {total} bytes, Lambda allows {LIMIT_UNZIPPED} unzipped",
            remedy="leave out what the function does not import",
            size=total,
            limit=LIMIT_UNZIPPED,
        )
    return {path: read_bytes(os.path.join(folder, path), limit=LIMIT_UNZIPPED) for path, _ in found}


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


def artifact_inputs(
    *, runtime: str = "python3.11", architecture: str = "x86_64", stripe: bool = False, folder: str | None = None
) -> tuple[Inputs, ...]:
    """What the two artifacts are made of, without building or verifying anything: enough to render."""
    return tuple(
        _inputs(function, read_sources(function, folder=folder), runtime, architecture, _pins(function, stripe=stripe))
        for function in FUNCTIONS
    )


def _inputs(function: str, sources: Sources, runtime: str, architecture: str, pins: tuple[Pin, ...]) -> Inputs:
    identity = artifact_identity(function, sources, runtime=runtime, architecture=architecture, pins=pins)
    return Inputs(function, identity, len(sources), sum(map(len, sources.values())), pins)


def _pins(function: str, *, stripe: bool) -> tuple[Pin, ...]:
    return vendored_pins(stripe=stripe and function == "processing")


def pending_artifacts(
    *, runtime: str = "python3.11", architecture: str = "x86_64", stripe: bool = False, folder: str | None = None
) -> tuple[PendingArtifact, ...]:
    """The two artifacts, each with its identity and a `build` that reads, verifies, checks and zips when called."""
    return tuple(
        PendingArtifact(
            each.name,
            each.identity,
            functools.partial(_build, each, runtime=runtime, architecture=architecture, folder=folder),
        )
        for each in artifact_inputs(runtime=runtime, architecture=architecture, stripe=stripe, folder=folder)
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
    if artifact.identity != inputs.identity:
        raise PackageError(
            f"the sources of {inputs.name} changed while they were packaged", remedy="run the command again"
        )
    return artifact
