"""Test `bootstrap`: what it shows before it asks, and its output after a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.deploy import Deployment, Proposal, bootstrap
from payflow_cfn.deploy.cloudformation.events import Proposed, Started
from payflow_cfn.deploy.preview import Preview
from sessions import with_client


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_what_would_change_is_shown_once(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(*_: Any, confirm: Any, on_event: Any, **__: Any) -> Deployment:
        proposal = Proposal("bootstrap-payflow-dev", "i", "c", kind, ())
        on_event(Proposed(proposal))
        assert confirm(Preview(proposal, (), ()))
        return Deployment("i", "s", True, {})

    monkeypatch.setattr(bootstrap, "bootstrap", made)
    assert main(["bootstrap", "--env", "dev", "--yes"], with_client(None)) == 0
    assert capsys.readouterr().err.count(f"{kind} bootstrap-payflow-dev: 0 changes") == 1


def test_a_stop_while_aws_works_prints_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: Any, on_event: Any, **__: Any) -> Deployment:
        on_event(Started("bootstrap-payflow-dev", "i", "CREATE"))
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "bootstrap", stopped)
    assert main(["bootstrap", "--env", "dev", "--yes"], with_client(None)) == 5
    assert "still in progress" in (said := capsys.readouterr().err)
    assert "`payflow bootstrap --env dev` again" in said
