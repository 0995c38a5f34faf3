"""Compare an artifact's zip with the manifest: the identity of its sources, each vendored file, and its bytecode."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from importlib.util import source_hash

from payflow_cfn.artifacts.dependencies import record_digest
from payflow_cfn.artifacts.digest import LIMIT_UNZIPPED, Sources, artifact_identity
from payflow_cfn.artifacts.folders import SHARED
from payflow_cfn.artifacts.manifest import Inputs
from payflow_cfn.artifacts.package import Artifact
from payflow_cfn.errors import PackageError

_FIRST, _END, _END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22  # signatures; the end of a zip without a comment
_MODE = 0o644
_HASHED = slice(8, 16)  # of a .pyc: the hash of its source (PEP 552)


def read_artifact(path: str, body: bytes, inputs: Inputs, *, runtime: str, architecture: str) -> Artifact:
    """The artifact whose zip is `body`; PackageError if its contents are not those of `inputs` in the manifest."""
    files = _members(path, body)
    faults = list(_faults(files, inputs, runtime, architecture))
    if faults:
        raise _refused(path, faults[0])
    compiled = any(each.endswith(".pyc") for each in files)
    return Artifact(inputs.name, inputs.identity, body, len(files), sum(map(len, files.values())), compiled)


def _members(path: str, body: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            if sum(each.file_size for each in entries) > LIMIT_UNZIPPED:
                raise _refused(path, f"it unpacks to more than {LIMIT_UNZIPPED} bytes")
            files = {each.filename: archive.read(each) for each in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refused(path, f"it cannot be unpacked ({error})") from None
    if len(files) != len(entries):
        raise _refused(path, "a file is in it twice")
    if not body.startswith(_FIRST) or body[-_END_SIZE:][: len(_END)] != _END:
        raise _refused(path, "there is something before or after the archive")
    if odd := [each.filename for each in entries if each.external_attr >> 16 & 0o777 != _MODE]:
        raise _refused(path, f"{odd[0]} has another mode than {_MODE:o}")
    return files


def _faults(files: Sources, inputs: Inputs, runtime: str, architecture: str) -> Iterator[str]:
    modules = {each: body for each, body in files.items() if not each.endswith(".pyc")}
    vendored = {part for pin in inputs.pins for part in (pin.name, f"{pin.name}.py", pin.folder)}

    def identity(sources: Sources) -> str:
        return artifact_identity(inputs.name, sources, runtime=runtime, architecture=architecture, pins=inputs.pins)

    ours = {each: body for each, body in modules.items() if each.startswith((f"{SHARED}/", f"{inputs.name}/"))}
    found = identity(ours)
    if found != inputs.identity:  # the modules of a team's rules and gateways lie beside ours
        wide = {each: body for each, body in modules.items() if each.partition("/")[0] not in vendored}
        ours = wide if identity(wide) == inputs.identity else ours
        if ours is not wide:
            yield f"the identity of its sources is {found[:12]}, not {inputs.identity[:12]}"
    rest = modules.keys() - ours.keys()
    for pin in inputs.pins:
        theirs = {each for each in rest if each.partition("/")[0] in (pin.name, f"{pin.name}.py", pin.folder)}
        if record_digest(sorted(_line(each, files[each]) for each in theirs)) != pin.record:
            yield f"{pin.name} {pin.version} in it is not the pinned one"
        rest -= theirs
    yield from (f"{each} does not belong in it" for each in sorted(rest))
    for each, source in _compiled(files):
        if files[each][_HASHED] != source_hash(files.get(source, b"")):
            yield f"{each} is not compiled from {source}"


def _line(path: str, body: bytes) -> str:
    """The line of a RECORD file (see `dependencies.pinned_lines`)."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(body)}"


def _compiled(files: Sources) -> Iterator[tuple[str, str]]:
    for each in files:
        if each.endswith(".pyc"):
            folder, _, name = each.rpartition("__pycache__/")
            yield each, f"{folder}{name.partition('.')[0]}.py"


def _refused(path: str, why: str) -> PackageError:
    return PackageError(
        f"{path} is not the zip of this set: {why}", remedy="render the set with --artifacts again", path=path
    )
