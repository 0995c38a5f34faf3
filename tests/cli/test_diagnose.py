"""Test `diagnose`: the printed cause and the exit status."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from fake_cloudformation import AT, NAME, FakeCloudFormation, stack_id
from one_stack import cloud_with


def listed(cloud: FakeCloudFormation, *change_sets: dict[str, Any]) -> None:
    """Make these the change sets of the stack."""
    facts = {"StackName": NAME, "StackId": stack_id(NAME)}
    cloud.change_sets = {each["ChangeSetId"]: {**each, **facts} for each in change_sets}


def failed_set(name: str, reason: str) -> dict[str, Any]:
    return {
        "ChangeSetId": f"arn:{name}", "ChangeSetName": name, "Status": "FAILED", "StatusReason": reason,
        "CreationTime": AT,
    }  # fmt: skip


def test_diagnose_prints_the_cause_and_its_remedy(ask: Any) -> None:
    cloud = cloud_with("ROLLBACK_COMPLETE", reason="dynamodb-transactions-dev already exists\x1b[2J")
    ended, out, _ = ask(cloud, "diagnose")
    assert ended == 1
    assert out.splitlines()[1] == "first cause: Table (T): dynamodb-transactions-dev already exists [2J"
    assert "what to do: something of this name exists already" in out
    ended, out, _ = ask(cloud, "diagnose", "--json")
    assert (ended, json.loads(out)["cause"]["path"]) == (1, ["Table"])


def test_diagnose_of_a_good_deploy_finds_nothing(ask: Any) -> None:
    ended, out, _ = ask(cloud_with("CREATE_COMPLETE"), "diagnose")
    assert (ended, out) == (0, "payflow-dev is CREATE_COMPLETE: its last operation has no failure on record\n")


def test_diagnose_finds_the_change_set_that_failed_since(ask: Any) -> None:
    cloud = cloud_with("CREATE_COMPLETE")
    mine, empty = failed_set("mine", "Template error: x"), failed_set("empty", "No updates are to be performed.")
    listed(cloud, {**empty, "CreationTime": AT + timedelta(seconds=9)}, mine)
    assert ask(cloud, "diagnose")[0] == 0  # the newest one had nothing to change
    listed(cloud, {**mine, "CreationTime": AT + timedelta(seconds=9)}, empty)
    ended, out, _ = ask(cloud, "diagnose")
    assert ended == 1
    assert "first cause: the stack itself: Template error: x" in out
    listed(cloud, {**mine, "CreationTime": AT - timedelta(seconds=1)})
    assert ask(cloud, "diagnose")[0] == 0  # the stack was changed after it
    assert ask(cloud, "diagnose", "--change-set", "mine")[0] == 1
    ended, _, err = ask(cloud, "diagnose", "--change-set", "other")
    assert (ended, err) == (1, "error: payflow-dev has no change set other: it has mine\n")
