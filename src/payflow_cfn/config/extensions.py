"""Find the functions that `[settings] extensions` names, and call one: its faults become errors of one line."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from payflow_cfn.config.settings import EXTENSION_NAME
from payflow_cfn.disk import read_bytes, regular_files
from payflow_cfn.errors import ExtensionError, PayflowError
from payflow_cfn.text import nearest

# Seconds of the processor that one extension may take; an honest one takes milliseconds.
MOST_SECONDS = 20
_LARGEST_MODULE = 1_000_000
_T = TypeVar("_T")


class Extension(NamedTuple):
    """A team's change to the set: `name` is "module:function", `digest` the SHA-256 of the module's source."""

    name: str
    change: Callable[[Any], Any]
    digest: str


def load_extensions(names: Iterable[str], folder: str = "") -> tuple[Extension, ...]:
    """The extensions by their names "module:function", from `folder` (that of payflow.toml) or installed.

    ExtensionError where a module or a function is not there, or the module cannot be imported.
    """
    return tuple(_load(name, os.path.abspath(folder)) for name in names)


def extension_of(change: Callable[[Any], Any]) -> Extension:
    """The extension of a function that a program passes itself."""
    module = sys.modules.get(change.__module__)
    return Extension(f"{change.__module__}:{change.__qualname__}", change, _digest(module) if module else "")


def _load(name: str, folder: str) -> Extension:
    where, _, function = name.partition(":")
    if not re.fullmatch(EXTENSION_NAME, name):
        raise ExtensionError(
            f"extension {name!r} is not a name", remedy='write it as "module:function"', extension=name
        )
    module = _guarded(name, lambda: _imported(name, where, folder))
    change = getattr(module, function, None)
    if not callable(change):
        known = sorted(each for each, found in vars(module).items() if callable(found) and not each.startswith("_"))
        raise ExtensionError(
            f"extension {name}: {where} has no function {function}", remedy=nearest(function, known), extension=name
        )
    return Extension(name, change, _digest(module))


def _imported(name: str, where: str, folder: str) -> ModuleType:
    """The module, from the folder before anything that is installed; one of another folder is imported again."""
    top = where.partition(".")[0]
    known = sys.modules.get(top)
    beside = any(os.path.lexists(os.path.join(folder, each)) for each in (top, f"{top}.py"))
    if beside and known and not str(getattr(known, "__file__", "") or "").startswith(folder + os.sep):
        for each in [each for each in sys.modules if each.partition(".")[0] == top]:
            del sys.modules[each]
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{where}.".startswith(f"{error.name}."):
            raise
        near = [each.removesuffix(".py") for each in sorted(os.listdir(folder)) if each.endswith(".py")]
        raise ExtensionError(
            f"extension {name}: there is no module {where} in {folder}, and none is installed",
            remedy=nearest(where, near) if near else "put it beside payflow.toml, or install it",
            extension=name,
        ) from None
    finally:
        sys.path.remove(folder)


def _digest(module: ModuleType) -> str:
    """The SHA-256 over the module's file, or over every module of its package."""
    top = sys.modules.get(module.__name__.partition(".")[0], module)
    folder = os.path.dirname(top.__file__ or "") if hasattr(top, "__path__") else ""
    named = [path for path, _ in regular_files(folder) if path.endswith(".py")] if folder else [module.__file__ or ""]
    digest = hashlib.sha256()
    for path in sorted(each for each in named if each):
        body = read_bytes(os.path.join(folder, path), limit=_LARGEST_MODULE, linked=True)
        digest.update(
            f"{os.path.basename(path) if not folder else path}\0{hashlib.sha256(body).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def call_extension(extension: Extension, value: _T) -> _T:
    """What the extension makes of the value; ExtensionError with its file and line where it fails.

    It gets no network, and MOST_SECONDS of the processor.
    """
    found = _guarded(extension.name, lambda: extension.change(value))
    if not isinstance(found, type(value)):
        raise ExtensionError(
            f"extension {extension.name} returned {type(found).__name__}, not the set",
            remedy="end the function with `return payments`",
            extension=extension.name,
        )
    return found


def _guarded(name: str, act: Callable[[], _T]) -> _T:
    try:
        with _without_network(), _bounded():
            return act()
    except ExtensionError as error:
        if "extension" in error.data:
            raise
        raise _failed(name, error, error.message, error.remedy) from error
    except PayflowError as error:
        raise _failed(name, error, error.message, error.remedy) from error
    except (Exception, SystemExit, RecursionError) as error:
        text = " ".join(str(error).split())[:300]
        raise _failed(name, error, f"{type(error).__name__}: {text}" if text else type(error).__name__) from error


def _failed(name: str, error: BaseException, why: str, remedy: str = "") -> ExtensionError:
    where = _place(error)
    return ExtensionError(f"extension {name}{f' ({where})' if where else ''}: {why}", remedy=remedy, extension=name)


def _place(error: BaseException) -> str:
    """File and line of the innermost frame outside this package and the libraries."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{os.path.basename(error.filename)}, line {error.lineno}"
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    libraries = (os.path.dirname(os.__file__) + os.sep, own + os.sep, "<")
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(libraries)]
    return f"{os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""


_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_offline: list[bool] = []


def _refuse_network(event: str, _arguments: Any) -> None:
    if _offline and event in _NETWORK:
        raise ExtensionError("it uses the network", remedy="read files: an extension is a function of the set alone")


@functools.cache
def _watch() -> None:
    sys.addaudithook(_refuse_network)  # it cannot be taken out again, so it is added once


@contextmanager
def _without_network() -> Iterator[None]:
    """Refuse connections inside the block, so that a set renders the same everywhere."""
    _watch()
    _offline.append(True)
    try:
        yield
    finally:
        _offline.pop()


@contextmanager
def _bounded() -> Iterator[None]:
    """ExtensionError after MOST_SECONDS of the processor; only the main thread of a Unix process can be bounded."""
    import signal
    import threading

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise ExtensionError(f"it runs for more than {MOST_SECONDS} s", remedy="look for a loop without an end")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
