"""Test that a published version's worker starts at once, and that the first invocation uses it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from local.conftest import TRUST, zipped
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import launched
from payflow_cfn.local.emulator.prewarm import start_early

pytestmark = pytest.mark.local

# The module tells who imports it, before any event.
TELLS = """
import os, socket
with socket.create_connection(("127.0.0.1", PORT)) as line:
    line.sendall(str(os.getpid()).encode())
def handle(event, context):
    return os.getpid()
"""
# It fails, and stays.
BROKEN = """
import socket, threading
threading.Thread(target=socket.create_connection(("127.0.0.1", PORT)).recv, args=(1,)).start()
raise ValueError('no module')
"""


def publish(clients: LocalClients, name: str, source: str) -> str:
    role = clients("iam").create_role(RoleName=f"role-{name}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    clients("lambda").create_function(
        FunctionName=name, Runtime="python3.11", Role=role, Handler="main.handle", Code={"ZipFile": zipped(source)}
    )
    return str(clients("lambda").publish_version(FunctionName=name)["Version"])


def invoke(clients: LocalClients, name: str, version: str) -> object:
    answer = clients("lambda").invoke(FunctionName=name, Qualifier=version, Payload=b"{}")
    found: object = json.loads(answer["Payload"].read())
    return found


@pytest.fixture
def early() -> Iterator[tuple[LocalClients, socket.socket]]:
    """An emulator that starts functions early, and where its functions' modules call."""
    with launched(start_early=True) as starting, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        starting.await_ready()
        yield local_clients(starting.emulator), listener


def test_it_starts_without_an_event_and_only_once(early: tuple[LocalClients, socket.socket]) -> None:
    clients, listener = early
    version = publish(clients, "tells", TELLS.replace("PORT", str(listener.getsockname()[1])))
    with listener.accept()[0] as line:
        told = int(line.recv(100))
    assert invoke(clients, "tells", version) == told


def test_a_worker_that_fails_to_start_is_ended_and_the_invocation_reports_why(
    early: tuple[LocalClients, socket.socket],
) -> None:
    clients, listener = early
    version = publish(clients, "broken", BROKEN.replace("PORT", str(listener.getsockname()[1])))
    with listener.accept()[0] as line:
        line.settimeout(10)
        assert line.recv(1) == b""  # its end closed it
    assert "no module" in str(invoke(clients, "broken", version))


def test_another_version_of_the_emulator_is_left_alone() -> None:
    assert not start_early("1.5.34")
