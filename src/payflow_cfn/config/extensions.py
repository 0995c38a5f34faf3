"""Find the functions that `[settings] extensions` names, and call one: its faults become errors of one line."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from payflow_cfn.config.settings import EXTENSION_NAME
from payflow_cfn.disk import read_bytes, regular_files
from payflow_cfn.errors import ExtensionError, PayflowError
from payflow_cfn.text import nearest, one_line
from payflow_cfn.version import TEMPLATE_VERSION

# Seconds of the processor that one extension may take, or wait; an honest one takes milliseconds.
MOST_SECONDS = 20
# The share of the processor below which it only waits, also on a machine that many processes load.
_IDLE = 0.001
_AGAIN = 0.1
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


class _Stopped(BaseException):
    """An extension takes too long; not an Exception, so that its own `except Exception` does not catch it."""


def _guarded(name: str, act: Callable[[], _T]) -> _T:
    try:
        with _alone(), _bounded():
            return act()
    except ExtensionError as error:
        if "extension" in error.data:
            raise
        raise _failed(name, error, error.message, error.remedy) from error
    except PayflowError as error:
        raise _failed(name, error, error.message, error.remedy) from error
    except ImportError as error:
        remedy = _OTHER_VERSION if str(error.name).partition(".")[0] == "payflow_cfn" else ""
        raise _failed(name, error, f"{type(error).__name__}: {str(error).partition(' (/')[0]}", remedy) from error
    except _Stopped as error:
        raise _failed(name, error, str(error), "look for a loop without an end, or for what it waits for") from error
    except (Exception, SystemExit) as error:
        text = one_line(str(error), longest=300)
        raise _failed(name, error, f"{type(error).__name__}: {text}" if text else type(error).__name__) from error


_OTHER_VERSION = (
    f"this is payflow_cfn {TEMPLATE_VERSION}; install the version that the extension was written for, or change it"
)


def _failed(name: str, error: BaseException, why: str, remedy: str = "") -> ExtensionError:
    where = _place(error)
    place = f" ({where})" if where else ""
    return ExtensionError(f"extension {name}{place}: {one_line(why)}", remedy=one_line(remedy), extension=name)


def _place(error: BaseException) -> str:
    """File and line of the innermost frame outside this package and the libraries."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{os.path.basename(error.filename)}, line {error.lineno}"
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    libraries = (os.path.dirname(os.__file__) + os.sep, own + os.sep, "<")
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(libraries)]
    return f"{os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""


# Audit events (https://docs.python.org/3/library/audit_events.html), and what an extension does with them.
_EVENTS = {
    **dict.fromkeys(
        ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"), "it uses the network"
    ),
    **dict.fromkeys(
        ("os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.spawn", "os.system", "subprocess.Popen"),
        "it starts a process",
    ),
    "threading.Thread.start": "it starts a thread",  # ours: Python 3.11 has no event for it
}
_guarding: list[int] = []


def _refuse(event: str, _arguments: Any) -> None:
    if _guarding and event in _EVENTS and threading.get_ident() in _guarding:
        raise ExtensionError(_EVENTS[event], remedy="read files: an extension is a function of the set alone")


@functools.cache
def _watch() -> None:
    """Watch from now on; once, because an audit hook cannot be removed."""
    sys.addaudithook(_refuse)
    start = threading.Thread.start

    @functools.wraps(start)
    def audited(thread: threading.Thread) -> None:
        sys.audit("threading.Thread.start", thread)
        start(thread)

    setattr(threading.Thread, "start", audited)  # noqa: B010 (mypy refuses a plain assignment)


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse connections, processes and threads inside the block, so that a set renders the same everywhere."""
    _watch()
    _guarding.append(threading.get_ident())
    try:
        yield
    finally:
        _guarding.remove(threading.get_ident())


@contextmanager
def _bounded() -> Iterator[None]:
    """Stop after MOST_SECONDS of the processor, or when it has waited for as long and used none.

    Only the main thread of a Unix process can be bounded.
    """
    import signal

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    used, idle = time.process_time(), 0

    def too_long(*_: object) -> None:
        raise _Stopped(f"it runs for more than {MOST_SECONDS} s")

    def waiting(*_: object) -> None:
        nonlocal used, idle
        before, used = used, time.process_time()
        idle = idle + 1 if used - before < MOST_SECONDS * _IDLE else 0
        if idle > 1:  # one period may be that of a process that was suspended
            raise _Stopped(f"it has waited for more than {MOST_SECONDS} s")

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, too_long), (signal.ITIMER_REAL, signal.SIGALRM, waiting))
    before = [signal.signal(number, handler) for _, number, handler in timers]
    for timer, _, _ in timers:
        # Again and again: an extension may catch the first one.
        signal.setitimer(timer, MOST_SECONDS, MOST_SECONDS if timer == signal.ITIMER_REAL else _AGAIN)
    try:
        yield
    finally:
        for (timer, number, _), old in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, old)
