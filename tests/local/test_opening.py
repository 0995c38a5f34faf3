"""A set with findings is not deployed, and what was begun for it is gone."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.check import Finding, Report
from payflow_cfn.errors import LocalError
from payflow_cfn.local import opening
from payflow_cfn.local.emulator import launched
from payflow_cfn.local.opening import deployed, opened

if TYPE_CHECKING:
    from payflow_cfn.local.clients import LocalClients
    from payflow_cfn.local.emulator import Emulator

pytestmark = pytest.mark.local

FOUND = Report((Finding("P001", "error", "root.json", "Resources/Storage", "is wrong"),), {})


def test_a_finding_stops_it_before_anything_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Emulator] = []
    ports: list[int] = []

    def deploy(clients: LocalClients, **what: object) -> object:
        ports.append(int(clients.endpoint.rpartition(":")[2]))
        with socket.create_connection(("127.0.0.1", ports[0])):
            return deployed(clients, **what)  # type: ignore[arg-type]

    monkeypatch.setattr(
        "payflow_cfn.check.report", lambda rendered, cache: FOUND if "root.json" in rendered.templates else None
    )
    monkeypatch.setattr(opening, "deployed", deploy)
    marks: list[str] = []
    with (
        pytest.raises(LocalError, match=r"the set has 1 finding; the first: .*P001.*is wrong") as refused,
        opened(marks.append) as site,
    ):
        begun.append(site.cloud)
    # The set that is opened is the default one, whatever the settings are where it is opened.
    assert "in a folder without a payflow.toml, `payflow lint`" in refused.value.remedy
    assert (begun, marks[-1]) == ([], "packaged, and the change set is made")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]))


def test_what_is_refused_at_the_last_moment_leaves_no_stack(clients: LocalClients) -> None:
    def refuse() -> None:
        (stack,) = clients("cloudformation").describe_stacks()["Stacks"]
        assert stack["StackStatus"] == "REVIEW_IN_PROGRESS"
        raise LocalError("no", remedy="")

    with pytest.raises(LocalError, match="no"):
        deployed(clients, before_execute=refuse)
    assert clients("cloudformation").describe_stacks()["Stacks"] == []


def test_a_block_begins_while_the_emulator_starts_and_the_wait_tells_of_its_failure() -> None:
    with launched(worker_environment={"MINISTACK_SSL_CERT": "/no/such.crt"}) as starting:
        assert starting.emulator.home.exists()
        with pytest.raises(LocalError, match="ended before it was ready"):
            starting.await_ready()
    assert not starting.emulator.home.exists()
