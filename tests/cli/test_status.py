"""The commands that look at an environment: what they print, and how they end."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import AT, NAME, FakeCloudFormation, stack_id
from payflow_cfn.cli import session
from payflow_cfn.cli.main import main

OUTPUTS = [("TopicArn", "arn:aws:sns:eu-west-1:1:t"), ("Note", "two words\x1b[2J")]


def cloud_with(status: str, *, reason: str = "", outputs: Any = OUTPUTS) -> FakeCloudFormation:
    """A stack without nested ones (none where `status` is empty); `reason` is that of a table that failed."""
    cloud = FakeCloudFormation()
    if not status:
        return cloud
    cloud.put(NAME, status, Outputs=dict(outputs))

    def line(logical_id: str, physical_id: str, status: str, reason: str = "") -> dict[str, Any]:
        return {
            "StackId": stack_id(NAME), "StackName": NAME, "EventId": logical_id + status, "Timestamp": AT,
            "LogicalResourceId": logical_id, "PhysicalResourceId": physical_id, "ResourceType": "T",
            "ResourceStatus": status, "ResourceStatusReason": reason,
        }  # fmt: skip

    failed = [line("Table", "t", "CREATE_FAILED", reason)] if reason else []
    itself = [line(NAME, stack_id(NAME), each) for each in ("CREATE_IN_PROGRESS", status)]
    cloud.events[stack_id(NAME)] = [itself[0], *failed, itself[1]]
    return cloud


def listed(cloud: FakeCloudFormation, *change_sets: dict[str, Any]) -> None:
    """Make these the change sets of the stack."""
    facts = {"StackName": NAME, "StackId": stack_id(NAME)}
    cloud.change_sets = {each["ChangeSetId"]: {**each, **facts} for each in change_sets}


def drifted(status: str, expected: str, actual: str) -> dict[str, Any]:
    difference = {
        "PropertyPath": "/Threshold", "ExpectedValue": expected, "ActualValue": actual, "DifferenceType": "NOT_EQUAL"
    }  # fmt: skip
    return {
        "LogicalResourceId": "Alarm", "PhysicalResourceId": "a\x1b[1m", "ResourceType": "T",
        "StackResourceDriftStatus": status, "PropertyDifferences": [difference],
    }  # fmt: skip


def failed_set(name: str, reason: str) -> dict[str, Any]:
    return {
        "ChangeSetId": f"arn:{name}", "ChangeSetName": name, "Status": "FAILED", "StatusReason": reason,
        "CreationTime": AT,
    }  # fmt: skip


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command against a cloud: its exit status, what it printed, and what it said beside that."""
    monkeypatch.chdir(tmp_path)

    def run(cloud: FakeCloudFormation, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(session, "client", lambda *_, **__: cloud)
        status = main([arguments[0], "--env", "dev", *arguments[1:]])
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        return status, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("status", "wanted", "said"),
    [
        ("CREATE_COMPLETE", 0, "payflow-dev is CREATE_COMPLETE: it is in order"),
        ("UPDATE_ROLLBACK_COMPLETE", 0, "it is as before\n  what to do: `payflow diagnose --env dev` says why"),
        ("ROLLBACK_COMPLETE", 1, "can only be deleted: `payflow recover --env dev --remove`"),
        ("UPDATE_IN_PROGRESS", 4, "it is being updated"),
        ("SHINY_NEW_STATE", 1, "which this version does not know"),
    ],
)
def test_status_ends_by_how_the_stack_stands(ask: Any, status: str, wanted: int, said: str) -> None:
    ended, out, _ = ask(cloud_with(status), "status")
    assert ended == wanted
    assert said in out
    ended, out, _ = ask(cloud_with(status), "status", "--json")
    assert (ended, json.loads(out)["status"]) == (wanted, status)


def test_status_of_no_stack_is_one_clear_line(ask: Any) -> None:
    assert ask(cloud_with(""), "status") == (
        1, "", "there is no stack payflow-dev in eu-west-2: check the environment and the region, or deploy it\n"
    )  # fmt: skip
    ended, out, _ = ask(cloud_with(""), "status", "--json")
    assert (ended, json.loads(out)["health"]) == (1, "missing")


def test_status_as_json_has_times_in_iso_8601(ask: Any) -> None:
    _, out, _ = ask(cloud_with("CREATE_COMPLETE"), "status", "--json")
    found = json.loads(out)
    assert found["changed_at"] == "2026-11-25T10:00:00+00:00"
    assert found["operation"] == {
        "kind": "CREATE", "status": "CREATE_COMPLETE", "began_at": found["changed_at"], "ended_at": found["changed_at"]
    }  # fmt: skip


def test_outputs_in_three_forms(ask: Any) -> None:
    assert (
        ask(cloud_with("CREATE_COMPLETE"), "outputs")[1] == "Note=two words [2J\nTopicArn=arn:aws:sns:eu-west-1:1:t\n"
    )
    assert json.loads(ask(cloud_with("CREATE_COMPLETE"), "outputs", "--json")[1]) == dict(OUTPUTS)
    values = [("TopicArn", "arn:t"), ("Note", "two words")]
    ended, out, err = ask(cloud_with("CREATE_COMPLETE", outputs=values), "outputs", "--env-file")
    assert (ended, out) == (0, "NOTE='two words'\nTOPIC_ARN=arn:t\n")
    assert err == "quoted for shells, and `docker run` takes the quotes as they are: Note\n"


def test_an_output_is_printed_in_full_on_one_line(ask: Any) -> None:
    long = "two  spaces" * 400
    values = [("Long", long), ("Two", "a\nLong=b")]
    assert ask(cloud_with("CREATE_COMPLETE", outputs=values), "outputs")[1] == f"Long={long}\nTwo=a Long=b\n"


def test_outputs_writes_no_line_that_holds_an_escape_and_takes_one_form_only(ask: Any) -> None:
    assert ask(cloud_with("CREATE_COMPLETE"), "outputs", "--env-file")[0] == 1
    assert ask(cloud_with("CREATE_COMPLETE"), "outputs", "--env-file", "--json")[0] == 2
    assert ask(cloud_with(""), "outputs")[::2] == (
        1, "error: there is no stack payflow-dev in eu-west-2: check the environment and the region, or deploy it\n"
    )  # fmt: skip


def test_diagnose_says_the_cause_and_what_to_do_about_it(ask: Any) -> None:
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


def test_drift_ends_with_3_when_something_was_really_changed(ask: Any) -> None:
    cloud = cloud_with("CREATE_COMPLETE")
    assert ask(cloud, "drift")[:2] == (0, "payflow-dev: resources changed outside of it: 0\n")
    cloud.drifts = [drifted("MODIFIED", "5", '"5"')]
    ended, out, _ = ask(cloud, "drift")
    assert ended == 0
    assert "(no real change: it means the same, written otherwise)" in out
    assert out.endswith("payflow-dev: resources changed outside of it: 0, without a real change: 1\n")
    cloud.drifts = [drifted("MODIFIED", "5", "50")]
    ended, out, _ = ask(cloud, "drift", "--json")
    assert (ended, json.loads(out)["drifted"]) == (3, True)
    resource = json.loads(out)["resources"][0]
    assert (resource["physical_id"], resource["differences"][0]["actual"]) == ("a [1m", "50")


def test_drift_that_could_not_look_is_no_clean_result(ask: Any) -> None:
    cloud = cloud_with("CREATE_COMPLETE")
    cloud.detection = {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "why\x1b]0;x"}
    ended, out, _ = ask(cloud, "drift")
    assert ended == 1
    assert "not looked at: payflow-dev: why ]0;x" in out
