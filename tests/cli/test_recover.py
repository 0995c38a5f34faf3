"""Test `recover` up to the library: its questions and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from one_stack import against, answer
from payflow_cfn.cli.main import main
from sessions import with_client


def test_recover_shows_what_it_would_do_and_asks_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = against(monkeypatch, tmp_path, "UPDATE_ROLLBACK_FAILED")
    answer(monkeypatch, "n\n")
    assert main(["recover", "--env", "dev"], with_client(cloud)) == 1
    assert "continues the rollback of the failed update of payflow-dev" in capsys.readouterr().err
    assert cloud.written == []


def test_recover_continues_the_rollback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = against(monkeypatch, tmp_path, "UPDATE_ROLLBACK_FAILED")
    assert main(["recover", "--env", "dev", "--yes", "--json"], with_client(cloud)) == 0
    assert cloud.written == ["continue_update_rollback"]
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["result"], last["action"], last["status"]) == (
        "recovered", "continue-rollback", "UPDATE_ROLLBACK_COMPLETE",
    )  # fmt: skip


@pytest.mark.parametrize(("status", "exit_status"), [("UPDATE_COMPLETE", 0), ("UPDATE_IN_PROGRESS", 4)])
def test_recover_leaves_a_stack_in_order_or_at_work_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: str, exit_status: int
) -> None:
    cloud = against(monkeypatch, tmp_path, status)
    assert main(["recover", "--env", "dev"], with_client(cloud)) == exit_status
    assert cloud.written == []


def test_a_stack_that_was_never_deployed_is_removed_on_request_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = against(monkeypatch, tmp_path, "REVIEW_IN_PROGRESS")
    assert main(["recover", "--env", "dev", "--yes"], with_client(cloud)) == 1
    assert "`payflow recover --env dev --remove`" in capsys.readouterr().err
    assert cloud.written == []
    assert main(["recover", "--env", "dev", "--yes", "--remove"], with_client(cloud)) == 0
    assert cloud.written == ["delete_stack"]
