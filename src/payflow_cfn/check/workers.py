"""Share jobs with one more process, if there is a second processor."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from payflow_cfn.ahead import may_fork, stops_again, stops_later

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Result = TypeVar("Result")


def shared(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results in the order of the jobs; put the longest first.

    The second process is a fork, since it has to have what was loaded so far (for cfn-lint two thirds of a second);
    where forking is not safe (other threads, another system than Linux) or not worth it, everything is done here.
    What the second process could not finish is done here as well.
    """
    done = _with_a_fork(jobs) if len(jobs) > 1 and may_fork() else {}
    return [done[index] if index in done else job() for index, job in enumerate(jobs)]


def _with_a_fork(jobs: Sequence[Callable[[], Result]]) -> dict[int, Result]:
    from multiprocessing import get_context

    context = get_context("fork")
    # One byte a job, taken by the process that is free: a read of one byte is never shared by two readers.
    take, give = os.pipe()
    os.write(give, bytes(range(len(jobs))))
    os.close(give)
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_serve, args=(here, there, take, jobs), daemon=True)
    try:
        with stops_later():
            child.start()
        there.close()
        done = dict(_taken(take, jobs))
        with suppress(EOFError, OSError):
            done.update(here.recv())
        return done
    finally:
        os.close(take)
        here.close()
        child.kill()
        child.join()


def _serve(theirs: Connection, answer: Connection, take: int, jobs: Sequence[Callable[[], Result]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which then ends this process
    stops_again()
    theirs.close()  # so that sending fails, in place of waiting, when the parent is gone
    with suppress(Exception):  # the parent finds the result missing, does the job itself and sees the error there
        answer.send(dict(_taken(take, jobs)))


def _taken(take: int, jobs: Sequence[Callable[[], Result]]) -> Iterable[tuple[int, Result]]:
    while byte := os.read(take, 1):
        yield byte[0], jobs[byte[0]]()
