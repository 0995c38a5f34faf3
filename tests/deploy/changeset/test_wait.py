"""Test waiting: short delays first, few calls a second, and a limit that ends in an unknown outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_cloudformation import FakeCloudFormation, refused, stack_id
from payflow_cfn.deploy.changeset.history import History
from payflow_cfn.deploy.changeset.wait import follow
from payflow_cfn.deploy.cloudformation.events import ignore
from payflow_cfn.deploy.cloudformation.stack_statuses import is_over
from payflow_cfn.errors import UnknownOutcomeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.conftest import FakeClock

BEGIN = datetime(2026, 11, 25, 10, tzinfo=UTC)
ROOT = stack_id("root")


class Busy(FakeCloudFormation):
    """A root with ten nested stacks that all have a new event each second, until `until`."""

    def __init__(self, clock: FakeClock, *, until: float) -> None:
        super().__init__()
        self.clock, self.begun, self.until = clock, clock.now, until
        self.calls: list[float] = []

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        self.calls.append(self.clock.now - self.begun)
        over = self.clock.now - self.begun >= self.until
        self.put("root", "UPDATE_COMPLETE" if over else "UPDATE_IN_PROGRESS")
        return super().describe_stacks(StackName=StackName)

    def describe_stack_events(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        self.calls.append(self.clock.now - self.begun)
        second = int(self.clock.now - self.begun)
        self.events[StackName] = [self.event(StackName, each) for each in range(second + 1)]
        yield from super().describe_stack_events(StackName=StackName)

    def event(self, stack: str, second: int) -> dict[str, Any]:
        nested = stack == ROOT
        return {
            "StackId": stack, "StackName": "s", "EventId": f"{stack}-{second}",
            "Timestamp": BEGIN + timedelta(seconds=second),
            "LogicalResourceId": f"C{second % 10}", "ResourceStatus": "UPDATE_IN_PROGRESS",
            "PhysicalResourceId": f"arn:aws:cloudformation:eu-west-2:1:stack/c{second % 10}/u" if nested else "p",
            "ResourceType": "AWS::CloudFormation::Stack" if nested else "T",
        }  # fmt: skip


def watch(cloud: Busy, clock: FakeClock, **more: Any) -> Any:
    pace = clock.pace(**more)
    history = History(cloud.client, ROOT, BEGIN)
    return follow(
        cloud.client,
        ROOT,
        stack_name="root",
        ended=lambda now: now is None or is_over(now.status),
        history=history,
        on_event=ignore,
        pace=pace,
    )


def test_ten_busy_nested_stacks_never_cost_more_than_ten_calls_a_second(time_machine: FakeClock) -> None:
    cloud = Busy(time_machine, until=300)
    watch(cloud, time_machine)
    waited = [each for each in cloud.calls if each < 300]
    busiest = max(sum(start <= each < start + 1 for each in waited) for start in waited)
    assert busiest <= 10
    assert len(waited) < 400


@pytest.mark.parametrize(("takes", "late"), [(0.05, 0.1), (0.3, 0.35), (5, 4), (60, 5), (600, 5)])
def test_an_end_is_seen_soon_after_it_came(time_machine: FakeClock, takes: float, late: float) -> None:
    begun = time_machine.now
    watch(Busy(time_machine, until=takes), time_machine)
    assert time_machine.now - begun <= takes + late


def test_a_limit_ends_the_watching_and_not_the_operation(time_machine: FakeClock) -> None:
    with pytest.raises(UnknownOutcomeError, match=r"not over after 20 s.*deploy --resume") as caught:
        watch(Busy(time_machine, until=100), time_machine, limit=20)
    assert (caught.value.exit_status, caught.value.data["status"]) == (5, "UPDATE_IN_PROGRESS")


class Flaky(Busy):
    """A CloudFormation that answers only every hundred seconds."""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if int(self.clock.now - self.begun) // 10 % 10:
            raise refused("Throttling", "Rate exceeded")
        return super().describe_stacks(StackName=StackName)


def test_patience_begins_anew_with_each_answer(time_machine: FakeClock) -> None:
    watch(Flaky(time_machine, until=500), time_machine, patience=120)
    with pytest.raises(UnknownOutcomeError, match="Rate exceeded"):
        watch(Flaky(time_machine, until=500), time_machine, patience=60)
