"""The emulator's process: serve MiniStack over TLS on the port it is given, and end with the parent process."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import select
import signal
import ssl
import subprocess
import sys
import threading
from typing import NoReturn

from payflow_cfn.local.emulator import shutdown
from payflow_cfn.local.emulator.ministack_patches import apply_repairs
from payflow_cfn.local.emulator.signature_check import keep_sessions_secret, signed_only


def main() -> NoReturn:
    """Serve until the standard input closes, the parent process goes away, or a signal asks for the end."""
    _lead_own_group()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: _end())
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True, name="parent-watch").start()
    # Only this process has to find the package; the Lambda workers, which inherit the rest, must not see it.
    os.environ.pop("PYTHONPATH", None)
    asyncio.run(_serve(int(os.environ.pop("PAYFLOW_LISTENER"))))
    _end()


async def _serve(listener: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    apply_repairs(importlib.metadata.version("ministack"))
    key_id, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    keep_sessions_secret(secret)
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.certfile = os.environ["MINISTACK_SSL_CERT"]
    config.keyfile = os.environ["MINISTACK_SSL_KEY"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    announcement = asyncio.create_task(_announce(int(os.environ["GATEWAY_PORT"])))
    await serve(signed_only(app, key_id=key_id, secret=secret), config, shutdown_trigger=asyncio.Event().wait)
    announcement.cancel()


async def _announce(port: int) -> None:
    """Print a line on standard output once a TLS connection succeeds; all later output goes to the log."""
    trust = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
    writer.close()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _lead_own_group() -> None:
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def _watch_parent(parent: int) -> None:
    # The open pipe says that the parent lives; a fork of the parent may hold it too, so its id is asked as well.
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], 1.0)
        if readable and not os.read(sys.stdin.fileno(), 1024):
            break
    _end()


def _end() -> NoReturn:
    """Kill the whole group, Lambda workers and this process included, and let the folder be removed after that."""
    group, home = str(os.getpgrp()), os.environ["PAYFLOW_LOCAL_HOME"]
    nowhere = subprocess.DEVNULL
    subprocess.Popen(
        [sys.executable, "-I", shutdown.__file__, group, home],
        cwd="/",
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )
    os.killpg(0, signal.SIGKILL)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
