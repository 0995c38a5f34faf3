"""End a run of the emulator: its processes first, then its folder, since what still runs still writes there.

Also a program of its own, `python shutdown.py GROUP FOLDER`, for the emulator that cannot outlive its own group.
"""

from __future__ import annotations

import glob
import os
import shutil
import signal
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAUSE = 0.01
# What never comes to an end, such as a process that nobody reaps, must not keep us.
_TRIES = 300


def end(group: int, folder: str, reap: Callable[[], object] = lambda: None) -> None:
    """Kill the process group, wait until it is gone, and remove the folder; `reap` waits for what is our own child."""
    with _no_interrupt():
        gone = not _sent(group, signal.SIGKILL)
        reap()
        for _ in range(_TRIES):
            if gone and not os.path.lexists(folder):
                return
            gone = gone or not _runs(group)
            if gone:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                time.sleep(_PAUSE)
        shutil.rmtree(folder, ignore_errors=True)


def _sent(group: int, number: int) -> bool:
    """Whether the group has a process that takes the signal; macOS refuses one for any dead process."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _runs(group: int) -> bool:
    """Whether a process of the group still runs. A dead one that nobody reaps, as in many containers, does not.

    Linux shows which is dead; elsewhere the signal has to do. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    if not _sent(group, 0):
        return False
    states = glob.glob("/proc/[0-9]*/stat")
    return not states or any(_is_running(path, group) for path in states)


def _is_running(path: str, group: int) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            state, _, its_group, *_ = file.read().rpartition(")")[2].split()
    except (OSError, ValueError):  # it ended meanwhile
        return False
    return int(its_group) == group and state not in ("Z", "X")


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold back signals that would leave the work half done: a terminal that closes sends two."""
    stops = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        end(int(sys.argv[1]), sys.argv[2])
