"""Start two slow jobs early, in a forked process."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")
Result = TypeVar("Result")

# What Linux lets anybody have: the first result fits, so the second is not begun late when nobody reads yet.
_PIPE = 1 << 20
_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)})


def fork_is_safe() -> bool:
    """Whether this is Linux, and no other thread holds locks that a fork would inherit."""
    return sys.platform == "linux" and threading.active_count() == 1


def may_fork() -> bool:
    """Whether a fork is safe and has a processor of its own."""
    return fork_is_safe() and len(os.sched_getaffinity(0)) > 1


@contextmanager
def stops_later() -> Iterator[None]:
    """Let no signal to stop in before the block ends; a fork made inside calls `stops_again` when it is ready for them.

    Otherwise one that comes early goes up in the fork as in this process, which then says and does everything twice, or
    leaves this process before it knows what it has to end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stops_again() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


@contextmanager
def begun(
    first: Callable[[], First], second: Callable[[], Second]
) -> Iterator[tuple[Callable[[], First], Callable[[], Second]]]:
    """Inside the block, what gives the result of each job; a fork is at them, in this order, and ends with the block.

    Where there may or can be no fork, or it could not do a job, that job is done here when its result is asked for: its
    error is raised here too. Results are what pickle takes.
    """
    if not may_fork():
        yield functools.cache(first), functools.cache(second)
        return
    forked = None
    try:
        with stops_later():
            forked = _forked(first, second)
        if forked is None:
            yield functools.cache(first), functools.cache(second)
        else:
            received = _Received(forked[1])
            yield received.nth(0, first), received.nth(1, second)
    finally:
        if forked:
            _end(*forked)


def _end(child: int, answers: BinaryIO) -> None:
    answers.close()
    # Where SIGCHLD is ignored, which a program inherits, an ended process is gone before anybody asks.
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _forked(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[int, BinaryIO] | None:
    """The process that does the jobs, and where to read their results; None where the system grants no other one."""
    take, give = os.pipe()
    try:
        child = os.fork()
    except OSError:  # a container's limit of processes, or its memory
        os.close(take)
        os.close(give)
        return None
    if not child:
        _serve(take, give, first, second)
    os.close(give)
    return child, os.fdopen(take, "rb")


class _Received:
    """The results that came so far, in the order in which they are sent."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._values: list[Any] = []

    def nth(self, index: int, job: Callable[[], Result]) -> Callable[[], Result]:
        """What waits for the result at `index`, and does `job` here where it never comes."""

        def result() -> Result:
            self._wait_for(index)
            return self._values[index] if index < len(self._values) else job()

        return functools.cache(result)

    def _wait_for(self, index: int) -> None:
        import pickle

        with suppress(EOFError, OSError, pickle.UnpicklingError):
            while len(self._values) <= index:
                self._values.append(pickle.load(self._answers))  # noqa: S301 - from our own fork


def _serve(take: int, give: int, *jobs: Callable[[], Any]) -> None:
    """Do the jobs and end this process, whatever happens: the other one misses a result and meets the reason."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the other one too, which then ends this
        stops_again()
        os.close(take)  # so that sending fails, in place of waiting, when the other one is gone
        _enlarge(give)
        import pickle

        with os.fdopen(give, "wb") as answers:
            for job in jobs:
                pickle.dump(job(), answers, protocol=pickle.HIGHEST_PROTOCOL)
                answers.flush()
    finally:
        os._exit(0)


def _enlarge(pipe: int) -> None:
    import fcntl

    with suppress(OSError):  # a smaller one only makes the second job wait
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
