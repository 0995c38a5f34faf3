"""Test `destroy` up to the library: its questions and its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from one_stack import against, answer
from payflow_cfn.cli.main import main
from sessions import with_client


@pytest.mark.parametrize(("typed", "status"), [("live\n", 0), ("y\n", 1)])
def test_destroying_real_money_takes_its_name_and_the_lifted_protection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, status: int
) -> None:
    cloud = against(monkeypatch, tmp_path, "UPDATE_COMPLETE", name="payflow-live", EnableTerminationProtection=True)
    answer(monkeypatch, typed)
    assert main(["destroy", "--env", "live"], with_client(cloud)) == 1
    assert cloud.written == []
    answer(monkeypatch, typed)
    assert main(["destroy", "--env", "live", "--lift-protection"], with_client(cloud)) == status
    assert cloud.written == ([] if status else ["update_termination_protection", "delete_stack"])
