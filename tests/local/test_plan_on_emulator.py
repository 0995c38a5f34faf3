"""Test `plan` and `diff deployed:` on a whole set: before a first deploy, without a change, with one; nothing stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.version import TEMPLATE_VERSION
from sessions import Commands

pytestmark = pytest.mark.local
BUCKET = "artifacts"
CORE = ["--parameter", "ResourceCoverage=core"]


def plan(run: Commands, *more: str) -> tuple[int, str]:
    return run("plan", "--env", "dev", "--bucket", BUCKET, *CORE, *more)[:2]


def leftovers(clients: LocalClients) -> list[Any]:
    """The change sets of every stack that were not executed, and the stacks that were only previewed."""
    cloudformation = clients("cloudformation")
    stacks = [
        each for each in cloudformation.list_stacks()["StackSummaries"] if each["StackStatus"] != "DELETE_COMPLETE"
    ]
    waiting = [
        each["ChangeSetName"]
        for stack in stacks
        for each in cloudformation.list_change_sets(StackName=stack["StackId"])["Summaries"]
        if each["ExecutionStatus"] != "EXECUTE_COMPLETE"
    ]
    return waiting + [each["StackName"] for each in stacks if each["StackStatus"] == "REVIEW_IN_PROGRESS"]


def test_nothing_is_left_of_a_plan_before_the_first_deploy(run: Commands, clients: LocalClients) -> None:
    status, out = plan(run, "--exit-code", "--verbose")
    assert status == 3
    assert out.startswith("CREATE payflow-dev: ")
    assert "+ TransactionsTable (AWS::DynamoDB::Table dynamodb-transactions-dev)" in out
    assert "role-lambda-validation-dev may now dynamodb:PutItem" in out
    assert "data at risk" not in out
    assert leftovers(clients) == []
    assert clients("cloudformation").describe_stacks()["Stacks"] == []
    assert plan(run)[0] == 0


def test_a_name_that_is_taken_stops_a_plan_of_a_first_deploy(run: Commands, clients: LocalClients) -> None:
    clients("sns").create_topic(Name="sns-payment-notifications-dev")
    status, _, err = run("plan", "--env", "dev", "--bucket", BUCKET, *CORE)
    assert (status, "sns-payment-notifications-dev" in err) == (1, True)
    assert leftovers(clients) == []
    assert run("status", "--env", "dev")[0] == 1


def test_nothing_is_left_of_a_plan_that_is_interrupted(
    run: Commands, clients: LocalClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        assert leftovers(clients) != []
        raise KeyboardInterrupt

    monkeypatch.setattr("payflow_cfn.deploy.changeset.propose.wait_for_change_set", interrupted)
    assert plan(run) == (1, "")
    assert leftovers(clients) == []


def test_a_deployed_set_needs_no_change_then_shows_one(run: Commands, clients: LocalClients) -> None:
    """O13: the second time there is nothing to do, and nothing is left."""
    assert run("deploy", "--env", "dev", "--bucket", BUCKET, "--yes", *CORE)[0] == 0
    keys = [each["Key"] for each in clients("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert plan(run, "--exit-code") == (0, "payflow-dev needs no change\n")
    assert [each["Key"] for each in clients("s3").list_objects_v2(Bucket=BUCKET)["Contents"]] == keys
    assert leftovers(clients) == []

    status, out = plan(run, "--exit-code", "--parameter", "ErrorsThreshold=9")
    assert status == 3
    assert "UPDATE payflow-dev" in out
    assert "Threshold: 5 -> 9" in out
    assert "TransactionsTable" not in out
    assert leftovers(clients) == []

    status, out = plan(run, "--json", "--parameter", "ErrorsThreshold=9")
    found = json.loads(out)
    assert (status, found["kind"], found["changed"], found["disagreements"]) == (0, "UPDATE", True, [])
    assert {each["path"][0] for each in found["changes"]} == {"Monitoring"}


def test_what_is_deployed_does_not_differ_from_what_was_sent(run: Commands, tmp_path: Path) -> None:
    assert run("deploy", "--env", "dev", "--bucket", BUCKET, "--yes", *CORE)[0] == 0
    (tmp_path / "payflow.toml").write_text('[environments.dev.parameters]\nResourceCoverage = "core"\n')
    assert run("diff", "deployed:dev", TEMPLATE_VERSION)[:2] == (0, "no differences\n")
    assert run("diff", "deployed:dev", "deployed:dev")[:2] == (0, "no differences\n")
