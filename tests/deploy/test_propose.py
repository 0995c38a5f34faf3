"""A change set that is only read: what it says to any depth, and that nothing is left behind however it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from payflow_cfn.deploy import Pace, Proposal
from payflow_cfn.deploy.propose import propose
from payflow_cfn.deploy.request import Request
from payflow_cfn.deploy.template import read_root
from payflow_cfn.errors import BusyError, DeployError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.conftest import FakeClock

NAME = "payflow-dev"
ROOT = json.dumps({"Parameters": {"Environment": {"Type": "String", "Default": "dev"}}, "Resources": {}})
NOTHING = "The submitted information didn't contain changes. Submit different information to create a change set."
STACK = "AWS::CloudFormation::Stack"


def refused(code: str, message: str = "m") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


def change(logical_id: str, kind: str, action: str = "Modify", **more: Any) -> dict[str, Any]:
    return {"ResourceChange": {"LogicalResourceId": logical_id, "ResourceType": kind, "Action": action, **more}}


class Cloud:
    """A CloudFormation with one root stack: `sets` {change set id: answer}, `stacks` {id or name: status}."""

    def __init__(self, status: str | None, changes: list[dict[str, Any]] | None = None, **answer: Any) -> None:
        self.stacks: dict[str, str] = {} if status is None else {NAME: status}
        self.sets: dict[str, dict[str, Any]] = {}
        self.nested: dict[str, list[dict[str, Any]]] = {}
        self.changes = changes or []
        self.answer = {"Status": "CREATE_COMPLETE", **answer}
        self.lingering: dict[str, str] = {}
        self.fail: dict[str, list[BaseException]] = {}
        self.asked: list[str] = []
        self.sent: dict[str, Any] = {}

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if self.fail.get(name):
            raise self.fail[name].pop(0)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        self._ask("describe_stacks")
        if StackName not in self.stacks:
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackId": StackName, "StackName": StackName, "StackStatus": self.stacks[StackName]}]}

    def create_change_set(self, **call: Any) -> dict[str, Any]:
        self.sent = call
        self.sets[call["ChangeSetName"]] = {**self.answer, "Changes": self.changes}
        self.stacks.setdefault(NAME, "REVIEW_IN_PROGRESS")
        for name in self.nested:
            if name not in self.stacks:
                self.stacks[name] = "REVIEW_IN_PROGRESS"
            self.sets[f"set-{name}"] = {"Status": "CREATE_COMPLETE", "Changes": self.nested[name]}
        self._ask("create_change_set")
        return {"Id": call["ChangeSetName"]}

    def describe_change_set(self, *, ChangeSetName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._ask("describe_change_set")
        stack = ChangeSetName.removeprefix("set-") if ChangeSetName.startswith("set-") else NAME
        return {
            "ChangeSetId": ChangeSetName,
            "StackId": stack,
            "StackName": stack,
            "StatusReason": "",
            **self.sets[ChangeSetName],
        }

    def delete_change_set(self, *, StackName: str, ChangeSetName: str) -> None:  # noqa: N803
        self._ask("delete_change_set")
        if StackName not in self.stacks or ChangeSetName not in self.sets:
            raise refused("ChangeSetNotFound")
        self.sets = {}

    def get_paginator(self, _: str) -> Cloud:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"StackEvents": [], "StackResourceSummaries": []}]

    def list_change_sets(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        self._ask("list_change_sets")
        assert StackName in self.stacks
        return {
            "Summaries": [{"ChangeSetName": name, "Status": "CREATE_COMPLETE", **self.lingering} for name in self.sets]
        }

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
        self._ask("delete_stack")
        assert self.stacks.pop(StackName) == "REVIEW_IN_PROGRESS"


def run(
    cloud: Cloud, clock: FakeClock, left: list[str] | None = None, before: Callable[[], None] | None = None
) -> Proposal | None:
    request = Request(
        stack_name=NAME,
        root=read_root(cloud, ROOT, stack_name=NAME),
        parameters={"Environment": "dev"},
        capabilities=("CAPABILITY_NAMED_IAM",),
        before_create=before,
    )
    told = left if left is not None else []
    pace = Pace().with_clock(clock.clock, clock.sleep)
    found = propose(cloud, request, pace=pace, on_left=told.append)
    assert told == [] or left is not None
    return found


def made(cloud: Cloud, clock: FakeClock, left: list[str] | None = None) -> Proposal:
    found = run(cloud, clock, left)
    assert found is not None
    return found


def test_an_update_is_read_and_taken_away(time_machine: FakeClock) -> None:
    cloud = Cloud("UPDATE_COMPLETE", [change("A", "AWS::SNS::Topic", Replacement="False")])
    found = made(cloud, time_machine)
    assert [(each.path, each.action) for each in found.changes] == [(("A",), "Modify")]
    assert (found.kind, cloud.sent["ChangeSetType"], cloud.sent["IncludeNestedStacks"]) == ("UPDATE", "UPDATE", True)
    assert (cloud.stacks, cloud.sets) == ({NAME: "UPDATE_COMPLETE"}, {})


def test_children_are_read_to_any_depth(time_machine: FakeClock) -> None:
    cloud = Cloud("UPDATE_COMPLETE", [change("Child", STACK, ChangeSetId="set-child")])
    cloud.stacks |= {"child": "UPDATE_COMPLETE", "deep": "UPDATE_COMPLETE"}
    cloud.nested = {
        "child": [change("Deep", STACK, ChangeSetId="set-deep")],
        "deep": [change("Topic", "AWS::SNS::Topic", Replacement="True")],
    }
    found = made(cloud, time_machine)
    assert [each.path for each in found.changes] == [("Child",), ("Child", "Deep"), ("Child", "Deep", "Topic")]
    assert found.changes[-1].endangers_data
    assert cloud.sets == {}


def test_of_a_first_deploy_neither_the_root_nor_a_nested_stack_is_left(time_machine: FakeClock) -> None:
    cloud = Cloud(None, [change("Child", STACK, "Add", ChangeSetId="set-child")])
    cloud.nested = {"child": [change("Topic", "AWS::SNS::Topic", "Add")]}
    found = made(cloud, time_machine)
    assert (found.kind, len(found.changes)) == ("CREATE", 2)
    assert (cloud.stacks, cloud.sets) == ({}, {})


def test_a_stack_that_somebody_else_previews_stays(time_machine: FakeClock) -> None:
    cloud = Cloud("REVIEW_IN_PROGRESS", [change("A", "AWS::SNS::Topic", "Add")])
    assert made(cloud, time_machine).kind == "CREATE"
    assert cloud.stacks == {NAME: "REVIEW_IN_PROGRESS"}


def test_a_preview_that_another_run_joined_meanwhile_stays(time_machine: FakeClock) -> None:
    cloud = Cloud(None, [change("A", "AWS::SNS::Topic", "Add")])

    class Shared(Cloud):
        def delete_change_set(self, *, StackName: str, ChangeSetName: str) -> None:  # noqa: N803
            super().delete_change_set(StackName=StackName, ChangeSetName=ChangeSetName)
            self.sets["another"] = {}

    cloud.__class__ = Shared
    run(cloud, time_machine)
    assert cloud.stacks == {NAME: "REVIEW_IN_PROGRESS"}


def test_a_stack_that_another_run_deployed_meanwhile_is_never_deleted(time_machine: FakeClock) -> None:
    class Deployed(Cloud):
        def delete_change_set(self, *, StackName: str, ChangeSetName: str) -> None:  # noqa: N803
            super().delete_change_set(StackName=StackName, ChangeSetName=ChangeSetName)
            self.stacks[NAME] = "CREATE_IN_PROGRESS"

    cloud = Deployed(None, [change("A", "AWS::SNS::Topic", "Add")])
    run(cloud, time_machine)
    assert cloud.stacks == {NAME: "CREATE_IN_PROGRESS"}
    assert "delete_stack" not in cloud.asked


def test_a_change_set_of_our_own_that_lingers_keeps_no_stack(time_machine: FakeClock) -> None:
    """DeleteChangeSet returns before the change sets of the nested stacks are gone."""

    class Slow(Cloud):
        def delete_change_set(self, *, StackName: str, ChangeSetName: str) -> None:  # noqa: N803
            self.lingering = {"RootChangeSetId": f"arn:aws:cloudformation:r:1:changeSet/{ChangeSetName}/u"}
            assert StackName == NAME

    cloud = Slow(None, [change("Child", STACK, "Add", ChangeSetId="set-child")])
    cloud.nested = {"child": [change("Topic", "AWS::SNS::Topic", "Add")]}
    run(cloud, time_machine)
    assert cloud.stacks == {}


@pytest.mark.parametrize("reason", [NOTHING, "No updates are to be performed."])
def test_nothing_to_do_is_no_proposal(time_machine: FakeClock, reason: str) -> None:
    """O13."""
    cloud = Cloud("UPDATE_COMPLETE", Status="FAILED", StatusReason=reason)
    assert run(cloud, time_machine) is None
    assert cloud.sets == {}


def test_a_change_set_that_only_changes_outputs_is_a_proposal_without_changes(time_machine: FakeClock) -> None:
    assert made(Cloud("UPDATE_COMPLETE"), time_machine).changes == ()


def test_another_failure_is_told_and_nothing_is_left(time_machine: FakeClock) -> None:
    cloud = Cloud(None, Status="FAILED", StatusReason="Transform AWS::X failed")
    with pytest.raises(DeployError, match="Transform AWS::X failed"):
        run(cloud, time_machine)
    assert (cloud.stacks, cloud.sets) == ({}, {})


def test_the_reason_of_a_nested_failure_is_told_with_its_place(time_machine: FakeClock) -> None:
    """O14."""
    cloud = Cloud("UPDATE_COMPLETE", [change("Child", STACK, ChangeSetId="set-child")], Status="FAILED")
    cloud.stacks["child"] = "UPDATE_COMPLETE"
    cloud.nested = {"child": []}
    make = cloud.create_change_set

    def failing(**call: Any) -> dict[str, Any]:
        answer = make(**call)
        cloud.sets["set-child"] |= {"Status": "FAILED", "StatusReason": "Template error: no such thing"}
        return answer

    cloud.create_change_set = failing  # type: ignore[method-assign]
    with pytest.raises(DeployError, match="failed in Child: Template error"):
        run(cloud, time_machine)
    assert cloud.sets == {}


@pytest.mark.parametrize("at", ["create_change_set", "describe_change_set"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), refused("AccessDenied", "no")])
@pytest.mark.parametrize("status", [None, "UPDATE_COMPLETE"])
def test_an_interruption_or_error_leaves_nothing(
    time_machine: FakeClock, at: str, error: BaseException, status: str | None
) -> None:
    cloud = Cloud(status, [change("A", "AWS::SNS::Topic", "Add")])
    cloud.fail = {at: [error]}
    with pytest.raises((KeyboardInterrupt, DeployError)):
        run(cloud, time_machine)
    assert cloud.sets == {}
    assert cloud.stacks == ({} if status is None else {NAME: status})


def test_a_change_set_that_is_still_being_made_is_deleted_later(time_machine: FakeClock) -> None:
    cloud = Cloud("UPDATE_COMPLETE", [change("A", "AWS::SNS::Topic")])
    cloud.fail = {"delete_change_set": [refused("InvalidChangeSetStatus"), refused("Throttling")]}
    run(cloud, time_machine)
    assert cloud.sets == {}
    assert len(time_machine.slept) == 2


def test_what_cannot_be_deleted_is_told_once_and_the_proposal_stands(time_machine: FakeClock) -> None:
    cloud = Cloud(None, [change("A", "AWS::SNS::Topic", "Add")])
    cloud.fail = {
        "delete_change_set": [refused("AccessDenied", "not\x1b[31m allowed")],
        "list_change_sets": [refused("AccessDenied")],
    }
    left: list[str] = []
    assert len(made(cloud, time_machine, left).changes) == 1
    assert len(left) == 2
    assert cloud.asked.count("delete_change_set") == 1
    assert all(line.isprintable() for line in left)


def test_a_first_deploy_is_looked_at_before_anything_is_made_and_an_update_is_not(time_machine: FakeClock) -> None:
    def taken() -> None:
        raise DeployError("a name is taken")

    cloud = Cloud(None)
    with pytest.raises(DeployError, match="a name is taken"):
        run(cloud, time_machine, before=taken)
    assert cloud.asked == ["describe_stacks"]
    assert run(Cloud("UPDATE_COMPLETE"), time_machine, before=taken)


def test_a_busy_stack_gets_no_change_set(time_machine: FakeClock) -> None:
    cloud = Cloud("UPDATE_IN_PROGRESS")
    with pytest.raises(BusyError):
        run(cloud, time_machine)
    assert cloud.asked == ["describe_stacks"]


def test_a_stack_that_cannot_be_updated_gets_no_change_set(time_machine: FakeClock) -> None:
    cloud = Cloud("UPDATE_ROLLBACK_FAILED")
    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_FAILED"):
        run(cloud, time_machine)
    assert "create_change_set" not in cloud.asked
