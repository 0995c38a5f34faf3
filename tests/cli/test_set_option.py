"""Test `--set DIR`: each command uses the rendered set, and refuses a changed one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from asked_bucket import Storage
from fake_cloudformation import FakeCloudFormation
from payflow_cfn.artifacts.template_set import read_set, write_set
from payflow_cfn.cli.main import main
from payflow_cfn.cli.session import Connect
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import Deployment, planned
from payflow_cfn.deploy import deploy_set as deployment
from payflow_cfn.errors import DeployError
from payflow_cfn.stacks.render import build_set
from sessions import connect_to

# Another set than the one of the payflow.toml that lies there.
SET = build_set(
    Settings(tracing=True, log_execution_data=True, existing_keys=("dynamodb",), tags={"Owner": "Treasury"})
)
KEY = "arn:aws:kms:eu-west-2:111122223333:key/table"
FILE = f"""
[environments.dev]
bucket = "artifacts"
account = "111122223333"
region = "eu-west-2"
[environments.dev.parameters]
DynamodbKeyArn = "{KEY}"
"""
WHERE = ("--env", "dev")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: payflow.toml, and the set in `set`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text(FILE)
    write_set(SET, "set")
    return tmp_path


class Sts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/anna"}


@pytest.fixture
def connect() -> Connect:
    """Clients that know no stack; the bucket says that it was asked."""
    services = {"sts": Sts(), "s3": Storage(), "cloudformation": FakeCloudFormation()}
    return connect_to(services.__getitem__)


def test_a_set_that_was_changed_is_refused_by_every_command_that_sends_it(
    connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("set/storage.json").open("a") as file:
        file.write(" ")
    for command in (
        ("plan", *WHERE),
        ("deploy", *WHERE, "--yes"),
        ("deploy", *WHERE, "--show-cli"),
        ("package", "--out", "zips"),
        ("package", *WHERE),
        ("policy", "deployer", *WHERE),
    ):
        assert main([*command, "--set", "set"], connect) == 1, command
        said = capsys.readouterr()
        assert "error: set is not what its manifest.json says: storage.json was changed: render the set" in said.err
        assert said.out == ""


@pytest.mark.slow
def test_lint_audit_and_diff_read_an_edited_set(capsys: pytest.CaptureFixture[str]) -> None:
    text = SET.templates["storage.json"].replace("PAY_PER_REQUEST", "PROVISIONED")
    Path("set/storage.json").write_text(text)
    assert main(["lint", "--set", "set", "--format", "json"]) == 3
    assert {each["file"] for each in json.loads(capsys.readouterr().out)} == {"storage.json"}
    assert main(["audit", "--set", "set"]) == 0
    write_set(SET, "rendered")
    assert main(["diff", "rendered", "--set", "set", "--json"]) == 3
    changes = json.loads(capsys.readouterr().out.splitlines()[-1])["changes"]
    assert [each["path"] for each in changes if each["kind"] == "resource"] == [["Storage", "TransactionsTable"]]


@pytest.mark.slow
def test_diff_without_the_other_side_compares_with_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    Path("payflow.toml").write_text("[settings]\nfunction_memory = 512\n")
    write_set(build_set(Settings(function_memory=512)), "plain")
    assert main(["diff", "plain"]) == 0
    assert main(["diff", "set"]) == 3
    assert main(["diff", "set", "plain", "--set", "set"]) == 2
    assert "choose one of NEW and --set DIR" in capsys.readouterr().err


def test_a_deploy_gets_the_set_of_the_folder(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}

    def deploy_set(*_: Any, **what: Any) -> Deployment:
        seen.update(what)
        return Deployment("i", "CREATE_COMPLETE", True, {})

    monkeypatch.setattr(deployment, "deploy_set", deploy_set)
    assert main(["deploy", *WHERE, "--set", "set", "--yes"], connect) == 0
    assert (seen["templates"], seen["templates"].folder) == (SET, "set")
    assert main(["deploy", *WHERE, "--yes"], connect) == 0
    assert seen["templates"] == build_set(Settings())
    assert main(["deploy", *WHERE, "--set", "set", "--resume"], connect) == 2
    assert "choose one of --resume and --set" in capsys.readouterr().err


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_command_of_a_remedy_has_the_set_and_the_parameters(
    form: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    services = {"sts": Sts(), "s3": Storage(), "cloudformation": FakeCloudFormation("CREATE_COMPLETE")}
    connect = connect_to(services.__getitem__)
    assert main(["plan", *WHERE, "--discard", "nope"], connect) == 1
    assert "`payflow plan --env dev --keep` makes a new plan" in capsys.readouterr().err
    remedy = "`payflow plan --keep` makes a new plan, `payflow deploy --resume` goes on watching"

    def refuse(*_: Any, change_set: str, **__: Any) -> Deployment:
        raise DeployError(f"there is no {change_set}", remedy=remedy)

    monkeypatch.setattr(planned, "deploy_planned", refuse)
    given = ("--set", "set", "--parameter", "ErrorsThreshold=3", "--parameter", "AbortsThreshold=4")
    assert main(["deploy", *WHERE, *given, "--change-set", "nope", "--yes", *form], connect) == 1
    again = "`payflow plan --env dev --parameter ErrorsThreshold=3 --parameter AbortsThreshold=4 --set set --keep`"
    watch = "`payflow deploy --env dev --resume` goes on watching"
    said = capsys.readouterr()
    assert said.err.endswith(f"error: there is no nope: {again} makes a new plan, {watch}\n")
    assert not form or json.loads(said.out.splitlines()[-1])["remedy"].startswith(again)


def test_the_lines_for_a_shell_package_the_same_folder(connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", *WHERE, "--set", "set", "--show-cli"], connect) == 0
    package, made, *_ = capsys.readouterr().out.splitlines()
    assert package == ("payflow package --env dev --bucket artifacts --prefix payflow --region eu-west-2 --set set")
    assert 'ParameterKey":"DynamodbKeyArn' in made


def test_package_takes_the_zips_of_the_folder(folder: Path) -> None:
    assert main(["package", "--out", "zips", "--set", "set"]) == 0
    zips = {each.stem: each.read_bytes() for each in (folder / "zips").iterdir()}
    write_set(SET, "set", zips=zips)
    assert read_set("set") == SET
    (folder / "set" / "artifacts" / "processing.zip").write_bytes(zips["validation"])
    assert main(["package", "--out", "zips", "--set", "set"]) == 1
    assert (folder / "zips" / "processing.zip").read_bytes() == zips["processing"]


def test_policy_follows_the_set_of_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    def documents(role: str, *options: str) -> str:
        assert main(["policy", role, *WHERE, *options]) == 0
        return capsys.readouterr().out

    deployer, own = documents("deployer", "--set", "set"), documents("deployer")
    assert (KEY in deployer, '"Treasury"' in deployer) == (True, True)
    assert (KEY in own, '"Treasury"' in own) == (False, False)
    assert documents("reader", "--set", "set") != documents("reader")


@pytest.mark.parametrize("given", ["nowhere", "payflow.toml", "."])
def test_what_holds_no_set_is_one_line(
    given: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "set" / "root.json").rename(folder / "root.yaml")
    for each in (folder / "set").glob("*.json"):
        each.unlink()
    assert main(["policy", "reader", *WHERE, "--set", given]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
