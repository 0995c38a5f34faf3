"""Run one job in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from payflow_cfn.ahead import fork_is_safe, stops_again, stops_later

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Result = TypeVar("Result")
_GRACE = 2.0  # seconds


@contextmanager
def aside(job: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Do the job in a fork for as long as the block lasts; what the block gets waits for the result.

    Where forking is not safe (other threads, another system than Linux) the job is done when its result is asked for,
    and so is a job that the fork could not finish. The fork and what it started are gone when the block ends.
    """
    if not fork_is_safe():
        yield cache(job)
        return
    from multiprocessing import get_context

    context = get_context("fork")
    here, there = context.Pipe(duplex=False)
    # No daemon: it may have processes of its own.
    child = context.Process(target=_work, args=(here, there, job))
    try:
        with stops_later():
            child.start()
        there.close()
        _lead_group(child.pid or 0)
        yield cache(lambda: _result(here, job))
    finally:
        here.close()
        if child.pid:
            _end(child)


def _end(child: BaseProcess) -> None:
    """Let it remove its files, and kill the group if that takes long or leaves a process."""
    from multiprocessing.connection import wait

    child.terminate()
    # Not join: once it is reaped, the number of its group might be another's.
    wait([child.sentinel], _GRACE)
    with suppress(ProcessLookupError):
        os.killpg(child.pid or 0, signal.SIGKILL)
    child.join()


def _work(theirs: Connection, answer: Connection, job: Callable[[], Result]) -> None:
    _lead_group(0)
    signal.signal(signal.SIGTERM, _leave)
    stops_again()
    theirs.close()  # so that sending fails, in place of waiting, when the parent is gone
    with suppress(Exception):  # the parent finds the result missing, does the job itself and sees the error there
        answer.send(job())


def _leave(*_: object) -> None:
    raise SystemExit(1)


def _lead_group(process: int) -> None:
    """Make it a group, which one kill ends and no Ctrl-C reaches; both sides say so, since either may come first."""
    with suppress(OSError):
        os.setpgid(process, 0)


def _result(answer: Connection, job: Callable[[], Result]) -> Result:
    try:
        found: Result = answer.recv()
    except (EOFError, OSError):
        return job()
    return found
