"""Test the commands that change the table of payments, up to the first call of AWS."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.cli.main import main
from payflow_cfn.payments.restore import Marked, Restored
from payment_stubs import Cloud, stored
from sessions import always, connect_to


class Account(FakeCloudFormation):
    """A stack without outputs, and a caller."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::123456789012:user/alex"}


EMPTY = connect_to(lambda _: Account("CREATE_COMPLETE"))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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
def test_restored_refuses_impossible_times(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restored", "--env", "dev", *options], EMPTY) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["forget", "T-1"], "TransactionsTableName"),
        (["restored", "--since", "2026-01-01T00:00:00Z"], "StateMachineArn"),
    ],
)
def test_a_stack_of_something_else_is_an_error(
    arguments: list[str], output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--env", "dev"], EMPTY) == 1
    assert f"payflow-dev has no output {output}: deploy the environment first" in capsys.readouterr().err


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.stack()
    cloud.caller()
    return cloud


@pytest.mark.parametrize(("answer", "status"), [("y\n", 5), ("n\n", 1), ("", 1)])
def test_forget_asks_before_it_writes(
    answer: str, status: int, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    for _ in range(2 if status == 5 else 1):
        cloud.reads(stored("COMPLETED"))
    cloud.stopped("dynamodb", after=2)
    assert main(["forget", "T-1", "--env", "dev"], always(cloud)) == status
    said = capsys.readouterr().err
    assert "Forget the customer of T-1 (COMPLETED) in dev? It is final." in said
    may = "stopped: the customer of T-1 may have been forgotten. `payflow payment --env dev T-1` shows its history"
    assert (may in said) is (status == 5)
    cloud.check()


def test_a_payment_that_cannot_be_forgotten_is_refused_without_a_question(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.reads(stored("UNKNOWN"))
    assert main(["forget", "T-1", "--env", "dev"], always(cloud)) == 1
    assert capsys.readouterr().err.startswith("error: the payment T-1 is UNKNOWN. Its customer is needed until it is")


@pytest.mark.parametrize(
    ("answer", "options", "status"), [("y\n", [], 0), ("n\n", [], 1), ("", [], 1), ("", ["--yes"], 0)]
)
def test_restored_prints_the_number_of_payments_before_it_writes(
    answer: str,
    options: list[str],
    status: int,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, written = Restored((Marked("T-1", "VALIDATED"), Marked("T-2", "none")), ()), []

    def mark(*_: Any, **__: Any) -> Restored:
        written.append("marked")
        return found

    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    monkeypatch.setattr("payflow_cfn.payments.restore.find_restored", lambda *_, **__: found)
    monkeypatch.setattr("payflow_cfn.payments.restore.mark_restored", mark)
    assert main(["restored", "--env", "dev", "--since", "2026-01-01T00:00:00Z", *options], always(cloud)) == status
    said = capsys.readouterr()
    assert ("Mark 2 payments in dev as UNKNOWN?" in said.err) is (not options)
    assert (len(written), "T-1 VALIDATED -> UNKNOWN" in said.out) == ((1, True) if status == 0 else (0, False))


def test_a_stopped_restored_prints_its_remedy(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def mark(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("payflow_cfn.payments.restore.mark_restored", mark)
    assert main(["restored", "--env", "dev", "--since", "2026-01-01T00:00:00Z", "--yes"], always(cloud)) == 5
    assert capsys.readouterr().err == (
        "\nstopped: some payments may be marked. `payflow payments --env dev --open` lists them; "
        "run it again to mark the rest\n"
    )
