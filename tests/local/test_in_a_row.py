"""Test on the embedded AWS that environments are deployed one after another, stop at a failure, and go on later."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from payflow_cfn.local.emulator.clients import LocalClients
from sessions import Commands

pytestmark = pytest.mark.local
BUCKET = "artifacts"
COMMAND = ["deploy", "--env", "shop-*", "--one-at-a-time"]


def environments(*names: str) -> str:
    return "".join(
        f'[environments.{name}]\nbucket = "{BUCKET}"\nregion = "us-east-1"\n'
        f'[environments.{name}.parameters]\nResourceCoverage = "core"\n'
        for name in names
    )


def statuses(clients: LocalClients) -> dict[str, str]:
    listed = clients("cloudformation").describe_stacks()["Stacks"]
    roots = [each for each in listed if re.fullmatch("payflow-[a-z0-9-]+", each["StackName"])]
    return {each["StackName"]: each["StackStatus"] for each in roots}


def test_both_environments_are_deployed_in_the_order_of_the_file(run: Commands, clients: LocalClients) -> None:
    Path("payflow.toml").write_text(environments("shop-us", "shop-eu", "other"))
    status, out, err = run(*COMMAND, "--yes")
    assert status == 0
    assert err.index("shop-us (1 of 2)") < err.index("CREATE of payflow-shop-us") < err.index("shop-eu (2 of 2)")
    assert "`payflow outputs --env shop-us --region us-east-1`" not in err
    assert "`payflow outputs --env shop-us` has" in err
    assert statuses(clients) == {"payflow-shop-us": "CREATE_COMPLETE", "payflow-shop-eu": "CREATE_COMPLETE"}
    table = [each.split() for each in out.splitlines()[-3:]]
    assert [each[:3] for each in table] == [
        ["environment", "region", "result"],
        ["shop-us", "us-east-1", "deployed"],
        ["shop-eu", "us-east-1", "deployed"],
    ]


def test_the_first_failure_stops_it_and_the_same_command_goes_on(run: Commands, clients: LocalClients) -> None:
    Path("payflow.toml").write_text(environments("shop-1", "shop-2", "shop-3"))
    group = "/aws/lambda/lambda-payment-processing-shop-2"
    clients("logs").create_log_group(logGroupName=group)
    status, out, err = run(*COMMAND, "--yes", "--json")
    events = [json.loads(each) for each in out.splitlines()]
    assert (status, events[-1]["event"], events[-1]["exit_status"]) == (1, "Environments", 1)
    rows = events[-1]["environments"]
    assert [(each["environment"], each["result"], each["exit_status"]) for each in rows] == [
        ("shop-1", "deployed", 0),
        ("shop-2", "failed", 1),
        ("shop-3", "not started", None),
    ]
    assert [each["event"] for each in events if each["event"] in ("Result", "Failed")] == ["Result", "Failed"]
    assert err.splitlines()[-1].startswith(f"error: 1 names of shop-2 are taken: function log group {group} exists")
    assert statuses(clients) == {"payflow-shop-1": "CREATE_COMPLETE"}

    clients("logs").delete_log_group(logGroupName=group)
    status, out, _ = run(*COMMAND, "--yes")
    assert status == 0
    assert [each.split()[2:-1] for each in out.splitlines()[-3:]] == [["no", "change"], ["deployed"], ["deployed"]]
    assert set(statuses(clients).values()) == {"CREATE_COMPLETE"}
    assert len(statuses(clients)) == 3
