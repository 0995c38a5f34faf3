"""Start MiniStack on this machine's loopback, hand out where it listens, and leave nothing of it behind."""

from __future__ import annotations

import importlib.metadata
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from payflow_cfn.errors import LocalError
from payflow_cfn.local.certificate import make_certificate
from payflow_cfn.local.environment import emulator_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PINNED_VERSION = "1.5.33"
ACCOUNT = "123456789012"
REGION = "us-east-1"


class EmulatorVersionWarning(UserWarning):
    """Another MiniStack than the pinned one is installed: the table of differences may not hold for it."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: `endpoint` is an https URL, `ca_bundle` the PEM file that its clients must trust."""

    endpoint: str
    ca_bundle: Path
    region: str
    account: str
    version: str
    home: Path
    log: Path
    pid: int


@contextmanager
def emulator(
    *,
    region: str = REGION,
    account: str = ACCOUNT,
    wait_scale: float = 0.0,
    worker_environment: Mapping[str, str] | None = None,
    startup_timeout: float = 30.0,
) -> Iterator[Emulator]:
    """Run MiniStack for as long as the block lasts.

    `wait_scale` multiplies the workflow's Wait states and retry pauses (0 skips them, 1 is real time).
    `worker_environment` adds variables to the emulator's Lambda workers. `startup_timeout` is in seconds.
    LocalError when MiniStack is missing or does not start. Nothing is left running or on disk when the block ends,
    nor when this process dies, however it dies.
    """
    version = installed_version()
    with tempfile.TemporaryDirectory(prefix="payflow-local-", ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve()
        certificate = make_certificate(home)
        environment = emulator_environment(
            home,
            region=region,
            account=account,
            wait_scale=wait_scale,
            certificate=certificate.certificate,
            key=certificate.key,
            workers=worker_environment or {},
        )
        log = home / "emulator.log"
        process = _launch(home, environment, log)
        try:
            port = _await_port(process, log, startup_timeout)
            yield Emulator(
                endpoint=f"https://127.0.0.1:{port}",
                ca_bundle=certificate.certificate,
                region=region,
                account=account,
                version=version,
                home=home,
                log=log,
                pid=process.pid,
            )
        finally:
            _stop(process)


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


def _launch(home: Path, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    if os.name != "posix":
        raise LocalError("the embedded AWS runs on Linux and macOS only", remedy="use WSL on Windows")
    with log.open("wb") as output:
        # A session of its own: Ctrl-C reaches this process only, and one kill ends the emulator with all its workers.
        return subprocess.Popen(
            [sys.executable, "-m", "payflow_cfn.local.launcher"],
            env=dict(environment),
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
        )


def _await_port(process: subprocess.Popen[bytes], log: Path, timeout: float) -> int:
    output = cast("IO[bytes]", process.stdout)
    # poll, not select: in a program with a thousand open files select refuses the descriptor.
    poll = select.poll()
    poll.register(output, select.POLLIN)
    readable = poll.poll(timeout * 1000)
    line = output.readline() if readable else b""
    if line:
        return int(json.loads(line)["port"])
    what = "ended before it was ready" if readable else f"was not ready after {timeout:g} seconds"
    words = _tail(log)
    last = (words.strip().splitlines() or ["nothing"])[-1]
    raise LocalError(f"the emulator {what}; its last words: {last}", remedy="all of them are in data['log']", log=words)


def _tail(log: Path, *, size: int = 4000) -> str:
    return log.read_bytes()[-size:].decode("utf-8", "replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group at once: its state is thrown away, so there is nothing worth a graceful end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def reset(emulator: Emulator) -> None:
    """Empty the emulator: stacks, tables, roles, records, everything."""
    _post(emulator, "/_ministack/reset", {})


def set_wait_scale(emulator: Emulator, scale: float) -> None:
    """Change the factor on the workflow's waits while the emulator runs (0 skips them, 1 is real time)."""
    applied = _post(emulator, "/_ministack/config", {"stepfunctions._SFN_WAIT_SCALE": scale})
    if not applied.get("applied"):
        raise LocalError(f"the emulator refused the wait scale {scale!r}", remedy="give a finite number from 0 up")


def _post(emulator: Emulator, path: str, body: Mapping[str, object]) -> dict[str, object]:
    import http.client
    import ssl

    port = int(emulator.endpoint.rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
    try:
        connection.request("POST", path, json.dumps(body))
        answer = json.loads(connection.getresponse().read() or b"{}")
    finally:
        connection.close()
    return dict(answer)
