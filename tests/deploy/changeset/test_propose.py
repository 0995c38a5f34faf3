"""Test an open change set: its proposal with all nested ones, and that nothing is left at its end."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from fake_cloudformation import NAME, NOTHING, FakeCloudFormation, change, nested, refused
from payflow_cfn.deploy import Diagnosis, Proposal
from payflow_cfn.deploy.changeset.propose import open_change_set
from payflow_cfn.deploy.cloudformation.events import LeftBehind
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import read_root
from payflow_cfn.errors import BusyError, DeployError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.conftest import FakeClock

ROOT = json.dumps({"Parameters": {"Environment": {"Type": "String", "Default": "dev"}}, "Resources": {}})
TOPIC = "AWS::SNS::Topic"


def run(
    cloud: FakeCloudFormation,
    clock: FakeClock,
    left: list[str] | None = None,
    clients: Callable[[str], Any] | None = None,
) -> Proposal | None:
    """Open a change set and read it; None where nothing changes."""
    request = Request(NAME, read_root(cloud.client, ROOT, stack_name=NAME), {"Environment": "dev"})
    told: list[str] = left if left is not None else []
    pace = clock.pace()
    found: Proposal | None = None
    with open_change_set(
        cloud.client,
        request,
        clients=clients,
        on_event=lambda event: told.append(event.text) if isinstance(event, LeftBehind) else None,
        pace=pace,
    ) as change_set:
        if not change_set.is_empty:
            found = change_set.propose()
    assert told == [] or left is not None
    assert set(cloud.deleted.values()) <= {"REVIEW_IN_PROGRESS"}
    return found


def made(cloud: FakeCloudFormation, clock: FakeClock, left: list[str] | None = None) -> Proposal:
    found = run(cloud, clock, left)
    assert found is not None
    return found


def test_the_change_set_of_an_update_is_read_and_deleted(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", change("A", TOPIC, Replacement="False"))
    found = made(cloud, time_machine)
    assert [(each.path, each.action) for each in found.changes] == [(("A",), "Modify")]
    assert (found.kind, cloud.sent["ChangeSetType"], cloud.sent["IncludeNestedStacks"]) == ("UPDATE", "UPDATE", True)
    assert (cloud.statuses, cloud.change_sets) == ({NAME: "UPDATE_COMPLETE"}, {})


def test_children_are_read_to_any_depth(time_machine: FakeClock) -> None:
    deep = nested("Deep", change("Topic", TOPIC, Replacement="True"))
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("Child", deep))
    found = made(cloud, time_machine)
    assert [each.path for each in found.changes] == [("Child",), ("Child", "Deep"), ("Child", "Deep", "Topic")]
    assert found.changes[-1].replacement == "True"
    assert cloud.change_sets == {}


def test_of_a_first_deploy_neither_the_root_nor_a_nested_stack_is_left(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("", nested("Child", change("Topic", TOPIC, "Add"), action="Add"))
    found = made(cloud, time_machine)
    assert (found.kind, len(found.changes)) == ("CREATE", 2)
    assert set(cloud.deleted) == {NAME, f"{NAME}-Child"}
    assert (cloud.statuses, cloud.change_sets) == ({}, {})


def test_a_stack_that_somebody_else_previews_stays(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("REVIEW_IN_PROGRESS", change("A", TOPIC, "Add"))
    assert made(cloud, time_machine).kind == "CREATE"
    assert cloud.statuses == {NAME: "REVIEW_IN_PROGRESS"}


def test_a_preview_that_another_run_joined_meanwhile_stays(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("", change("A", TOPIC, "Add"))
    cloud.then["delete_change_set"] = lambda: cloud.preview("another")
    run(cloud, time_machine)
    assert cloud.statuses == {NAME: "REVIEW_IN_PROGRESS"}


def test_a_stack_that_another_run_deployed_meanwhile_is_never_deleted(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("", change("A", TOPIC, "Add"))
    cloud.then["delete_change_set"] = lambda: cloud.stacks[NAME].update(StackStatus="CREATE_IN_PROGRESS")
    run(cloud, time_machine)
    assert cloud.statuses == {NAME: "CREATE_IN_PROGRESS"}
    assert "delete_stack" not in cloud.asked


def test_a_change_set_of_our_own_that_lingers_keeps_no_stack(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("", nested("Child", change("Topic", TOPIC, "Add"), action="Add"))
    cloud.lingers = True
    run(cloud, time_machine)
    assert cloud.statuses == {}
    assert cloud.change_sets != {}


@pytest.mark.parametrize("reason", [NOTHING, "No updates are to be performed."])
def test_nothing_to_do_is_no_proposal(time_machine: FakeClock, reason: str) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", Status="FAILED", StatusReason=reason)
    assert run(cloud, time_machine) is None
    assert cloud.change_sets == {}


def test_a_change_set_that_only_changes_outputs_is_a_proposal_without_changes(time_machine: FakeClock) -> None:
    assert made(FakeCloudFormation("UPDATE_COMPLETE"), time_machine).changes == ()


def test_another_failure_is_an_error_and_nothing_is_left(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation(Status="FAILED", StatusReason="Transform AWS::X failed")
    with pytest.raises(DeployError, match="Transform AWS::X failed"):
        run(cloud, time_machine)
    assert (cloud.statuses, cloud.change_sets) == ({}, {})


def test_the_reason_of_a_nested_failure_is_shown_with_its_path(time_machine: FakeClock) -> None:
    child = nested("Child", Status="FAILED", StatusReason="Template error: no such thing")
    cloud = FakeCloudFormation("UPDATE_COMPLETE", child, Status="FAILED")
    with pytest.raises(DeployError, match="failed in Child: Template error"):
        run(cloud, time_machine)
    assert cloud.change_sets == {}


def test_all_findings_are_in_the_error_and_the_diagnosis_behind_it(time_machine: FakeClock) -> None:
    finding = {
        "EventType": "VALIDATION_ERROR", "LogicalResourceId": "T", "ValidationName": "V",
    }  # fmt: skip
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested("Child", Status="FAILED", StatusReason="x"), Status="FAILED")
    cloud.findings = {f"{NAME}-Child": [{**finding, "ValidationStatusReason": each} for each in ("one", "two")]}
    with pytest.raises(DeployError) as caught:
        run(cloud, time_machine)
    assert caught.value.message == f"the change set of {NAME} failed: Child/T: one [V]; Child/T: two [V]"
    diagnosis = caught.value.data["diagnosis"]
    assert isinstance(diagnosis, Diagnosis)
    assert len(diagnosis.failures) == 2


@pytest.mark.parametrize("at", ["create_change_set", "describe_change_set"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), refused("AccessDenied", "no")])
@pytest.mark.parametrize("status", ["", "UPDATE_COMPLETE"])
def test_an_interruption_or_error_leaves_nothing(
    time_machine: FakeClock, at: str, error: BaseException, status: str
) -> None:
    cloud = FakeCloudFormation(status, change("A", TOPIC, "Add"))
    cloud.lose = {at: [error]}
    with pytest.raises((KeyboardInterrupt, DeployError)):
        run(cloud, time_machine)
    assert cloud.change_sets == {}
    assert cloud.statuses == ({NAME: status} if status else {})


def test_an_interruption_of_the_wait_leaves_no_nested_stack_either(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("", nested("Child", change("Topic", TOPIC, "Add"), action="Add"))
    cloud.lose = {"describe_change_set": [KeyboardInterrupt()]}
    with pytest.raises(KeyboardInterrupt):
        run(cloud, time_machine)
    assert (cloud.statuses, cloud.change_sets) == ({}, {})


class Impatient(FakeCloudFormation):
    """The person at the terminal presses Ctrl-C once more while the change set is being deleted."""

    def delete_change_set(self, **call: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return super().delete_change_set(**call)


def test_a_second_ctrl_c_leaves_nothing_either(time_machine: FakeClock) -> None:
    cloud = Impatient("", change("A", TOPIC, "Add"))
    cloud.lose = {"describe_change_set": [KeyboardInterrupt()]}
    with pytest.raises(KeyboardInterrupt):
        run(cloud, time_machine)
    assert (cloud.statuses, cloud.change_sets) == ({}, {})


def test_a_change_set_that_is_still_being_made_is_deleted_later(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", change("A", TOPIC))
    cloud.fail = {"delete_change_set": [refused("InvalidChangeSetStatus"), refused("Throttling")]}
    run(cloud, time_machine)
    assert cloud.change_sets == {}
    assert len(time_machine.slept) == 2


def test_what_cannot_be_deleted_is_reported_once_and_the_proposal_is_returned(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("", change("A", TOPIC, "Add"))
    cloud.fail = {
        "delete_change_set": [refused("AccessDenied", "not\x1b[31m allowed")],
        "list_change_sets": [refused("AccessDenied")],
    }
    left: list[str] = []
    assert len(made(cloud, time_machine, left).changes) == 1
    assert len(left) == 2
    assert cloud.asked.count("delete_change_set") == 1
    assert all(line.isprintable() for line in left)


def test_without_credentials_nothing_is_tried_again(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", change("A", TOPIC))
    cloud.fail = {"delete_change_set": [refused("ExpiredToken")] * 3}
    left: list[str] = []
    made(cloud, time_machine, left)
    assert (cloud.asked.count("delete_change_set"), len(left)) == (1, 1)


def test_names_are_looked_up_before_a_first_deploy_and_not_before_an_update(time_machine: FakeClock) -> None:
    def taken(service: str) -> Any:
        raise DeployError(f"a name is taken, says {service}")

    cloud = FakeCloudFormation()
    with pytest.raises(DeployError, match="a name is taken"):
        run(cloud, time_machine, clients=taken)
    assert cloud.asked == ["describe_stacks"]
    assert run(FakeCloudFormation("UPDATE_COMPLETE"), time_machine, clients=taken)


def test_a_busy_stack_gets_no_change_set(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("UPDATE_IN_PROGRESS")
    with pytest.raises(BusyError):
        run(cloud, time_machine)
    assert cloud.asked == ["describe_stacks"]


def test_a_stack_that_cannot_be_updated_gets_no_change_set(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("UPDATE_ROLLBACK_FAILED")
    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_FAILED"):
        run(cloud, time_machine)
    assert "create_change_set" not in cloud.asked
