"""Run jobs in a second process, a fork, if a second processor is free; otherwise run them here.

Two budgets of docs/benchmarks.md need it: of `lint` and of the first payment.
"""

from __future__ import annotations

import functools
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

Result = TypeVar("Result")

_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)})


@contextmanager
def begun(job: Callable[[], Result], *, grace: float = 2.0) -> Iterator[Callable[[], Result]]:
    """Run the job in a fork; inside the block, a function returns its result.

    The fork and its processes have ended when the block ends. If the fork cannot compute or pickle the result, the job
    runs here when the result is requested, and its error is raised here. `grace` is how many seconds the fork has to
    remove its files, before it is killed.
    """
    forked = None
    try:
        if _may_fork():
            with _stops_later():
                forked = _forked(job)
        yield functools.cache(functools.partial(_received, forked[1], job) if forked else job)
    finally:
        if forked:
            _end(*forked, grace)


def run_jobs(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
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
        with begun(lambda: dict(_taken(take, jobs))) as others:
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
def stops_held() -> Iterator[None]:
    """Finish the block before a signal to stop is handled; outside the main thread, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    # Handlers and not the mask: a signal that the mask holds back here may reach another thread.
    before = {number: signal.signal(number, lambda number, _: held.append(number)) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if held:
        os.kill(os.getpid(), held[0])


@contextmanager
def _stops_later() -> Iterator[None]:
    """Hold signals to stop until the block ends.

    Otherwise one that comes early stops both processes, or this one before it knows what it has to end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _forked(job: Callable[[], Any]) -> tuple[ForkProcess, Connection] | None:
    """The process that does the job, and where to read its result; None where the system grants no other process."""
    import multiprocessing

    fork = multiprocessing.get_context("fork")
    take, give = fork.Pipe(duplex=False)
    child = fork.Process(target=_serve, args=(job, take, give))
    with give:
        try:
            child.start()
        except OSError:  # a container's limit of processes, or its memory
            take.close()
            return None
    return child, take


def _serve(job: Callable[[], Any], take: Connection, give: Connection) -> None:
    """Do the job and end this process, whatever happens: the other one misses the result and meets the reason."""
    try:
        gc.disable()  # an exception in a callback of the collector is dropped, that of `_leave` too
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for each in _STOPS - {signal.SIGINT}:
            signal.signal(each, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        take.close()  # so that sending fails, in place of waiting, when the other one is gone
        give.send(job())
    finally:
        os._exit(0)


def _leave(*_: object) -> None:
    raise SystemExit(1)


def _received(answer: Connection, job: Callable[[], Result]) -> Result:
    import pickle

    with suppress(EOFError, OSError, pickle.UnpicklingError):
        found: Result = answer.recv()
        return found
    return job()


def _end(child: ForkProcess, answer: Connection, grace: float) -> None:
    """Let the fork remove its files, and end a fork of its own; kill it if that takes long."""
    answer.close()
    child.terminate()
    child.join(grace)
    child.kill()
    child.join()
