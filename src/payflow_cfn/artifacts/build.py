"""Build the artifacts that a set refers to, each when its bytes are needed: read, verify, check and zip the sources."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Sequence

from payflow_cfn.artifacts.dependencies import CORE, SDKS, Pin, verified_files
from payflow_cfn.artifacts.digest import LIMIT_UNZIPPED, LIMIT_ZIPPED, Sources
from payflow_cfn.artifacts.folders import read_sources
from payflow_cfn.artifacts.identities import FUNCTIONS, artifact_inputs
from payflow_cfn.artifacts.manifest import Inputs
from payflow_cfn.artifacts.package import Artifact, PendingArtifact, package_function, unchanged
from payflow_cfn.artifacts.template_set import ARTIFACTS, TemplateSet
from payflow_cfn.artifacts.zip_check import read_artifact
from payflow_cfn.disk import as_text, read_bytes, read_inside
from payflow_cfn.errors import PackageError


def set_artifacts(templates: TemplateSet) -> tuple[PendingArtifact, ...]:
    """The artifacts that the set refers to; each is read from the set's folder, or else built, when it is needed."""
    made_of = templates.artifacts
    names = dict.fromkeys((*FUNCTIONS, *made_of))  # the manifest sorts them by name
    return tuple(
        PendingArtifact(name, made_of[name].identity, functools.partial(_artifact, templates, made_of[name]))
        for name in names
        if name in made_of
    )


def _artifact(templates: TemplateSet, inputs: Inputs) -> Artifact:
    runtime, architecture = templates.platform_of(inputs.name)
    path = os.path.join(templates.folder, f"{ARTIFACTS}/{inputs.name}.zip")
    if templates.folder and os.path.lexists(path):
        body = read_inside(templates.folder, f"{ARTIFACTS}/{inputs.name}.zip", limit=LIMIT_ZIPPED)
        return read_artifact(path, body, inputs, runtime=runtime, architecture=architecture)
    if inputs.name in templates.sources:
        return build_artifact(inputs, templates.sources[inputs.name], runtime=runtime, architecture=architecture)
    _check_installed(templates, inputs, runtime, architecture)
    return build_artifact(inputs, read_sources(inputs.name), runtime=runtime, architecture=architecture)


def _check_installed(templates: TemplateSet, inputs: Inputs, runtime: str, architecture: str) -> None:
    """PackageError if a set in a folder has no zip of the artifact and the sources here have another identity."""
    sdks = [name for name, pins in SDKS.items() if {pin.name for pin in inputs.pins} >= {pin.name for pin in pins}]
    installed = artifact_inputs(runtime=runtime, architecture=architecture, sdks=sdks)
    if inputs.identity not in {each.identity for each in installed}:
        raise PackageError(
            f"{templates.folder} has no {ARTIFACTS}/{inputs.name}.zip, and the installed sources are not those of it",
            remedy="render the set with --artifacts, or install the payflow_cfn that rendered it",
            artifact=inputs.name,
        )


def build_artifact(
    inputs: Inputs, sources: Sources, *, runtime: str = "python3.11", architecture: str = "x86_64"
) -> Artifact:
    """Verify, check and zip one artifact of these sources; PackageError where they are not those of `inputs`."""
    artifact = package_function(
        inputs.name,
        sources,
        vendored=read_vendored(inputs.pins),
        runtime=runtime,
        architecture=architecture,
        pins=inputs.pins,
    )
    return unchanged(artifact, inputs.identity)


def read_vendored(pins: Sequence[Pin] = CORE, *, search: Sequence[str] | None = None) -> Sources:
    """The verified files of the pinned distributions, searched in `search` (`sys.path` by default)."""
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
