"""Start MiniStack on this machine's loopback, return its address, and remove everything of it at the end."""

from __future__ import annotations

import importlib.metadata
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.certificate import make_certificate
from payflow_cfn.local.emulator.environment import Keys, emulator_environment, new_keys
from payflow_cfn.local.emulator.shutdown import end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PINNED_VERSION = "1.5.33"
ACCOUNT = "123456789012"
REGION = "us-east-1"


class EmulatorVersionWarning(UserWarning):
    """Another MiniStack than the pinned one is installed: the table of differences may not hold for it."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: `endpoint` is an https URL, `ca_bundle` the PEM file that its clients must trust.

    `keys` are its root's, made new for each run.
    """

    endpoint: str
    ca_bundle: Path
    region: str
    account: str
    version: str
    home: Path
    log: Path
    pid: int
    keys: Keys


@contextmanager
def emulator(
    *,
    region: str = REGION,
    account: str = ACCOUNT,
    wait_scale: float = 0.0,
    worker_environment: Mapping[str, str] | None = None,
    startup_timeout: float = 120.0,
) -> Iterator[Emulator]:
    """Run MiniStack for as long as the block lasts.

    `wait_scale` multiplies the workflow's Wait states and retry pauses (0 skips them, 1 is real time).
    `worker_environment` adds variables to the emulator's Lambda workers. `startup_timeout` is in seconds.
    LocalError when MiniStack is missing or does not start. Nothing is left running or on disk when the block ends,
    nor when this process dies, however it dies.
    """
    with launched(
        region=region, account=account, wait_scale=wait_scale, worker_environment=worker_environment
    ) as starting:
        starting.await_ready(startup_timeout)
        yield starting.emulator


@contextmanager
def launched(
    *,
    region: str = REGION,
    account: str = ACCOUNT,
    wait_scale: float = 0.0,
    worker_environment: Mapping[str, str] | None = None,
) -> Iterator[Starting]:
    """As `emulator`, but the block begins while MiniStack still starts, so that other work can be done meanwhile."""
    version = installed_version()
    home = Path(tempfile.mkdtemp(prefix="payflow-local-")).resolve()
    try:
        certificate = make_certificate(home)
        keys = new_keys()
        environment = emulator_environment(
            home,
            keys=keys,
            region=region,
            account=account,
            wait_scale=wait_scale,
            certificate=certificate,
            workers=worker_environment or {},
        )
        log = home / "emulator.log"
        process, port = _launch(home, environment, log)
        made = Emulator(
            endpoint=f"https://127.0.0.1:{port}",
            ca_bundle=certificate.bundle,
            region=region,
            account=account,
            version=version,
            home=home,
            log=log,
            pid=process.pid,
            keys=keys,
        )
        try:
            yield Starting(made, process)
        finally:
            _stop(process, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Starting:
    """An emulator that was launched; clients can be made for it, and requests sent once it is ready."""

    emulator: Emulator
    _process: subprocess.Popen[bytes]

    def await_ready(self, timeout: float = 120.0) -> None:
        """Wait, at most `timeout` seconds, until it answers; LocalError with its last words when it does not."""
        _await_ready(self._process, self.emulator.log, timeout)


def installed_version() -> str:
    """MiniStack's installed version; LocalError when there is none, EmulatorVersionWarning when it is not the pin."""
    try:
        version = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError as error:
        raise LocalError(
            "the embedded AWS needs MiniStack, which is not installed", remedy="pip install 'payflow-cfn[local]'"
        ) from error
    version = version or "unknown"
    if version != PINNED_VERSION:
        warnings.warn(
            f"MiniStack {version} is not the tested {PINNED_VERSION}: its differences from AWS may be others",
            EmulatorVersionWarning,
            stacklevel=3,
        )
    return version


def _launch(home: Path, environment: Mapping[str, str], log: Path) -> tuple[subprocess.Popen[bytes], int]:
    if os.name != "posix":
        raise LocalError("the embedded AWS runs on Linux and macOS only", remedy="use WSL on Windows")
    # Bound here and handed over as a descriptor: a port that was free a moment ago may be another's by now.
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener, log.open("wb") as output:
        port, number = listener.getsockname()[1], listener.fileno()
        # A session of its own: Ctrl-C reaches this process only, and one kill ends the emulator with all its workers.
        process = subprocess.Popen(
            [sys.executable, "-m", "payflow_cfn.local.emulator.launcher"],
            env={**environment, "GATEWAY_PORT": str(port), "PAYFLOW_LISTENER": str(number)},
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            pass_fds=(number,),
        )
    return process, port


def _await_ready(process: subprocess.Popen[bytes], log: Path, timeout: float) -> None:
    output = cast("IO[bytes]", process.stdout)
    # poll, not select: in a program with a thousand open files select refuses the descriptor.
    poll = select.poll()
    poll.register(output, select.POLLIN)
    readable = poll.poll(timeout * 1000)
    if readable and output.readline():
        return
    what = "ended before it was ready" if readable else f"was not ready after {timeout:g} seconds"
    words = log.read_bytes()[-4000:].decode("utf-8", "replace")
    last = (words.strip().splitlines() or ["nothing"])[-1]
    raise LocalError(f"the emulator {what}; its last words: {last}", remedy="all of them are in data['log']", log=words)


def _stop(process: subprocess.Popen[bytes], home: Path) -> None:
    """Kill the whole group at once: its state is thrown away, so there is nothing worth a graceful end."""
    end(process.pid, str(home), reap=process.wait)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
