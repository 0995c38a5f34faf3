"""Test on the embedded AWS that a kept plan is executed exactly, and refused when something changed since."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.local.emulator.clients import LocalClients
from sessions import Commands

pytestmark = pytest.mark.local
BUCKET = "artifacts"
STACK = "payflow-dev"
HERE = ["--env", "dev", "--bucket", BUCKET]
FILE = """
[environments.dev.parameters]
ResourceCoverage = "core"
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    (tmp_path / "payflow.toml").write_text(FILE)


@pytest.fixture
def deployed(run: Commands) -> Commands:
    assert run("deploy", *HERE, "--yes")[0] == 0
    return run


def kept(run: Commands, *more: str) -> Any:
    """Keep a plan: its name, its ARN, and the command that executes it."""
    status, out, _ = run("plan", *HERE, "--keep", "--json", *more)
    assert status == 0
    return json.loads(out)["change_set"]


def waiting(clients: LocalClients) -> list[str]:
    """The change sets of the root that can be executed."""
    listed = clients("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    return [each["ChangeSetName"] for each in listed if each["ExecutionStatus"] == "AVAILABLE"]


def threshold(clients: LocalClients) -> float:
    (alarm,) = clients("cloudwatch").describe_alarms(AlarmNames=["alarm-lambda-processing-errors-dev"])["MetricAlarms"]
    return float(alarm["Threshold"])


def test_a_first_deploy_executes_the_kept_plan(run: Commands, clients: LocalClients) -> None:
    status, plan, err = run("plan", *HERE, "--keep")
    assert status == 0
    (name,) = waiting(clients)
    assert err.splitlines()[-3:] == [
        f"kept as {name}",
        f"execute exactly this plan: `payflow deploy --env dev --bucket {BUCKET} --change-set {name}`",
        f"or delete it: `payflow plan --env dev --discard {name}`",
    ]
    stored = [each["Key"] for each in clients("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert [each for each in stored if not each.endswith(".json")] == []
    assert (
        f"  kept plan {name}: `payflow deploy --env dev --change-set {name}` with the plan's own options"
        in run("status", "--env", "dev")[1]
    )

    status, _, err = run(*shlex.split(err.splitlines()[-2].split("`")[1])[1:], "--yes")
    assert status == 0
    assert plan in err
    assert clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert (
        clients("cloudformation")
        .describe_change_set(StackName=STACK, ChangeSetName=name)["ExecutionStatus"]
        .startswith("EXECUTE_")
    )


def test_an_update_executes_the_kept_plan_and_no_other(
    deployed: Commands, clients: LocalClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kept(deployed, "--parameter", "ErrorsThreshold=7")
    command = shlex.split(found["command"])[1:]
    _, plan, _ = deployed("plan", *HERE, "--parameter", "ErrorsThreshold=7")
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    status, _, err = deployed(*command)
    assert status == 1
    assert plan in err
    assert "the change set stays: `payflow plan --env dev --discard " in err
    assert waiting(clients) == [found["name"]]
    assert threshold(clients) == 5

    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert deployed(*command)[0] == 0
    assert threshold(clients) == 7
    assert clients("cloudformation").get_stack_policy(StackName=STACK)["StackPolicyBody"]
    status, _, err = deployed(*command)
    assert status == 1
    assert err.splitlines()[-1] == (
        f"error: the change set {found['name']} of {STACK} is EXECUTE_COMPLETE and cannot be executed: "
        f"`payflow plan --env dev --bucket {BUCKET} --parameter ErrorsThreshold=7 --keep` makes a new plan"
    )


def nested(clients: LocalClients, logical_id: str) -> str:
    found = clients("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    return str(found["StackResourceDetail"]["PhysicalResourceId"].split("/")[1])


def update(clients: LocalClients, stack_name: str) -> None:
    """Change one threshold of a stack without a change set."""
    cloudformation = clients("cloudformation")
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    values = [
        {**each, "ParameterValue": "8"} if each["ParameterKey"] == "FailuresThreshold" else each
        for each in stack["Parameters"]
    ]
    cloudformation.update_stack(
        StackName=stack_name, UsePreviousTemplate=True, Parameters=values, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack_name, WaiterConfig={"Delay": 1})


def refused(run: Commands, clients: LocalClients, *command: str) -> str:
    """The one line of a refused execution; nothing was executed."""
    before = threshold(clients)
    status, _, err = run(*command, "--yes")
    lines = [each for each in err.splitlines() if each.startswith("error: ")]
    assert (status, len(lines), threshold(clients)) == (1, 1, before)
    return lines[0]


def test_a_plan_is_refused_when_something_changed_since(deployed: Commands, clients: LocalClients) -> None:
    found = kept(deployed, "--parameter", "ErrorsThreshold=7", "--parameter", "LogRetentionDays=60")
    name, command = found["name"], shlex.split(found["command"])[1:]
    bare = ["deploy", *HERE, "--parameter", "LogRetentionDays=60", "--change-set", name]
    lost = f"error: the plan of {STACK} no longer holds, nothing was changed: "
    retention = "--parameter LogRetentionDays=60 --keep` makes a new plan"
    again = f": `payflow plan --env dev --bucket {BUCKET} --parameter ErrorsThreshold=7 {retention}"
    assert refused(deployed, clients, *bare) == (
        f"{lost}the parameter ErrorsThreshold is '5', and '7' in the plan: "
        f"`payflow plan --env dev --bucket {BUCKET} {retention}"
    )

    Path("payflow.toml").write_text(f"[settings]\nfunction_memory = 512\n{FILE}")
    assert refused(deployed, clients, *command) == f"{lost}root.json is not that of the plan{again}"

    Path("payflow.toml").write_text(f'[environments.dev]\ntags = {{ Team = "pay" }}\n{FILE}')
    assert refused(deployed, clients, *command) == (
        f"{lost}tags, roles, topics or alarms differ from those of the plan, or no plan made the change set{again}"
    )

    Path("payflow.toml").write_text(FILE)
    group = "/aws/lambda/lambda-payment-processing-dev"
    clients("logs").put_retention_policy(logGroupName=group, retentionInDays=90)
    assert refused(deployed, clients, *command) == (
        f"{lost}Functions/ProcessingLogGroup was changed outside CloudFormation (MODIFIED){again}"
    )
    clients("logs").put_retention_policy(logGroupName=group, retentionInDays=30)

    assert waiting(clients) == [name]
    monitoring = nested(clients, "Monitoring")
    update(clients, monitoring)
    assert refused(deployed, clients, *command).startswith(f"{lost}the stack {monitoring} was changed after the plan, ")
    update(clients, STACK)
    assert refused(deployed, clients, *command).startswith(
        f"error: the change set {name} of {STACK} is OBSOLETE and cannot be executed: "
    )
    assert deployed("deploy", *HERE, "--yes", "--parameter", "ErrorsThreshold=6")[0] == 0
    assert refused(deployed, clients, *command).startswith(
        f"error: {STACK} in 123456789012, us-east-1 has no change set {name}: it was executed or discarded"
    )


def test_a_plan_is_discarded_with_the_stack_that_exists_only_for_it(run: Commands, clients: LocalClients) -> None:
    found = kept(run)
    assert run("plan", "--env", "dev", "--discard", found["name"]) == (0, f"discarded {found['name']}\n", "")
    assert clients("cloudformation").describe_stacks()["Stacks"] == []
    status, _, err = run("plan", "--env", "dev", "--discard", found["name"])
    assert (status, "there is no stack payflow-dev" in err) == (1, True)


def test_a_discarded_plan_leaves_the_deployed_stack(deployed: Commands, clients: LocalClients) -> None:
    found = kept(deployed, "--parameter", "ErrorsThreshold=7")
    status, out, _ = deployed("plan", "--env", "dev", "--discard", found["id"], "--json")
    assert (status, json.loads(out)) == (0, {"discarded": found["name"], "left": []})
    assert waiting(clients) == []
    assert threshold(clients) == 5
    assert json.loads(deployed("plan", *HERE, "--keep", "--json")[1])["change_set"] is None
    assert waiting(clients) == []
