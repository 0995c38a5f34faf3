"""Run jobs in a second process, a fork, if a second processor is free; otherwise run them here.

Three time budgets in docs/benchmarks.md need it: those of `package`, `lint` and the first payment.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TypeVar

Result = TypeVar("Result")

# The largest pipe that Linux allows every user: a first result fits, so the second job starts before it is read.
_PIPE = 1 << 20
_GRACE = 2.0  # seconds
_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)})


@contextmanager
def begun(*jobs: Callable[[], Any]) -> Iterator[tuple[Callable[[], Any], ...]]:
    """Run the jobs in a fork, in this order; inside the block, a function for each job returns its result.

    The fork and its processes have ended when the block ends. A job whose result the fork cannot compute or pickle runs
    here when its result is requested, and its error is raised here.
    """
    forked = None
    try:
        if _may_fork():
            with _stops_later():
                forked = _fork(jobs)
        if forked:
            received = _Received(forked[1])
            yield tuple(received.nth(index, job) for index, job in enumerate(jobs))
        else:
            yield tuple(functools.cache(job) for job in jobs)
    finally:
        if forked:
            _end(*forked)


def shared(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the results in the order of the jobs, which this process and a fork take one by one. Put long ones first.

    A fork has the modules that were loaded before: for cfn-lint that saves two thirds of a second.
    """
    if len(jobs) < 2:
        return [job() for job in jobs]
    # One byte a job, which a free process reads: two readers never get the same byte.
    take, give = os.pipe()
    try:
        os.write(give, bytes(range(len(jobs))))
        os.close(give)
        with begun(lambda: dict(_taken(take, jobs))) as (others,):
            done = dict(_taken(take, jobs))
            if len(done) < len(jobs):
                done.update(others())
    finally:
        os.close(take)
    return [done[index] if index in done else job() for index, job in enumerate(jobs)]


def _taken(take: int, jobs: Sequence[Callable[[], Result]]) -> Iterator[tuple[int, Result]]:
    while byte := os.read(take, 1):
        yield byte[0], jobs[byte[0]]()


def _may_fork() -> bool:
    """Whether this is Linux with a second processor, and no other thread holds locks that a fork would inherit."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


@contextmanager
def _stops_later() -> Iterator[None]:
    """Hold signals to stop until the block ends.

    Otherwise one that comes early goes up in the fork as in this process, which then says and does everything twice, or
    leaves this process before it knows what it has to end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _fork(jobs: Sequence[Callable[[], Any]]) -> tuple[int, BinaryIO] | None:
    """The process that does the jobs, and where to read their results; None where the system grants no other one."""
    take, give = os.pipe()
    try:
        child = os.fork()
    except OSError:  # a container's limit of processes, or its memory
        os.close(take)
        os.close(give)
        return None
    if not child:
        _serve(take, give, jobs)
    os.close(give)
    _lead_group(child)
    return child, os.fdopen(take, "rb")


def _serve(take: int, give: int, jobs: Sequence[Callable[[], Any]]) -> None:
    """Do the jobs and end this process, whatever happens: the other one misses a result and meets the reason."""
    try:
        _lead_group(0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        os.close(take)  # so that sending fails, in place of waiting, when the other one is gone
        _enlarge(give)
        import pickle

        with os.fdopen(give, "wb") as answers:
            for job in jobs:
                pickle.dump(job(), answers, protocol=pickle.HIGHEST_PROTOCOL)
                answers.flush()
    finally:
        os._exit(0)


def _leave(*_: object) -> None:
    raise SystemExit(1)


def _lead_group(process: int) -> None:
    """Make it a group, which one kill ends and no Ctrl-C reaches; both sides do so, since either may come first.

    The fork of a fork leads none, so that it ends with the first one's group.
    """
    if not _FORKS:
        with suppress(OSError):
            os.setpgid(process, 0)
    if not process:
        _FORKS.append(os.getpid())


# This process's number where it is a fork of ours, behind those that it is a fork of.
_FORKS: list[int] = []


def _enlarge(pipe: int) -> None:
    import fcntl

    with suppress(OSError):  # a smaller one only makes the second job wait
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _end(child: int, answers: BinaryIO) -> None:
    """Let the fork remove its files; kill its group if that takes long or leaves a process."""
    answers.close()
    # Where SIGCHLD is ignored, which a program inherits, an ended process is gone before anybody asks.
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGTERM)
        patience = time.monotonic() + _GRACE
        # Not reaped yet: the number of its group would be free for another's.
        while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) and time.monotonic() < patience:
            time.sleep(0.001)
    with suppress(ProcessLookupError, PermissionError):
        (os.kill if _FORKS else os.killpg)(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)


class _Received:
    """The results that came so far, in the order in which they are sent."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._values: list[Any] = []

    def nth(self, index: int, job: Callable[[], Any]) -> Callable[[], Any]:
        """What waits for the result at `index`, and does `job` here where it never comes."""

        def result() -> Any:
            self._wait_for(index)
            return self._values[index] if index < len(self._values) else job()

        return functools.cache(result)

    def _wait_for(self, index: int) -> None:
        import pickle

        with suppress(EOFError, OSError, pickle.UnpicklingError):
            while len(self._values) <= index:
                self._values.append(pickle.load(self._answers))  # noqa: S301 - from our own fork
