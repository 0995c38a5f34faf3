"""Kill a Lambda worker of the emulator from outside, found by the connection it holds."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from payflow_cfn.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payflow_cfn.local.emulator.emulator import Emulator

_PROC = Path("/proc")


def worker_killer(emulator: Emulator) -> Callable[[int], None]:
    """A function that kills the emulator's worker whose connection comes from the given loopback port.

    It reads /proc, so it works on Linux only; LocalError elsewhere, and when no worker holds such a connection.
    """
    if not (_PROC / "net" / "tcp").exists():
        raise LocalError(
            "workers can be killed on Linux only: there is no /proc/net/tcp here",
            remedy="run the fault tool in a Linux container",
        )

    def kill(port: int) -> None:
        os.kill(_holder(emulator.pid, port), signal.SIGKILL)

    return kill


def _holder(group: int, port: int) -> int:
    inode = _inode(port)
    for process in _members(group):
        with suppress(OSError):
            if any(os.readlink(entry) == f"socket:[{inode}]" for entry in (_PROC / str(process) / "fd").iterdir()):
                return process
    raise LocalError(f"no worker holds a connection from port {port}", remedy="it may have ended by itself", port=port)


def _inode(port: int) -> str:
    """The inode of the established connection whose own end is 127.0.0.1:port, "" when there is none."""
    # 0100007F is 127.0.0.1 as /proc/net/tcp writes it on a little-endian machine; 01 is ESTABLISHED.
    for line in (_PROC / "net" / "tcp").read_text(encoding="ascii").splitlines()[1:]:
        columns = line.split()
        if columns[1] == f"0100007F:{port:04X}" and columns[3] == "01":
            return columns[9]
    return ""


def _members(group: int) -> Iterator[int]:
    """The processes of a process group other than its leader: for the emulator's group, the Lambda workers."""
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != group:
            with suppress(OSError, IndexError):
                # The name in parentheses may have spaces, so the fields are counted from its end: state, parent, group.
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                if int(fields[2]) == group:
                    yield int(entry.name)
