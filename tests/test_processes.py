"""Jobs of a second process: their results arrive, whatever becomes of the fork, and nothing of it stays."""

from __future__ import annotations

import errno
import functools
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.processes import begun, run_jobs

HERE = os.getpid()


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def test_another_process_does_the_job_once() -> None:
    with begun(lambda: ["result", os.getpid()]) as result:
        assert result() is result()
        assert result()[1] != HERE


def test_one_processor_does_it_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    done: list[int] = []
    with begun(lambda: done.append(1)) as result:
        assert done == []
        assert (result(), result()) == (None, None)
    assert done == [1]


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_another_system_than_linux_does_it_here(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with begun(os.getpid) as result:
        assert result() == HERE


def test_beside_other_threads_there_is_no_fork() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with begun(os.getpid) as result:
            assert result() == HERE
    finally:
        done.set()
        thread.join()


def die() -> int:
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_what_a_killed_process_did_not_tell_is_done_here() -> None:
    with begun(die) as result:
        assert result() == HERE


def test_an_error_is_raised_here() -> None:
    def broken() -> int:
        raise ValueError("broken")

    with begun(broken) as result, pytest.raises(ValueError, match="broken"):
        result()


def test_a_result_that_cannot_be_sent_is_made_here() -> None:
    with begun(lambda: lambda: os.getpid()) as result:
        assert result()() == HERE
        assert result() is result()


def test_an_interrupt_of_the_terminal_does_not_end_the_second_process() -> None:
    def interrupted() -> int:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGINT)
        return os.getpid()

    with begun(interrupted) as result:
        assert result() != HERE


def test_a_stop_that_comes_while_the_fork_begins_is_met_once_and_leaves_no_process() -> None:
    program = (
        "import os, signal\nfrom payflow_cfn.processes import begun\nfork = os.fork\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\nos.sched_getaffinity = lambda _: {0, 1}\n"
        "def interrupted():\n    child = fork()\n    os.kill(os.getpid(), signal.SIGINT)\n    return child\n"
        "os.fork = interrupted\n"
        "try:\n    with begun(os.getpid):\n        print('begun', flush=True)\n"
        "except KeyboardInterrupt:\n    print('stopped', flush=True)\n"
        "try:\n    os.waitpid(-1, 0)\nexcept ChildProcessError:\n    print('alone')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("stopped\nalone\n", "")


def children() -> str:
    """Ours now, ended ones that nobody asked for among them."""
    return Path(f"/proc/{HERE}/task/{threading.main_thread().native_id}/children").read_text()


def test_no_process_and_no_descriptor_stays_when_the_block_is_left_early() -> None:
    before = len(os.listdir("/proc/self/fd")), children()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), begun(lambda: time.sleep(600)):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 300
    assert (len(os.listdir("/proc/self/fd")), children()) == before


def test_the_second_process_ends_by_itself_when_the_first_was_killed() -> None:
    program = (
        "import os, signal\nfrom payflow_cfn.processes import begun\n"
        "with begun(lambda: 'x' * 5_000_000) as _:\n"
        "    print('begun', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The output is over when nobody holds it any more: the fork inherits it.
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "begun\n")


def test_a_program_that_ignores_the_end_of_its_children_goes_on_all_the_same() -> None:
    program = (
        "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.sched_getaffinity = lambda _: {0, 1}\n"
        "from payflow_cfn.processes import begun\n"
        "with begun(os.getpid) as result:\n"
        "    assert result() != os.getpid()\n"
        "    while os.path.exists(f'/proc/{result()}'):\n        pass\n"
        "with begun(signal.pause):\n    pass\n"
        "print('done')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_where_the_system_grants_no_process_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    with begun(os.getpid) as result:
        assert result() == HERE


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # one that ended, and whose end nobody has asked for yet


def written(folder: Path, text: str) -> None:
    """Whole or not at all in `folder`/processes."""
    (folder / "part").write_text(text)
    (folder / "part").rename(folder / "processes")


def await_file(file: Path) -> str:
    while not file.exists():
        time.sleep(0.01)
    return file.read_text()


LONG = 600.0  # seconds, so as long as it takes on a busy machine


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_ends_early_ends_the_fork_and_a_fork_of_it(tmp_path: Path, error: type[BaseException]) -> None:
    def inner() -> None:
        written(tmp_path, f"{os.getppid()} {os.getpid()}")
        time.sleep(600)

    def outer() -> None:
        with begun(inner, grace=LONG):
            time.sleep(600)

    def fails() -> None:
        await_file(tmp_path / "processes")
        raise error

    with pytest.raises(error), begun(outer, grace=LONG):
        fails()
    assert not any(map(lives, map(int, (tmp_path / "processes").read_text().split())))


def test_a_fork_that_is_ended_early_removes_its_files(tmp_path: Path) -> None:
    def job() -> None:
        with tempfile.TemporaryDirectory(dir=tmp_path):
            (tmp_path / "begun").touch()
            time.sleep(600)

    with begun(job, grace=LONG):
        await_file(tmp_path / "begun")
    assert [each.name for each in tmp_path.iterdir()] == ["begun"]


def test_a_fork_leaves_although_a_callback_of_the_collector_drops_exceptions(tmp_path: Path) -> None:
    def job() -> None:
        gc.callbacks.append(lambda *_: time.sleep(0.05))
        with tempfile.TemporaryDirectory(dir=tmp_path):
            (tmp_path / "begun").touch()
            while True:  # makes circles: where they are collected, the fork is nearly always in the callback
                kept: list[object] = []
                kept.append(kept)

    with begun(job, grace=20.0):
        await_file(tmp_path / "begun")
    assert [each.name for each in tmp_path.iterdir()] == ["begun"]


def test_one_that_does_not_leave_is_killed(tmp_path: Path) -> None:
    def job() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        written(tmp_path, str(os.getpid()))
        time.sleep(600)

    with begun(job, grace=0.01):
        found = int(await_file(tmp_path / "processes"))
    assert not lives(found)


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


def test_shared_jobs_are_done_by_two_processes_and_keep_their_order() -> None:
    found = run_jobs(of_both(8))
    assert [value for value, _ in found] == list(range(8))
    assert len({process for _, process in found}) == 2


def test_one_job_or_one_processor_makes_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_jobs([os.getpid]) == [HERE]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert run_jobs([os.getpid] * 3) == [HERE] * 3


def test_what_a_killed_process_took_of_shared_jobs_is_done_here() -> None:
    def job() -> int:
        time.sleep(0.05)
        return die()

    assert run_jobs([job] * 4) == [HERE] * 4


def test_an_error_of_a_shared_job_is_raised_here_wherever_it_happened() -> None:
    def job() -> int:
        time.sleep(0.02)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run_jobs([job] * 4)


def test_an_error_here_does_not_wait_for_the_other_process() -> None:
    def job() -> int:
        time.sleep(0.05 if os.getpid() == HERE else 600)
        raise ValueError("broken")

    started = time.monotonic()
    with pytest.raises(ValueError, match="broken"):
        run_jobs([job] * 4)
    assert time.monotonic() - started < 300


def test_large_results_of_shared_jobs_come_whole_and_nothing_stays() -> None:
    before = len(os.listdir("/proc/self/fd")), children()
    assert run_jobs([lambda: "x" * 1_000_000, lambda: "y" * 1_000_000]) == ["x" * 1_000_000, "y" * 1_000_000]
    assert (len(os.listdir("/proc/self/fd")), children()) == before
