"""Find the modules of the functions of a set: those that it was built of, those in its zips, or the shipped ones."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from payflow_cfn.artifacts.dependencies import SDKS
from payflow_cfn.artifacts.digest import LIMIT_ZIPPED, Sources, artifact_identity
from payflow_cfn.artifacts.folders import read_sources
from payflow_cfn.artifacts.identities import FUNCTIONS, artifact_pins
from payflow_cfn.artifacts.template_set import TemplateSet, artifact_name, zip_paths
from payflow_cfn.aws.data_resources import FUNCTION
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.runtimes import LIVES
from payflow_cfn.disk import read_inside
from payflow_cfn.errors import FilesError

_VERSION = "AWS::Lambda::Version"
_INFO = ".dist-info"
_PLATFORMS = tuple((runtime, architecture) for runtime in LIVES for architecture in ("x86_64", "arm64"))


def set_sources(templates: TemplateSet) -> Mapping[str, Sources]:
    """The modules by artifact that a set was built of, or that are in the zips of its folder."""
    return templates.sources or {name: _unpacked(body) for name, body in _zips(templates) if _unpacked(body)}


def sources_key(templates: TemplateSet) -> str:
    """A text that changes when `set_sources` does."""
    if templates.sources:
        return "".join(f"built {each.name} {each.identity}\n" for each in templates.artifacts.values())
    return "".join(f"zip {name} {hashlib.sha256(body).hexdigest()}\n" for name, body in _zips(templates))


def _zips(templates: TemplateSet) -> Iterator[tuple[str, bytes]]:
    names = _artifacts(templates) if templates.folder and templates.manifest else ()
    for path, name in zip(zip_paths(dict.fromkeys(names, b"")), names, strict=True):
        if os.path.isfile(os.path.join(templates.folder, path)):
            yield name, read_inside(templates.folder, path, limit=LIMIT_ZIPPED)


def _artifacts(templates: TemplateSet) -> tuple[str, ...]:
    """The artifacts by the manifest; none by one that cannot be used, as an edited folder may have."""
    try:
        return tuple(templates.artifacts)
    except FilesError:
        return ()


@functools.lru_cache(maxsize=8)
def _unpacked(body: bytes) -> Sources:
    """Our modules and a team's in a zip, without those of the vendored distributions; empty where it is not a zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            paths = archive.namelist()
            vendored = {part for top in map(_top, paths) if top.endswith(_INFO) for part in _parts(top)}
            return {each: archive.read(each) for each in paths if each.endswith(".py") and _top(each) not in vendored}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        return {}


def _top(path: str) -> str:
    return path.partition("/")[0]


def _parts(info: str) -> Iterator[str]:
    """The top folder and module of a distribution by its .dist-info folder."""
    name = info.removesuffix(_INFO).partition("-")[0]
    yield from (name, f"{name}.py")


def function_sources(templates: ParsedSet, artifact: str) -> Sources | None:
    """The modules of an artifact of the set; the shipped ones if a published version says that its zip has these."""
    if artifact in templates.sources:
        return templates.sources[artifact]
    found = {identity for name, identity in _identities(templates) if name == artifact}
    known = artifact in FUNCTIONS and any(_is_shipped(artifact, each) for each in found)
    return _shipped(artifact) if known else None


def _identities(templates: ParsedSet) -> Iterator[tuple[str, str]]:
    """Name and identity of each artifact, as the published versions of the functions have them."""
    for stack, _, version in templates.resources(_VERSION):
        given = version.get("Properties", {}).get("FunctionName")
        function = templates.templates[stack]["Resources"].get(given.get("Ref") if isinstance(given, dict) else None)
        identity = version.get("Metadata", {}).get("payflow", {}).get("artifact")
        if function and function.get("Type") == FUNCTION and isinstance(identity, str):
            code = function.get("Properties", {}).get("Code")
            if name := artifact_name(code):
                yield name, identity


@functools.cache
def _is_shipped(artifact: str, identity: str) -> bool:
    """Whether the shipped modules have this identity, on any platform and with any gateway's library."""
    sources = _shipped(artifact)
    libraries = {artifact_pins(sdks)[artifact] for sdks in ((), *((each,) for each in SDKS))}
    return sources is not None and any(
        artifact_identity(artifact, sources, runtime=runtime, architecture=architecture, pins=pins) == identity
        for pins in sorted(libraries)
        for runtime, architecture in _PLATFORMS
    )


@functools.cache
def _shipped(artifact: str) -> Sources | None:
    try:
        return read_sources(artifact)
    except (FilesError, OSError):
        return None
