"""Test deploy, recover and destroy as commands on the emulator: their effects and their output."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.cli.main import main
from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.stacks import render
from sessions import always

pytestmark = pytest.mark.local
BUCKET = "cmd-artifacts"
DEPLOY = ["deploy", "--env", "cmd", "--bucket", BUCKET, "--yes", "--parameter", "ResourceCoverage=core"]
STACK = "payflow-cmd"


@pytest.fixture
def account(clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalClients:
    monkeypatch.chdir(tmp_path)
    clients("s3").create_bucket(Bucket=BUCKET)
    return clients


@pytest.fixture
def deployed(account: LocalClients, capsys: pytest.CaptureFixture[str]) -> LocalClients:
    assert main(DEPLOY, always(account)) == 0
    capsys.readouterr()
    return account


def described(clients: LocalClients) -> dict[str, Any]:
    try:
        found: dict[str, Any] = clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError:
        return {"StackStatus": "gone"}
    return found


def status(clients: LocalClients) -> str:
    return str(described(clients)["StackStatus"])


def policies(clients: LocalClients) -> list[str]:
    cloudformation = clients("cloudformation")
    listed = cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    stacks = [STACK, *(each["PhysicalResourceId"] for each in listed)]
    return [cloudformation.get_stack_policy(StackName=each).get("StackPolicyBody", "") for each in stacks]


def edited(monkeypatch: pytest.MonkeyPatch, file: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """Deploy from now on another version of the set."""
    build = render.build_set

    def other(settings: Any) -> TemplateSet:
        made = build(settings)
        body = json.loads(made.templates[file])
        edit(body["Resources"])
        return replace(made, templates={**made.templates, file: json.dumps(body)})

    monkeypatch.setattr(render, "build_set", other)


def break_it(resources: dict[str, Any]) -> None:
    resources["Broken"] = {
        "Type": "AWS::Logs::MetricFilter",
        "DependsOn": "ProcessingFunction" if "ProcessingFunction" in resources else [],
        "Properties": {
            "LogGroupName": "no-such-group",
            "FilterPattern": "",
            "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}],
        },
    }


def test_a_first_deploy_prints_its_progress_and_guards_every_stack(
    account: LocalClients, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(DEPLOY, always(account)) == 0
    said = capsys.readouterr()
    assert status(account) == "CREATE_COMPLETE"
    assert "Add Storage (AWS::CloudFormation::Stack)" in said.err
    assert "CREATE_COMPLETE Storage/TransactionsTable (AWS::DynamoDB::Table)" in said.err
    assert said.err.count("payflow-cmd is CREATE_COMPLETE") == 1
    end, deployed, more, following = said.err.splitlines()[-4:]
    assert (end, deployed[:12]) == ("payflow-cmd is CREATE_COMPLETE", "deployed in ")
    assert (more, following[:31]) == (
        f"`payflow outputs --env cmd` has {len(described(account)['Outputs']) - 5} more",
        "next: `payflow run --env cmd '{",
    )
    assert len(said.out.splitlines()) == 5
    assert "TransactionsTableName=dynamodb-transactions-cmd" in said.out
    found = policies(account)
    assert len(found) == 7
    assert all('"Update:Replace"' in each for each in found)


def test_no_change_takes_few_requests_and_writes_nothing(
    deployed: LocalClients, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    for service in ("cloudformation", "s3", "sts"):
        deployed(service).meta.events.register("before-call.*", lambda model, **_: asked.append(model.name))
    assert main(DEPLOY, always(deployed)) == 0
    assert "no change" in capsys.readouterr().err.splitlines()
    assert len(asked) <= 12
    assert [each for each in asked if each.startswith(("Put", "Upload", "Head"))] == []
    assert asked.count("ListObjectsV2") == 1
    left = deployed("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    assert [each for each in left if each["ExecutionStatus"] == "AVAILABLE"] == []


def test_one_threshold_changes_one_kind_of_alarm(deployed: LocalClients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DEPLOY, "--parameter", "ErrorsThreshold=7", "--json"], always(deployed)) == 0
    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    preview = next(each for each in lines if each["event"] == "Preview")
    resources = [each["path"] for each in preview["changes"] if each["kind"] == "resource"]
    assert sorted(resources) == [["Monitoring", "ProcessingErrorsAlarm"], ["Monitoring", "ValidationErrorsAlarm"]]
    assert lines[-1]["result"] == "deployed"
    assert lines[-1]["outputs"]["TransactionsTableName"] == "dynamodb-transactions-cmd"
    alarms = deployed("cloudwatch").describe_alarms(AlarmNamePrefix="alarm-")["MetricAlarms"]
    changed = {each["AlarmName"] for each in alarms if each["Threshold"] == 7}
    assert changed == {"alarm-lambda-validation-errors-cmd", "alarm-lambda-processing-errors-cmd"}


def test_a_replaced_table_is_refused_and_the_rows_stay(
    deployed: LocalClients, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"transaction_id": {"S": "T-1"}}
    deployed("dynamodb").put_item(TableName="dynamodb-transactions-cmd", Item=row)

    def other_key(resources: dict[str, Any]) -> None:
        resources["TransactionsTable"]["Properties"]["AttributeDefinitions"][0]["AttributeType"] = "N"

    edited(monkeypatch, "storage.json", other_key)
    assert main(DEPLOY, always(deployed)) == 1
    said = capsys.readouterr().err
    assert "data at risk:\n  ! Storage/TransactionsTable " in said
    assert said.splitlines()[-1].endswith("--allow-replace TransactionsTable")
    assert status(deployed) == "CREATE_COMPLETE"
    left = deployed("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    assert [each for each in left if each["ExecutionStatus"] == "AVAILABLE"] == []
    assert deployed("dynamodb").get_item(TableName="dynamodb-transactions-cmd", Key=row)["Item"] == row


def test_a_failed_update_is_rolled_back_and_prints_its_first_cause(
    deployed: LocalClients, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(monkeypatch, "monitoring.json", break_it)
    assert main(DEPLOY, always(deployed)) == 1
    assert status(deployed) == "UPDATE_ROLLBACK_COMPLETE"
    said = capsys.readouterr().err
    assert "first cause: Monitoring/Broken (AWS::Logs::MetricFilter): " in said
    assert "what to do: " in said
    assert said.splitlines()[-1] == "error: the stack payflow-cmd ended in UPDATE_ROLLBACK_COMPLETE"


def test_a_stuck_rollback_stops_a_deploy_and_is_recovered_after_its_cause_is_repaired(
    deployed: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = deployed("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    needed = next(each for each in keys if "/processing-" in each)  # By the rollback.
    body = s3.get_object(Bucket=BUCKET, Key=needed)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=needed)
    (tmp_path / "payflow.toml").write_text('[settings]\nruntime = "python3.12"\n')
    with monkeypatch.context() as patch:
        edited(patch, "functions.json", break_it)
        assert main(DEPLOY, always(deployed)) == 1
    assert status(deployed) == "UPDATE_ROLLBACK_FAILED"
    assert "the rollback failed: Functions/ProcessingFunction (AWS::Lambda::Function)" in capsys.readouterr().err
    assert main(DEPLOY, always(deployed)) == 1
    assert "`payflow recover --env cmd` shows what it would do" in capsys.readouterr().err
    s3.put_object(Bucket=BUCKET, Key=needed, Body=body)
    assert main(["recover", "--env", "cmd", "--yes"], always(deployed)) == 0
    said = capsys.readouterr().err
    assert "stuck: Functions/ProcessingFunction: " in said
    assert "continues the rollback of the failed update of payflow-cmd" in said
    assert said.splitlines()[-1] == "recovered"
    assert status(deployed) == "UPDATE_ROLLBACK_COMPLETE"


def test_names_that_are_taken_stop_a_first_deploy_before_anything_is_made(
    account: LocalClients, capsys: pytest.CaptureFixture[str]
) -> None:
    account("logs").create_log_group(logGroupName="/aws/lambda/lambda-payment-validation-cmd")
    assert main(DEPLOY, always(account)) == 1
    assert "/aws/lambda/lambda-payment-validation-cmd exists and belongs to no stack" in capsys.readouterr().err
    assert status(account) == "gone"


def test_two_at_once_end_well_or_busy(deployed: LocalClients) -> None:
    ends: list[int] = []

    def run(threshold: int) -> None:
        ends.append(main([*DEPLOY, "--wait", "20", "--parameter", f"ErrorsThreshold={threshold}"], always(deployed)))

    threads = [threading.Thread(target=run, args=(each,)) for each in (6, 7)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(ends) <= {0, 4}
    assert 0 in ends
    assert status(deployed) == "UPDATE_COMPLETE"


def test_destroy_lists_what_stays_and_deletes_the_stack(
    deployed: LocalClients, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["destroy", "--env", "cmd", "--yes", "--json"], always(deployed)) == 0
    said = capsys.readouterr()
    assert "resources will be deleted" in said.err
    last = json.loads(said.out.splitlines()[-1])
    assert last["result"] == "destroyed"
    assert "dynamodb-transactions-cmd" in [each["id"] for each in last["retained"]]
    assert "Storage/TransactionsTable" not in last["deleted"]
    assert status(deployed) == "gone"
    told = [json.loads(each) for each in said.out.splitlines()]
    assert {each["status"] for each in told if each["event"] == "ResourceEvent"} <= {
        "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_SKIPPED",
    }  # fmt: skip


def test_destroy_without_an_answer_leaves_the_stack(deployed: LocalClients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["destroy", "--env", "cmd"], always(deployed)) == 1
    assert status(deployed) == "CREATE_COMPLETE"


def test_termination_protection_is_put_on_stops_destroy_and_is_lifted_on_request(
    deployed: LocalClients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "payflow.toml").write_text("[environments.cmd]\ntermination_protection = true\n")
    assert main(DEPLOY, always(deployed)) == 0
    assert described(deployed)["EnableTerminationProtection"] is True
    assert main(["destroy", "--env", "cmd", "--yes"], always(deployed)) == 1
    assert "the stack payflow-cmd has termination protection" in capsys.readouterr().err
    assert status(deployed) == "CREATE_COMPLETE"
    assert main(["destroy", "--env", "cmd", "--yes", "--lift-protection"], always(deployed)) == 0
    assert status(deployed) == "gone"


def test_run_pays_through_the_environment_and_marks_a_repeat(
    account: LocalClients, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(DEPLOY, always(account)) == 0
    payment = {
        "transaction_id": "RUN-1",
        "payment_amount": "12.30",
        "payment_method": "credit_card",
        "customer_id": "CUST-1",
    }
    capsys.readouterr()
    told = []
    for _ in range(2):
        assert main(["run", "--env", "cmd", "--json", json.dumps(payment)], always(account)) == 0
        told.append(json.loads(capsys.readouterr().out))
    seen = [(each["result"]["status"], each["replayed"]) for each in told]
    assert seen == [("COMPLETED", False), ("COMPLETED", True)]
    key = {"transaction_id": {"S": "RUN-1"}}
    row = account("dynamodb").get_item(TableName="dynamodb-transactions-cmd", Key=key)["Item"]
    assert row["status"]["S"] == "COMPLETED"
    assert main(["run", "--env", "cmd", json.dumps({**payment, "payment_amount": "12.31"})], always(account)) == 1
