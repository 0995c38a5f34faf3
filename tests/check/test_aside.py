"""One job beside this process: its result arrives, whatever becomes of the fork, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from payflow_cfn.check import aside as module
from payflow_cfn.check.aside import aside

HERE = os.getpid()


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # one that ended, and whose end nobody has asked for yet


def test_the_job_is_done_elsewhere_while_this_process_goes_on() -> None:
    with aside(os.getpid) as result:
        found = result()
    assert found != HERE
    assert not lives(found)


def test_beside_other_threads_it_is_done_here() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with aside(os.getpid) as result:
            assert result() == HERE
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("forked", [True, False])
def test_it_is_done_once_however_often_its_result_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: bool
) -> None:
    done = tmp_path / "done"

    def job() -> int:
        with done.open("a") as file:
            file.write("once ")
        return os.getpid()

    monkeypatch.setattr(sys, "platform", "linux" if forked else "darwin")
    with aside(job) as result:
        assert result() == result()
        assert (result() != HERE) == forked
    assert done.read_text() == "once "


def test_what_a_killed_fork_took_is_done_here() -> None:
    def job() -> int:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    with aside(job) as result:
        assert result() == HERE


def test_an_error_is_raised_here() -> None:
    def job() -> int:
        raise ValueError("broken")

    with aside(job) as result, pytest.raises(ValueError, match="broken"):
        result()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_ends_early_ends_the_fork_and_what_it_started(tmp_path: Path, error: type[BaseException]) -> None:
    told = tmp_path / "processes"

    def job() -> None:
        child = os.fork()
        if child:
            (tmp_path / "part").write_text(f"{os.getpid()} {child}")
            (tmp_path / "part").rename(told)
        time.sleep(600)

    def interrupted() -> None:
        while not told.exists():
            time.sleep(0.01)
        raise error

    with pytest.raises(error), aside(job):
        interrupted()
    first, second = map(int, told.read_text().split())
    # The second one is nobody's child any more: it is gone as soon as the system has ended it.
    while lives(second):
        time.sleep(0.01)
    assert not lives(first)


def test_a_stop_before_the_block_begins_ends_the_fork_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "process"

    def job() -> None:
        (tmp_path / "part").write_text(str(os.getpid()))
        (tmp_path / "part").rename(told)
        time.sleep(600)

    def stopped(process: int) -> None:
        if os.getpid() == HERE:
            while not told.exists():
                time.sleep(0.01)
            raise KeyboardInterrupt
        os.setpgid(process, 0)

    monkeypatch.setattr(module, "_lead_group", stopped)
    with pytest.raises(KeyboardInterrupt), aside(job):
        pytest.fail("the block began")
    left = lives(int(told.read_text()))
    if left:
        os.kill(int(told.read_text()), signal.SIGKILL)
    assert not left


def test_a_fork_that_is_ended_early_removes_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", 600)  # as long as it takes on a busy machine

    def job() -> None:
        with tempfile.TemporaryDirectory(dir=tmp_path):
            (tmp_path / "begun").touch()
            time.sleep(600)

    with aside(job):
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
    assert [each.name for each in tmp_path.iterdir()] == ["begun"]


def test_one_that_does_not_leave_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def job() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (tmp_path / "part").write_text(str(os.getpid()))
        (tmp_path / "part").rename(tmp_path / "process")
        time.sleep(600)

    monkeypatch.setattr(module, "_GRACE", 0.01)
    with aside(job):
        while not (tmp_path / "process").exists():
            time.sleep(0.01)
    assert not lives(int((tmp_path / "process").read_text()))
