"""Jobs begun ahead: their results arrive, from a second process where there may be one, and nothing stays of it."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from payflow_cfn.ahead import begun

HERE = os.getpid()


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def test_another_process_does_both_and_each_is_asked_for_as_often_as_wanted() -> None:
    with begun(lambda: ("first", os.getpid()), lambda: ["second", os.getpid()]) as (first, second):
        assert second() == ["second", first()[1]]
        assert first() is first()
        assert first()[1] != HERE


def test_the_second_is_begun_before_anybody_asks_for_the_first() -> None:
    heard, told = os.pipe()
    try:
        with begun(lambda: "x" * 500_000, lambda: os.write(told, b"!")) as (first, second):
            assert select.select([heard], [], [], 20)[0]
            assert (len(first()), second()) == (500_000, 1)
    finally:
        os.close(heard)
        os.close(told)


def test_one_processor_does_them_when_they_are_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    done: list[int] = []
    with begun(lambda: done.append(1), lambda: done.append(2)) as (first, second):
        assert done == []
        assert (second(), second(), first()) == (None, None, None)
    assert done == [2, 1]


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_another_system_than_linux_does_them_here(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with begun(os.getpid, os.getpid) as (first, second):
        assert (first(), second()) == (HERE, HERE)


def test_beside_other_threads_there_is_no_fork() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with begun(os.getpid, os.getpid) as (first, second):
            assert (first(), second()) == (HERE, HERE)
    finally:
        done.set()
        thread.join()


def die() -> int:
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_what_a_killed_process_did_not_tell_is_done_here() -> None:
    with begun(os.getpid, die) as (first, second):
        assert (first() != HERE, second()) == (True, HERE)
    with begun(die, os.getpid) as (first, second):
        assert (second(), first()) == (HERE, HERE)


def test_an_error_is_raised_here_and_what_came_before_it_is_kept() -> None:
    def broken() -> int:
        raise ValueError("broken")

    with begun(os.getpid, broken) as (first, second):
        with pytest.raises(ValueError, match="broken"):
            second()
        assert first() != HERE


def test_a_result_that_cannot_be_sent_is_made_here() -> None:
    with begun(lambda: lambda: os.getpid(), os.getpid) as (first, second):
        assert (first()(), second()) == (HERE, HERE)
        assert first() is first()


def test_an_interrupt_of_the_terminal_does_not_end_the_second_process() -> None:
    def interrupted() -> int:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGINT)
        return os.getpid()

    with begun(interrupted, os.getpid) as (first, second):
        assert first() == second() != HERE


def test_a_stop_that_comes_while_the_fork_begins_is_met_once_and_leaves_no_process() -> None:
    program = (
        "import os, signal\nfrom payflow_cfn.ahead import begun\nfork = os.fork\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\nos.sched_getaffinity = lambda _: {0, 1}\n"
        "def interrupted():\n    child = fork()\n    os.kill(os.getpid(), signal.SIGINT)\n    return child\n"
        "os.fork = interrupted\n"
        "try:\n    with begun(os.getpid, os.getpid):\n        print('begun', flush=True)\n"
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
    with pytest.raises(KeyboardInterrupt), begun(lambda: time.sleep(600), os.getpid):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 300
    assert (len(os.listdir("/proc/self/fd")), children()) == before


def test_the_second_process_ends_by_itself_when_the_first_was_killed() -> None:
    program = (
        "import os, signal\nfrom payflow_cfn.ahead import begun\n"
        "with begun(lambda: 'x' * 5_000_000, os.getpid) as _:\n"
        "    print('begun', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The output is over when nobody holds it any more: the fork inherits it.
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "begun\n")


def test_a_program_that_ignores_the_end_of_its_children_goes_on_all_the_same() -> None:
    program = (
        "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.sched_getaffinity = lambda _: {0, 1}\n"
        "from payflow_cfn.ahead import begun\n"
        "with begun(os.getpid, os.getpid) as (first, second):\n"
        "    assert first() == second() != os.getpid()\n"
        "    while os.path.exists(f'/proc/{first()}'):\n        pass\n"
        "with begun(os.getpid, lambda: signal.pause()) as (first, second):\n"
        "    assert first() != os.getpid()\n"
        "print('done')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_where_the_system_grants_no_process_they_are_done_here_and_nothing_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    before = len(os.listdir("/proc/self/fd"))
    with begun(os.getpid, os.getpid) as (first, second):
        assert (first(), second()) == (HERE, HERE)
        assert len(os.listdir("/proc/self/fd")) == before
