"""Read and write files safely: bounded sizes, no symbolic links, all files or none, errors in one line."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from payflow_cfn.errors import FilesError

# Far above CloudFormation's limit of 1 MB, which a rule of lint checks, and far below the machine's memory.
LARGEST_TEMPLATE = 20_000_000


@contextmanager
def file_errors(path: str, *, doing: str) -> Iterator[None]:
    """Turn an OSError into a FilesError: what could not be done, where and why."""
    try:
        yield
    except OSError as error:
        raise FilesError(
            f"cannot {doing} {path}: {error.strerror or error}",
            remedy="check the path, its permissions and the free space",
            path=path,
        ) from error


def read_bytes(path: str, *, limit: int, linked: bool = False) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; a device or a larger file is a FilesError.

    So is a symbolic link, unless it may be `linked`: a file of the user's own, not one of a set from elsewhere.
    """
    with file_errors(path, doing="read"):
        # O_NONBLOCK: a named pipe would otherwise block here for ever, before it can be refused.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or (os.path.islink(path) and not linked):
                raise _odd(path, "is not a regular file")
            if status.st_size > limit:
                raise _odd(path, f"has {status.st_size} bytes, at most {limit} are read")
            return file.read(status.st_size)  # with `limit`, allocating the buffer took three quarters of the time


def read_inside(folder: str, path: str, *, limit: int) -> bytes:
    """As `read_bytes`, for a path relative to `folder`: neither the file nor a folder in the path may be a link."""
    target = os.path.join(folder, path)
    if _has_link(folder, path):
        raise _odd(target, "is a symbolic link or lies behind one")
    return read_bytes(target, limit=limit)


def as_text(path: str, body: bytes) -> str:
    """The UTF-8 text of the file `path`, without a byte order mark; FilesError with the offset for another encoding."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FilesError(
            f"{path} is not UTF-8 text (byte {error.start})", remedy="save it as UTF-8", path=path, offset=error.start
        ) from None


def read_templates(folder: str | os.PathLike[str]) -> dict[str, str]:
    """The .json files of a set's folder as {file name: text}, sorted, with the manifest, without subfolders.

    A link, a device, another encoding than UTF-8 or more than LARGEST_TEMPLATE bytes is a FilesError.
    """
    top = os.fspath(folder)
    with file_errors(top, doing="list"):
        names = sorted(name for name in os.listdir(top) if name.endswith(".json") and not is_skipped(name))
    return {name: as_text(name, read_bytes(os.path.join(top, name), limit=LARGEST_TEMPLATE)) for name in names}


def regular_files(folder: str) -> Iterator[tuple[str, int]]:
    """(path relative to `folder` with '/', size in bytes) of every file below, sorted by path.

    Hidden files, `__pycache__` and editors' leftovers are skipped. A link or a device is a FilesError.
    """
    yield from sorted(_walk(folder, ""))


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, int]]:
    with file_errors(folder, doing="list"), os.scandir(folder) as entries:
        found = [entry for entry in entries if not is_skipped(entry.name)]
    for entry in found:
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            raise _odd(entry.path, "is a symbolic link" if entry.is_symlink() else "is not a regular file")
        if entry.is_dir():
            yield from _walk(entry.path, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.stat().st_size


def is_skipped(name: str) -> bool:
    """Whether a file or folder of this name does not count: it is hidden, or a leftover of an editor or of Python."""
    return name.startswith((".", "#")) or name == "__pycache__" or name.endswith(("~", ".pyc", ".orig", ".rej", ".bak"))


def write_files(folder: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write `files` {relative path: bytes} below `folder`: first all as new files, then each replaces its target.

    So no space, no permission or a link in a path fails before the first file is replaced. Files that already have
    these bytes are not written. Returns the paths that changed, in the order of `files`.
    """
    changed = [path for path, body in files.items() if not _holds(folder, path, body)]
    staged: dict[str, str] = {}
    try:
        for path in changed:
            target = os.path.join(folder, path)
            staged[path] = f"{os.path.dirname(target)}/.{os.path.basename(target)}.{os.getpid()}.new"
            _write_new(staged[path], files[path])
        for path in changed:
            with file_errors(path, doing="replace"):
                os.replace(staged[path], os.path.join(folder, path))
    finally:
        for aside in staged.values():
            with suppress(OSError):
                os.unlink(aside)
    return tuple(changed)


def remove_files(folder: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Remove these regular files below `folder`; a missing one, or one that is not a regular file, is skipped."""
    removed = []
    for path in paths:
        target = os.path.join(folder, path)
        if os.path.isfile(target) and not _has_link(folder, path):
            with file_errors(target, doing="remove"):
                os.unlink(target)
            removed.append(path)
    return tuple(removed)


def _holds(folder: str, path: str, body: bytes) -> bool:
    if _has_link(folder, path):
        raise _odd(os.path.join(folder, path), "is a symbolic link or lies behind one")
    target = os.path.join(folder, path)
    if not os.path.exists(target):
        return False
    if not os.path.isfile(target):
        raise _odd(target, "is not a regular file")
    return os.path.getsize(target) == len(body) and read_bytes(target, limit=len(body)) == body


def _has_link(folder: str, path: str) -> bool:
    parts = path.split("/")
    return any(os.path.islink(os.path.join(folder, *parts[: count + 1])) for count in range(len(parts)))


def _write_new(path: str, body: bytes) -> None:
    with file_errors(path, doing="write"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with suppress(FileNotFoundError):
            os.unlink(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags, 0o666), "wb") as file:
            file.write(body)


def _odd(path: str, why: str) -> FilesError:
    return FilesError(f"{path} {why}", remedy="put the regular file itself there", path=path)
