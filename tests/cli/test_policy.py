"""Test `policy` as a command: its output, its files, and its required options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.cli.main import main

HERE = ["--env", "dev", "--account", "111122223333", "--region", "eu-west-2"]
ALL = [*HERE, "--bucket", "artifacts"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text("[settings]\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["policy", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("role", ["deployer", "planner", "operator", "reader", "keeper", "caller"])
def test_one_object_with_the_documents_and_the_reasons(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, role, *ALL)
    facts = {key: report[key] for key in ("role", "environment", "account", "region", "partition", "left_out")}
    assert facts == {
        "role": role,
        "environment": "dev",
        "account": "111122223333",
        "region": "eu-west-2",
        "partition": "aws",
        "left_out": [],
    }
    names = [each["name"] for each in report["documents"]]
    assert names == [f"policy-payflow-{role}-dev-{number}" for number in range(1, len(names) + 1)]
    assert all(0 < each["characters"] <= 6144 for each in report["documents"])
    assert all(report["wildcards"].values())


def test_payflow_toml_supplies_missing_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "payflow.toml").write_text(
        '[settings]\ntags = { Owner = "Treasury" }\n'
        '[environments.dev]\naccount = "111122223333"\nregion = "cn-north-1"\nbucket = "in-file"\n'
        'bucket_key = "arn:aws-cn:kms:cn-north-1:111122223333:key/7"\n'
        'service_role_arn = "arn:aws-cn:iam::111122223333:role/cfn"\n'
        '[environments.dev.parameters]\nRolePath = "/pay/"\nPermissionsBoundary = "limits"\n'
    )
    report = run(capsys, "deployer", "--env", "dev")
    text = json.dumps(report["documents"])
    assert report["partition"] == "aws-cn"
    assert "arn:aws:" not in json.dumps(report)
    assert '"arn:aws-cn:iam::111122223333:role/cfn"' in text
    assert '"arn:aws-cn:s3:::in-file/payflow/*"' in text
    assert '"arn:aws-cn:kms:cn-north-1:111122223333:key/7"' in text
    service = json.dumps(report["service_role"])
    assert "role/pay/role-lambda-validation-dev" in service
    assert "arn:aws-cn:iam::111122223333:policy/limits" in service
    assert '"aws:ResourceTag/Owner": "Treasury"' in service


@pytest.mark.parametrize("service_role", [[], ["--with-service-role"]])
def test_a_deployer_without_a_boundary_gets_the_administrator_warning(
    folder: Path, service_role: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever may write a role's policy may write any; with a boundary the documents say so, and nothing is told."""
    assert main(["policy", "deployer", *ALL, *service_role]) == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("warning: dev has no permissions boundary")
    assert "administrator" in told
    assert "set PermissionsBoundary in [environments.dev.parameters] of payflow.toml" in told
    (folder / "payflow.toml").write_text('[environments.dev.parameters]\nPermissionsBoundary = "limits"\n')
    assert main(["policy", "deployer", *ALL, *service_role]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("role", ["operator", "reader"])
def test_a_role_that_creates_no_roles_gets_no_boundary_warning(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", role, *ALL]) == 0
    assert capsys.readouterr().err == ""


def test_the_service_role_is_named_by_the_pattern_or_given(capsys: pytest.CaptureFixture[str]) -> None:
    start = "arn:aws:iam::111122223333:role"
    report = run(capsys, "deployer", "--with-service-role", *ALL)
    assert f'"{start}/role-cloudformation-payflow-dev"' in json.dumps(report["documents"])
    report = run(capsys, "deployer", "--with-service-role", f"{start}/mine", *ALL)
    assert f'"{start}/mine"' in json.dumps(report["documents"])
    trust = report["service_role"]["trust"]["Statement"][0]["Principal"]
    assert trust == {"Service": "cloudformation.amazonaws.com"}


@pytest.mark.parametrize(("option", "value"), [("--account", "222222222222"), ("--region", "us-east-1")])
def test_another_place_than_the_files_is_refused(
    option: str, value: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "payflow.toml").write_text('[environments.dev]\naccount = "111122223333"\nregion = "eu-west-2"\n')
    assert run(capsys, "reader", *HERE)["account"] == "111122223333"
    assert main(["policy", "reader", "--env", "dev", option, value]) == 2
    assert f"and {option} is {value}" in capsys.readouterr().err


def test_each_document_can_be_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "deployer", "--with-service-role", "--out", "iam", *ALL)
    documents = {each["name"]: each["document"] for each in report["documents"] + report["service_role"]["documents"]}
    wanted = {**documents, "trust-cloudformation": report["service_role"]["trust"]}
    found = {each.stem: json.loads(each.read_text()) for each in (folder / "iam").iterdir()}
    assert found == wanted


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["deployer", "--env", "dev"], "--account is needed"),
        (["deployer", "--env", "dev", "--account", "111122223333"], "--region is needed"),
        (["deployer", *HERE], "--bucket is needed"),
        (["deployer", *ALL, "--account", "12"], "the account '12' cannot stand in a policy"),
        (["owner", *ALL], "is not one of"),
        (["reader", *HERE, "--with-service-role", "mine"], "'mine' is not the ARN of a role"),
    ],
)
def test_what_is_missing_or_wrong_is_wrong_usage(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_reader_or_operator_needs_no_bucket(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "reader", *HERE)["documents"]
    assert run(capsys, "operator", *HERE)["documents"]


def test_a_log_with_payments_is_not_for_readers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "logs:FilterLogEvents" in json.dumps(run(capsys, "reader", *HERE))
    (folder / "payflow.toml").write_text("[settings]\nlog_execution_data = true\n")
    assert "logs:FilterLogEvents" not in json.dumps(run(capsys, "reader", *HERE))


def test_unknown_actions_of_a_newer_schema_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from payflow_cfn.iam import deployer

    asked = {"AWS::SNS::Topic": frozenset({"sns:Brew", "tea:Pour"})}
    monkeypatch.setattr(deployer, "permissions", lambda _: asked)
    assert main(["policy", "deployer", *ALL]) == 0
    said = capsys.readouterr()
    assert "not granted: AWS::SNS::Topic tea:Pour" in said.err
    assert "sns:Brew" in said.out
    assert json.loads(said.out)["left_out"] == ["AWS::SNS::Topic tea:Pour"]
