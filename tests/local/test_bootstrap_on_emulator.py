"""Test the way from an account without a bucket to a deployed environment, with one bucket for every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.local.emulator.clients import LocalClients
from sessions import always

pytestmark = pytest.mark.local


def test_bootstrap_package_and_deploy_agree_on_one_bucket(
    clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["bootstrap", "--env", "boot", "--yes", "--json"], always(clients)) == 0
    bucket = json.loads(capsys.readouterr().out)["outputs"]["ArtifactBucketName"]

    assert main(["package", "--env", "boot", "--json"], always(clients)) == 0
    packaged = json.loads(capsys.readouterr().out)
    assert (packaged["bucket"], len(packaged["uploaded"])) == (bucket, 9)
    key = clients("s3").head_object(Bucket=bucket, Key=packaged["uploaded"][0])
    assert key["ServerSideEncryption"] == "aws:kms"

    assert main(["deploy", "--env", "boot", "--yes", "--parameter", "ResourceCoverage=core"], always(clients)) == 0
    assert "payflow-boot is CREATE_COMPLETE" in capsys.readouterr().err
    # What was packaged is what was deployed: nothing more was put.
    listed = clients("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert sorted(each["Key"] for each in listed) == sorted(packaged["uploaded"])
    assert main(["status", "--env", "boot"], always(clients)) == 0


def test_a_change_that_might_cost_the_key_is_refused_without_an_option_that_there_is_not(
    clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The emulator says of every other tag that it may replace a key."""
    monkeypatch.chdir(tmp_path)
    assert main(["bootstrap", "--env", "keyed", "--yes"], always(clients)) == 0
    (tmp_path / "payflow.toml").write_text('[settings]\ntags = { Team = "payments" }\n')
    assert main(["bootstrap", "--env", "keyed", "--yes"], always(clients)) == 1
    assert capsys.readouterr().err.endswith("ArtifactKey (AWS::KMS::Key) may be replaced: undo the change\n")
