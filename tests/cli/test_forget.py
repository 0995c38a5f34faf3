"""The commands that change the table of payments, up to the first call of AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.cli import session
from payflow_cfn.cli.main import main


class Account(FakeCloudFormation):
    """A stack without outputs, and a caller."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::123456789012:user/alex"}


@pytest.fixture(autouse=True)
def _cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(session, "client", lambda *_, **__: Account("CREATE_COMPLETE"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "2026-11-29T10:00:00"], "--since takes a time with its zone"),
        (["--since", "yesterday"], "--since takes a time with its zone"),
        (["--since", "2026-11-29T10:00:00Z", "--until", "noon"], "--until takes a time with its zone"),
        (["--since", "2999-01-01T00:00:00Z"], "--since is the restore point"),
        (["--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"], "--since is the restore point"),
        ([], "Missing option '--since'"),
    ],
)
def test_restored_wants_times_that_can_be(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restored", "--env", "dev", *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["forget", "T-1"], "TransactionsTableName"),
        (["restored", "--since", "2026-01-01T00:00:00Z"], "StateMachineArn"),
    ],
)
def test_a_stack_of_something_else_is_told(
    arguments: list[str], output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--env", "dev"]) == 1
    assert f"payflow-dev has no output {output}: deploy the environment first" in capsys.readouterr().err
