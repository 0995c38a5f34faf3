"""The plain way: the rendered folder, `aws cloudformation package` and `deploy`, then a payment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from payflow_cfn.cli import main
from payflow_cfn.local.clients import child_environment, local_clients
from payflow_cfn.local.emulator import emulator
from payflow_cfn.run import run_payment

PAYMENT = {
    "transaction_id": "TXN-CLI",
    "payment_amount": "12.30",
    "payment_method": "debit_card",
    "customer_id": "CUST-1",
}


@pytest.mark.local
@pytest.mark.slow
def test_the_rendered_set_deploys_with_the_aws_cli_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", "--artifacts"]) == 0
    with emulator() as cloud:
        clients = local_clients(cloud)
        clients("s3").create_bucket(Bucket="plain")

        def aws(*arguments: str) -> None:
            command = [sys.executable, "-m", "awscli", "cloudformation", *arguments]
            done = subprocess.run(command, env=child_environment(cloud), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

        aws("package", "--template-file", "templates/1.0.0/root.json", "--s3-bucket", "plain",
            "--output-template-file", "packaged.yaml")  # fmt: skip
        aws("deploy", "--template-file", "packaged.yaml", "--stack-name", "payflow-plain",
            "--capabilities", "CAPABILITY_NAMED_IAM",
            "--parameter-overrides", "Environment=plain", "ResourceCoverage=core")  # fmt: skip
        machine = f"arn:aws:states:{cloud.region}:{cloud.account}:stateMachine:sfn-payment-workflow-plain"
        assert run_payment(clients("stepfunctions"), machine, PAYMENT).status == "SUCCEEDED"
        key = {"transaction_id": {"S": "TXN-CLI"}}
        row = clients("dynamodb").get_item(TableName="dynamodb-transactions-plain", Key=key)["Item"]
        assert (row["status"]["S"], float(row["amount"]["N"])) == ("COMPLETED", 12.3)
