"""Read the sources of the shipped code, and read and write the folder of a template set."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from payflow_cfn.artifacts.digest import LIMIT_UNZIPPED, Sources
from payflow_cfn.artifacts.manifest import MANIFEST, Recorded, check_path, parse_manifest, recorded
from payflow_cfn.artifacts.shipped import shipped_folder
from payflow_cfn.disk import as_text, read_bytes, read_inside, regular_files, remove_files, write_files
from payflow_cfn.errors import FilesError

SHARED = "payments"
_LIMIT_MANIFEST = 1_000_000
_LIMIT_SOURCE = 1_000_000


def read_sources(function: str, *, folder: str | None = None) -> Sources:
    """Our own modules of `function` as {path in the zip: bytes}: its package and the one that both share."""
    return {**read_package(SHARED, folder=folder), **read_package(function, folder=folder)}


def read_package(package: str, *, folder: str | None = None) -> Sources:
    """The modules of one package as {path in the zip: bytes}.

    `folder` holds the packages (the shipped ones by default). A link, a device, or a file that is not a module is
    a FilesError: it would be missing in Lambda.
    """
    top = os.path.join(folder or shipped_folder("lambdas"), package)
    return {f"{package}/{path}": read_bytes(f"{top}/{path}", limit=_LIMIT_SOURCE) for path in _modules(top)}


def _modules(folder: str) -> Iterable[str]:
    paths = [path for path, _ in regular_files(folder)]
    odd = [path for path in paths if not path.endswith(".py")]
    if odd:
        raise FilesError(
            f"{folder} holds files that are not Python modules: {', '.join(odd)}",
            remedy="move it out: only modules go into the artifact",
            paths=odd,
        )
    return paths


class Difference(NamedTuple):
    """A file of a folder that is not what it should be; `line` is the first line (from 1) that differs."""

    path: str
    kind: Literal["changed", "missing", "extra"]
    line: int | None = None


def write_folder(folder: str, files: Mapping[str, str | bytes]) -> tuple[str, ...]:
    """Write a set {relative path: content} into `folder`, the manifest last, and return the paths that changed.

    Templates that the old manifest lists and the new set does not have are removed, if nobody edited them; nothing else
    in the folder is touched. Everything is staged first, so a failure leaves the old set. A path that would leave the
    folder is a FilesError.
    """
    bodies = {check_path(path): _bytes(content) for path, content in files.items()}
    ordered = sorted(bodies, key=lambda path: (path == MANIFEST, path))
    stale = [path for path in _written_before(folder) if path not in bodies]
    changed = write_files(folder, {path: bodies[path] for path in ordered})
    return (*changed, *remove_files(folder, stale))


def _written_before(folder: str) -> list[str]:
    try:
        listed = parse_manifest(as_text(MANIFEST, read_inside(folder, MANIFEST, limit=_LIMIT_MANIFEST))).templates
    except FilesError:
        return []  # no manifest, or not one of ours: then nothing in the folder is ours to remove
    return [path for path, wanted in listed.items() if _is_recorded(folder, path, wanted)]


def _is_recorded(folder: str, path: str, wanted: Recorded) -> bool:
    try:
        return recorded(read_inside(folder, path, limit=wanted.size)) == wanted
    except FilesError:
        return False


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def differences(folder: str, files: Mapping[str, str | bytes]) -> tuple[Difference, ...]:
    """The differences between `folder` and the set `files`, empty without any; subfolders (artifacts) do not count."""
    wanted = {check_path(path): _bytes(content) for path, content in files.items()}
    present = {path for path, _ in regular_files(folder)} if os.path.isdir(folder) else set()
    extra = [Difference(path, "extra") for path in present - wanted.keys() if "/" not in path]
    missing = [Difference(path, "missing") for path in wanted.keys() - present]
    changed = [
        Difference(path, "changed", _first_line(found, wanted[path]))
        for path in wanted.keys() & present
        if (found := read_inside(folder, path, limit=LIMIT_UNZIPPED)) != wanted[path]
    ]
    return tuple(sorted((*extra, *missing, *changed), key=lambda each: each.path))


def _first_line(found: bytes, wanted: bytes) -> int:
    pairs = zip(found.split(b"\n"), wanted.split(b"\n"), strict=False)
    same = next((number for number, (one, other) in enumerate(pairs) if one != other), None)
    return 1 + (same if same is not None else min(found.count(b"\n"), wanted.count(b"\n")) + 1)
