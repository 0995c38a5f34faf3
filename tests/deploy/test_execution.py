"""An operation is over when it was seen to run or its stack has moved; a status from before it is no answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from payflow_cfn.deploy.changeset import ChangeSet
from payflow_cfn.deploy.execution import Moved
from payflow_cfn.deploy.stack import Stack

OLD, NEW = datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 11, 25, 10, tzinfo=UTC)
MADE = ChangeSet("arn:set", "s", "id", "CREATE_COMPLETE", "", "AVAILABLE", NEW, ())


def stack(status: str, at: datetime = OLD) -> Stack:
    return Stack("id", "s", status, "", {}, {}, {}, False, at)


class Asked:
    """A CloudFormation whose one change set is in a given state of execution, and that counts the questions."""

    def __init__(self, execution: str) -> None:
        self.execution, self.count = execution, 0

    def describe_change_set(self, **_: Any) -> Any:
        self.count += 1
        found = {"ChangeSetId": "arn:set", "StackId": "id", "StackName": "s", "Status": "CREATE_COMPLETE"}
        return {**found, "ExecutionStatus": self.execution}


def test_what_was_seen_to_run_is_over_when_it_stops_and_nobody_is_asked() -> None:
    cloudformation = Asked("EXECUTE_IN_PROGRESS")
    moved = Moved(cloudformation, MADE, stack("UPDATE_COMPLETE"))
    assert [moved.ended(stack(each)) for each in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")] == [False, True]
    assert cloudformation.count == 0


@pytest.mark.parametrize("now", [stack("UPDATE_COMPLETE", NEW), stack("UPDATE_ROLLBACK_COMPLETE"), None])
def test_a_stack_that_has_moved_is_over_although_it_was_never_seen_to_run(now: Stack | None) -> None:
    cloudformation = Asked("EXECUTE_IN_PROGRESS")
    assert Moved(cloudformation, MADE, stack("UPDATE_COMPLETE")).ended(now) is True
    assert cloudformation.count == 0


@pytest.mark.parametrize(("execution", "over"), [
    ("AVAILABLE", False), ("EXECUTE_IN_PROGRESS", False), ("EXECUTE_COMPLETE", True), ("EXECUTE_FAILED", True),
])  # fmt: skip
def test_a_stack_as_before_is_over_only_when_the_change_set_says_so(execution: str, over: bool) -> None:
    assert Moved(Asked(execution), MADE, stack("UPDATE_COMPLETE")).ended(stack("UPDATE_COMPLETE")) is over


def test_a_stack_that_is_only_previewed_has_not_begun() -> None:
    moved = Moved(Asked("AVAILABLE"), MADE, None)
    assert moved.ended(stack("REVIEW_IN_PROGRESS")) is False
    assert moved.seen is False
