"""Test that the emulator starts, answers, and leaves nothing behind, however its parent ends."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.local.emulator.emulator import PINNED_VERSION, EmulatorVersionWarning, emulator, installed_version

pytestmark = pytest.mark.local

SOURCE = Path(__file__).resolve().parents[3] / "src"

# A program that starts the emulator, lets a Lambda worker hang on a connection to us, and then waits to be killed.
# A shell's background ignores Ctrl-C, and what it starts inherits that.
PARENT = """
import io, json, signal, sys, zipfile
signal.signal(signal.SIGINT, signal.default_int_handler)
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.local.emulator.emulator import emulator

HANGING = '''
import socket
def handle(event, context):
    with socket.create_connection(("127.0.0.1", event["port"])) as line:
        line.recv(1)
'''
with emulator() as running:
    clients = local_clients(running)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = clients("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", HANGING)
    clients("lambda").create_function(FunctionName="hanging", Runtime="python3.11", Role=role, Handler="main.handle",
                                      Code={"ZipFile": buffer.getvalue()}, Timeout=600)
    clients("lambda").invoke(FunctionName="hanging", InvocationType="Event", Payload=json.dumps({"port": PORT}))
    print(json.dumps({"endpoint": running.endpoint, "home": str(running.home), "pid": running.pid}), flush=True)
    sys.stdin.read()
"""


def in_whole(number: signal.Signals) -> Any:
    """Try a signal, which is handled as SIGTERM is, only in `tox -e whole`."""
    return pytest.param(number, marks=pytest.mark.whole)


def _refuses(endpoint: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", int(endpoint.rpartition(":")[2]))) != 0


def _ends(connection: socket.socket) -> bool:
    """Whether the other end closes: it does so only when its process is dead."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_block_starts_it_and_its_end_removes_it() -> None:
    with emulator(account="210987654321", region="eu-west-2") as running:
        identity = local_clients(running)("sts").get_caller_identity()
        home = running.home
        assert running.endpoint.startswith("https://127.0.0.1:")
    assert (identity["Account"], running.account, running.region) == ("210987654321", "210987654321", "eu-west-2")
    assert _refuses(running.endpoint)
    assert not home.exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)


def test_an_exception_in_the_block_ends_it_too() -> None:
    with pytest.raises(RuntimeError, match="on purpose"), emulator() as running:
        raise RuntimeError("on purpose")
    assert _refuses(running.endpoint)
    assert not running.home.exists()


@pytest.mark.parametrize("number", [in_whole(signal.SIGINT), signal.SIGTERM, in_whole(signal.SIGHUP), signal.SIGKILL])
def test_nothing_outlives_a_parent_that_gets_a_signal(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = PARENT.replace("PORT", str(listener.getsockname()[1]))
        parent = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
        )
        with parent, listener.accept()[0] as worker:
            assert parent.stdout is not None
            told = json.loads(parent.stdout.readline())
            port = int(told["endpoint"].rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port)) as server:
                parent.send_signal(number)
                assert (_ends(worker), _ends(server)) == (True, True)
    # A dying process closes its listening socket a moment after its connections.
    _await(lambda: _refuses(told["endpoint"]))
    _await(lambda: not Path(told["home"]).exists())


# A worker that keeps writing into the run's folder, and tells its own id.
WRITING = """
import itertools, os, threading
def write():
    for number in itertools.count():
        os.makedirs(os.path.join(os.environ["TMPDIR"], "left", str(number % 50)), exist_ok=True)
threading.Thread(target=write, daemon=True).start()
def handle(event, context):
    return os.getpid()
"""

INVOKE = """
import io, json, sys, zipfile
import boto3
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {"Service": "lambda.amazonaws.com"}}]}
role = boto3.client("iam").create_role(RoleName="w", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr("main.py", sys.argv[1])
functions = boto3.client("lambda")
for name in ("one", "two"):
    functions.create_function(FunctionName=name, Runtime="python3.11", Role=role, Handler="main.handle",
                              Code={"ZipFile": buffer.getvalue()}, Timeout=60)
    print(functions.invoke(FunctionName=name)["Payload"].read().decode())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, in_whole(signal.SIGHUP), signal.SIGKILL])
def test_up_ends_its_workers_and_then_its_folder_on_every_signal(number: signal.Signals, tmp_path: Path) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "payflow_cfn", "local", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
    )
    with up:
        assert up.stdout is not None
        assert up.stderr is not None
        lines = [*itertools.takewhile(lambda line: "NO_PROXY" not in line, up.stdout)]
        workers = _invoked("".join(lines))
        for line in up.stderr:
            if line.startswith("Ctrl-C"):
                break
        (home,) = tmp_path.glob("payflow-local-*")
        assert [_lives(each) for each in workers] == [True, True]
        up.send_signal(number)
        # A terminal that closes and its shell send one each.
        up.send_signal(number)
        up.wait()
        if number is signal.SIGKILL:
            _await(lambda: not home.exists())
        assert ([_lives(each) for each in workers], [*tmp_path.glob("payflow-local-*")]) == ([False, False], [])


def _invoked(lines: str) -> list[int]:
    """The process ids of two workers that write, invoked from a shell that has read the lines."""
    program = f"{lines}\nexec {shlex.quote(sys.executable)} -c {shlex.quote(INVOKE)} {shlex.quote(WRITING)}"
    result = subprocess.run(["/bin/sh", "-e", "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return [int(line) for line in result.stdout.split()]


def _lives(process: int) -> bool:
    """Whether the process runs; one that is dead and only waits to be reaped does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    state = shown.stdout.strip()
    return bool(state) and not state.startswith("Z")


def _await(what: Callable[[], bool]) -> None:
    while not what():
        time.sleep(0.01)


def test_a_failed_start_shows_the_emulators_last_output() -> None:
    with (
        pytest.raises(LocalError, match="ended before it was ready") as caught,
        emulator(worker_environment={"MINISTACK_SSL_CERT": "/no/such.crt"}),
    ):
        raise AssertionError("started")
    assert "FileNotFoundError" in str(caught.value.data["log"])


def test_without_ministack_the_remedy_is_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> str:
        raise importlib.metadata.PackageNotFoundError("ministack")

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(LocalError, match=r"pip install 'payflow-cfn\[local\]'"):
        installed_version()


@pytest.mark.parametrize("reported", ["1.6.0", None])
def test_another_version_warns_and_goes_on(monkeypatch: pytest.MonkeyPatch, reported: Any) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: reported)
    with pytest.warns(EmulatorVersionWarning, match=f"{reported or 'unknown'} is not the tested {PINNED_VERSION}"):
        assert installed_version() == (reported or "unknown")
