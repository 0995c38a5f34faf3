"""Test the plain AWS CLI: the rendered folder, `package`, `deploy`, then a payment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forked_programs import AWS, forked
from payflow_cfn.cli.main import main
from payflow_cfn.local.emulator.clients import LocalClients, child_environment, local_clients
from payflow_cfn.local.emulator.emulator import Emulator, emulator
from payflow_cfn.version import TEMPLATE_VERSION
from payflow_cfn.workflow.run import run_payment
from sessions import always

PAYMENT = {
    "transaction_id": "TXN-CLI",
    "payment_amount": "12.30",
    "payment_method": "debit_card",
    "customer_id": "CUST-1",
}


PLAIN = f"""
aws cloudformation package --template-file templates/{TEMPLATE_VERSION}/root.json --s3-bucket plain \\
  --output-template-file packaged.yaml
aws cloudformation deploy --template-file packaged.yaml --stack-name payflow-plain \\
  --capabilities CAPABILITY_NAMED_IAM --parameter-overrides Environment=plain ResourceCoverage=core
"""


@pytest.mark.local
@pytest.mark.slow
def test_the_rendered_set_deploys_with_the_aws_cli_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", "--artifacts"]) == 0
    with emulator() as cloud:
        clients = local_clients(cloud)
        clients("s3").create_bucket(Bucket="plain")

        _shell(cloud, PLAIN, tmp_path)
        machine = f"arn:aws:states:{cloud.region}:{cloud.account}:stateMachine:sfn-payment-workflow-plain"
        assert run_payment(clients("stepfunctions"), machine, PAYMENT).status == "SUCCEEDED"
        key = {"transaction_id": {"S": "TXN-CLI"}}
        row = clients("dynamodb").get_item(TableName="dynamodb-transactions-plain", Key=key)["Item"]
        assert (row["status"]["S"], float(row["amount"]["N"])) == ("COMPLETED", 12.3)


@pytest.mark.local
@pytest.mark.slow
def test_the_lines_of_show_cli_update_and_guard_the_set(
    cloud: Emulator,
    clients: LocalClients,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    clients("s3").create_bucket(Bucket="by-hand")
    (tmp_path / "payflow.toml").write_text(
        '[environments.hand]\nbucket = "by-hand"\ntermination_protection = true\ntags = {Team = "a b"}\n'
        '[environments.hand.parameters]\nResourceCoverage = "core"\nNotificationEmail = "it\'s+me@example.com"\n'
    )
    assert main(["deploy", "--env", "hand", "--yes", "--no-stack-policy"], always(clients)) == 0
    capfd.readouterr()
    asked: list[str] = []
    for service in ("cloudformation", "s3"):
        clients(service).meta.events.register("before-call.*", lambda model, **_: asked.append(model.name))
    assert main(["deploy", "--env", "hand", "--show-cli", "--parameter", "ErrorsThreshold=7"], always(clients)) == 0
    assert asked == ["DescribeStacks"]
    _shell(cloud, capfd.readouterr().out, tmp_path)
    stack = clients("cloudformation").describe_stacks(StackName="payflow-hand")["Stacks"][0]
    assert (stack["StackStatus"], stack["EnableTerminationProtection"]) == ("UPDATE_COMPLETE", True)
    assert stack["Tags"] == [{"Key": "Team", "Value": "a b"}]
    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (values["NotificationEmail"], values["ErrorsThreshold"]) == ("it's+me@example.com", "7")
    policy = clients("cloudformation").get_stack_policy(StackName="payflow-hand")["StackPolicyBody"]
    assert "Update:Replace" in policy


def _shell(cloud: Emulator, script: str, folder: Path) -> None:
    """Run the lines as a person would, with `payflow` and `aws` on the path."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "payflow").write_text(f'#!/bin/sh\nexec {sys.executable} -m payflow_cfn "$@"\n')
    (programs / "payflow").chmod(0o755)
    path = {"PATH": f"{programs}:/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    environment = child_environment(cloud) | path
    with forked(programs / "aws", AWS, environment):
        done = subprocess.run(["sh", "-e", "-c", script], env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
