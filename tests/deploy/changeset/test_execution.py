"""Test when an operation is over: it was seen running, or its stack changed; an earlier status does not count."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.deploy.changeset.change_set import ChangeSet
from payflow_cfn.deploy.changeset.execution import Moved
from payflow_cfn.deploy.cloudformation.stack import Stack

OLD, NEW = datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 11, 25, 10, tzinfo=UTC)


def stack(status: str, at: datetime = OLD) -> Stack:
    return Stack("id", "s", status, "", {}, {}, {}, False, at)


def asked(execution: str) -> tuple[FakeCloudFormation, ChangeSet]:
    """A CloudFormation with a change set of the stack `s` in this state of execution."""
    cloud = FakeCloudFormation()
    cloud.put("s", "UPDATE_COMPLETE")
    cloud.preview("ours", "s")
    (made,) = cloud.change_sets.values()
    made["ExecutionStatus"] = execution
    return cloud, ChangeSet(made["ChangeSetId"], "s", made["StackId"], "CREATE_COMPLETE", "", "AVAILABLE", NEW, ())


def test_an_operation_that_was_seen_running_is_over_when_it_stops() -> None:
    cloud, made = asked("EXECUTE_IN_PROGRESS")
    moved = Moved(cloud.client, made, stack("UPDATE_COMPLETE"))
    assert [moved.ended(stack(each)) for each in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")] == [False, True]
    assert cloud.asked == []


@pytest.mark.parametrize("now", [stack("UPDATE_COMPLETE", NEW), stack("UPDATE_ROLLBACK_COMPLETE"), None])
def test_an_operation_is_over_if_the_stack_changed_although_it_was_not_seen_running(now: Stack | None) -> None:
    cloud, made = asked("EXECUTE_IN_PROGRESS")
    assert Moved(cloud.client, made, stack("UPDATE_COMPLETE")).ended(now) is True
    assert cloud.asked == []


@pytest.mark.parametrize(("execution", "over"), [
    ("AVAILABLE", False), ("EXECUTE_IN_PROGRESS", False), ("EXECUTE_COMPLETE", True), ("EXECUTE_FAILED", True),
])  # fmt: skip
def test_an_unchanged_stack_is_over_only_if_the_change_set_was_executed(execution: str, over: bool) -> None:
    cloud, made = asked(execution)
    assert Moved(cloud.client, made, stack("UPDATE_COMPLETE")).ended(stack("UPDATE_COMPLETE")) is over


def test_a_stack_that_is_only_previewed_has_not_begun() -> None:
    cloud, made = asked("AVAILABLE")
    moved = Moved(cloud.client, made, None)
    assert moved.ended(stack("REVIEW_IN_PROGRESS")) is False
    assert moved.seen is False
