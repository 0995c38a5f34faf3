"""deploy, outputs and destroy as commands: what they leave at AWS, and what they say."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from payflow_cfn import cli
from payflow_cfn.commands import aws
from payflow_cfn.local.clients import LocalClients

DEPLOY = ["deploy", "--env", "cmd", "--bucket", "cmd-artifacts", "--yes", "--parameter", "ResourceCoverage=core"]


@pytest.fixture
def deployed(clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalClients:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(aws, "client", lambda service, *_, **__: clients(service))
    clients("s3").create_bucket(Bucket="cmd-artifacts")
    assert cli.main(DEPLOY) == 0
    return clients


def _status(clients: LocalClients) -> str:
    try:
        return str(clients("cloudformation").describe_stacks(StackName="payflow-cmd")["Stacks"][0]["StackStatus"])
    except ClientError:
        return "gone"


@pytest.mark.local
def test_deploy_says_what_happens_in_words_and_a_repeat_changes_nothing(
    capsys: pytest.CaptureFixture[str], deployed: LocalClients
) -> None:
    first = capsys.readouterr()
    assert _status(deployed) == "CREATE_COMPLETE"
    assert "payflow-cmd is CREATE_COMPLETE" in first.err
    assert "Event(" not in first.err
    assert "TransactionsTableName=dynamodb-transactions-cmd" in first.out
    assert cli.main(DEPLOY) == 0
    assert "no change" in capsys.readouterr().err


@pytest.mark.local
def test_destroy_lists_what_stays_and_deletes_the_stack(
    deployed: LocalClients, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["destroy", "--env", "cmd", "--yes"]) == 0
    said = capsys.readouterr().err
    assert "resources are deleted" in said
    assert "dynamodb-transactions-cmd" in said
    assert _status(deployed) == "gone"


@pytest.mark.local
def test_destroy_without_an_answer_leaves_the_stack(deployed: LocalClients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cli.main(["destroy", "--env", "cmd"]) == 1
    assert _status(deployed) == "CREATE_COMPLETE"


@pytest.mark.local
def test_destroy_stops_before_a_protected_stack(deployed: LocalClients, capsys: pytest.CaptureFixture[str]) -> None:
    deployed("cloudformation").update_termination_protection(StackName="payflow-cmd", EnableTerminationProtection=True)
    assert cli.main(["destroy", "--env", "cmd", "--yes"]) == 1
    assert "the stack payflow-cmd has termination protection" in capsys.readouterr().err
    assert _status(deployed) == "CREATE_COMPLETE"
