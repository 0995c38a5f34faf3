"""Jobs of two processes: every job is done, in the order given, whatever becomes of the second process."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.check import workers
from payflow_cfn.check.workers import shared

HERE = os.getpid()


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def of_both(number: int) -> list[Callable[[], tuple[int, int]]]:
    """Jobs of which each process does one at least: nobody ends his first before the other has one too."""
    meeting = multiprocessing.get_context("fork").Barrier(2)
    met: list[int] = []

    def job(value: int) -> tuple[int, int]:
        if not met:
            meeting.wait()
            met.append(value)
        return value, os.getpid()

    return [functools.partial(job, value) for value in range(number)]


def slow(value: int) -> Callable[[], tuple[int, int]]:
    def job() -> tuple[int, int]:
        time.sleep(0.05)  # long enough for the other process to take a job as well
        return value, os.getpid()

    return job


def test_results_are_in_the_order_of_the_jobs() -> None:
    assert [value for value, _ in shared([slow(each) for each in range(8)])] == list(range(8))


def test_two_processes_do_them() -> None:
    assert len({process for _, process in shared(of_both(8))}) == 2


def test_one_processor_does_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert {process for _, process in shared([slow(each) for each in range(3)])} == {HERE}


def test_beside_other_threads_there_is_no_fork() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert {process for _, process in shared([slow(each) for each in range(3)])} == {HERE}
    finally:
        done.set()
        thread.join()


def test_what_a_killed_process_took_is_done_here() -> None:
    def job() -> int:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return os.getpid()

    assert shared([job] * 4) == [HERE] * 4


def test_an_error_is_raised_here_wherever_it_happened() -> None:
    def job() -> int:
        time.sleep(0.02)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        shared([job] * 4)


def test_an_error_here_does_not_wait_for_the_other_process() -> None:
    def job() -> int:
        time.sleep(0.05 if os.getpid() == HERE else 600)
        raise ValueError("broken")

    started = time.monotonic()
    with pytest.raises(ValueError, match="broken"):
        shared([job] * 4)
    assert time.monotonic() - started < 300


def test_large_answers_come_whole() -> None:
    assert shared([lambda: "x" * 1_000_000, lambda: "y" * 1_000_000]) == ["x" * 1_000_000, "y" * 1_000_000]


def children() -> str:
    """Ours now, ended ones that nobody asked for among them; the run's emulator may be one."""
    return Path(f"/proc/{os.getpid()}/task/{threading.main_thread().native_id}/children").read_text()


def test_no_process_and_no_descriptor_stays() -> None:
    before = len(os.listdir("/proc/self/fd")), children()
    shared([slow(each) for each in range(4)])
    assert (len(os.listdir("/proc/self/fd")), children()) == before
    assert workers._with_a_fork([]) == {}
    assert children() == before[1]
