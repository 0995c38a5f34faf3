"""Test that a set with findings is not deployed, and that started steps are undone."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import LocalError
from payflow_cfn.lint import Finding, Report
from payflow_cfn.local.demo import local_deploy
from payflow_cfn.local.demo.local_deploy import deployed, opened
from payflow_cfn.local.emulator.emulator import launched
from payflow_cfn.stacks.render import build_set

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.local.emulator.clients import LocalClients
    from payflow_cfn.local.emulator.emulator import Emulator

pytestmark = pytest.mark.local

FOUND = Report((Finding("P001", "error", "root.json", "Resources/Storage", "is wrong"),), {})


def test_a_finding_stops_it_before_anything_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Emulator] = []
    ports: list[int] = []
    asked: dict[str, object] = {}

    def deploy(clients: LocalClients, **what: object) -> object:
        asked.update(what)
        ports.append(int(clients.endpoint.rpartition(":")[2]))
        with socket.create_connection(("127.0.0.1", ports[0])):
            return deployed(clients, **what)  # type: ignore[arg-type]

    def report(rendered: TemplateSet, cache: str) -> Report | None:
        return FOUND if '"MemorySize": 512' in rendered.templates["functions.json"] else None

    monkeypatch.setattr("payflow_cfn.lint.report", report)
    monkeypatch.setattr(local_deploy, "deployed", deploy)
    marks: list[str] = []
    with (
        pytest.raises(LocalError, match=r"the set has 1 finding; the first: .*P001.*is wrong") as refused,
        opened(marks.append, settings=Settings(function_memory=512), parameters={"RiskThreshold": "60"}) as site,
    ):
        begun.append(site.cloud)
    assert refused.value.remedy == "`payflow lint` shows them all"
    assert asked["templates"] == build_set(Settings(function_memory=512))
    assert asked["parameters"] == {"RiskThreshold": "60"}
    assert (begun, marks[-1]) == ([], "packaged, and the change set is made")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]))


def test_what_is_deployed_has_the_settings_and_parameters_that_are_given(clients: LocalClients) -> None:
    values = {"Environment": "other", "ResourceCoverage": "full", "LogRetentionDays": "7"}
    deployed(clients, build_set(Settings(function_memory=512)), parameters=values)
    (function, _) = clients("lambda").list_functions()["Functions"]
    assert function["MemorySize"] == 512
    (stack,) = clients("cloudformation").describe_stacks(StackName="payflow-demo")["Stacks"]
    sent = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert {name: sent[name] for name in values} == {
        "Environment": "demo",
        "ResourceCoverage": "core",
        "LogRetentionDays": "7",
    }


def test_what_is_refused_at_the_last_moment_leaves_no_stack(clients: LocalClients) -> None:
    def refuse() -> None:
        (stack,) = clients("cloudformation").describe_stacks()["Stacks"]
        assert stack["StackStatus"] == "REVIEW_IN_PROGRESS"
        raise LocalError("no", remedy="")

    with pytest.raises(LocalError, match="no"):
        deployed(clients, before_execute=refuse)
    assert clients("cloudformation").describe_stacks()["Stacks"] == []


def test_a_block_begins_while_the_emulator_starts_and_the_wait_raises_its_failure() -> None:
    with launched(worker_environment={"MINISTACK_SSL_CERT": "/no/such.crt"}) as starting:
        assert starting.emulator.home.exists()
        with pytest.raises(LocalError, match="ended before it was ready"):
            starting.await_ready()
    assert not starting.emulator.home.exists()
