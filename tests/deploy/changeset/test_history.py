"""Test the events of a root and its nested stacks: each once, in order, with few calls at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.deploy.changeset.history import MOST_STACKS_A_ROUND, History
from payflow_cfn.deploy.cloudformation.events import ResourceEvent, event_data

BEGIN = datetime(2026, 11, 25, 10, tzinfo=UTC)
ARN = "arn:aws:cloudformation:eu-west-2:1:stack/{}/u"


def account(stacks: dict[str, list[dict[str, Any]]]) -> FakeCloudFormation:
    """Stacks that have only events, two a page."""
    cloud = FakeCloudFormation()
    cloud.events, cloud.page = stacks, 2
    return cloud


def line(stack: str, logical_id: str, status: str, *, at: int = 1, physical: str = "") -> dict[str, Any]:
    return {
        "StackId": ARN.format(stack), "StackName": stack, "EventId": f"{stack}-{logical_id}-{status}-{at}",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical, "ResourceType": "AWS::CloudFormation::Stack" if physical else "T",
        "ResourceStatus": status, "Timestamp": BEGIN + timedelta(seconds=at),
    }  # fmt: skip


def family(children: int) -> FakeCloudFormation:
    root = [line("root", f"C{each}", "UPDATE_IN_PROGRESS", physical=ARN.format(f"c{each}")) for each in range(children)]
    below = {ARN.format(f"c{each}"): [line(f"c{each}", "R", "UPDATE_IN_PROGRESS", at=2)] for each in range(children)}
    return account({ARN.format("root"): root, **below})


def told(events: list[ResourceEvent]) -> list[str]:
    return ["/".join(each.path) for each in events]


def test_each_event_is_returned_once_with_its_path_in_order_of_time() -> None:
    cloud = family(2)
    history = History(cloud.client, ARN.format("root"), BEGIN)
    assert told(history.read()) == ["C0", "C1", "C0/R", "C1/R"]
    assert told(history.read()) == []
    cloud.events[ARN.format("c1")].append(line("c1", "S", "UPDATE_IN_PROGRESS", at=3))
    assert told(history.read()) == ["C1/S"]


def test_the_events_of_a_deletion_begin_with_it_and_not_with_the_update_before() -> None:
    cloud = family(1)
    itself = {"physical": ARN.format("root")}
    history = History(cloud.client, ARN.format("root"), BEGIN, "DELETE_IN_PROGRESS")
    assert told(history.read()) == []
    begun = line("root", "root", "DELETE_IN_PROGRESS", at=5, **itself)
    nested = line("root", "C0", "DELETE_IN_PROGRESS", at=6, physical=ARN.format("c0"))
    cloud.events[ARN.format("root")] += [begun, nested]
    cloud.events[ARN.format("c0")].append(line("c0", "R", "DELETE_IN_PROGRESS", at=7))
    assert [(each.logical_id, each.status) for each in history.read()] == [
        ("root", "DELETE_IN_PROGRESS"),
        ("C0", "DELETE_IN_PROGRESS"),
        ("R", "DELETE_IN_PROGRESS"),
    ]


def test_events_from_before_the_operation_are_left_out() -> None:
    cloud = account(
        {ARN.format("root"): [line("root", "Old", "CREATE_COMPLETE", at=-1), line("root", "New", "X", at=0)]}
    )
    assert told(History(cloud.client, ARN.format("root"), BEGIN).read()) == ["New"]


def test_an_operation_is_told_from_the_first_event_with_its_id() -> None:
    cloud = family(1)
    before, after = (line("root", each, "UPDATE_COMPLETE", at=at) for each, at in (("Before", 1), ("After", 2)))
    cloud.events[ARN.format("root")] = [{**before, "OperationId": "old"}, {**after, "OperationId": "new"}]
    assert told(History(cloud.client, ARN.format("root"), BEGIN, operations=("new",)).read()) == ["After"]
    assert told(History(cloud.client, ARN.format("root"), BEGIN, operations=("other",)).read()) == ["Before", "After"]


def test_a_round_reads_few_stacks_and_all_get_their_turn() -> None:
    cloud = family(10)
    history = History(cloud.client, ARN.format("root"), BEGIN)
    seen: list[str] = []
    for _ in range(4):
        before = len(cloud.read)
        seen += told(history.read())
        assert len(set(cloud.read[before:])) <= MOST_STACKS_A_ROUND
    assert len(seen) == len(set(seen)) == 20


def test_the_last_round_reads_all_stacks_with_unread_events() -> None:
    cloud = family(10)
    assert len(History(cloud.client, ARN.format("root"), BEGIN).read(everything=True)) == 20


def test_a_nested_stack_that_is_done_is_no_longer_asked() -> None:
    cloud = family(1)
    history = History(cloud.client, ARN.format("root"), BEGIN)
    history.read()
    cloud.events[ARN.format("root")].append(line("root", "C0", "UPDATE_COMPLETE", at=5, physical=ARN.format("c0")))
    cloud.events[ARN.format("c0")].append(line("c0", "R", "UPDATE_COMPLETE", at=4))
    assert told(history.read()) == ["C0/R", "C0"]
    cloud.read.clear()
    history.read()
    assert set(cloud.read) == {ARN.format("root")}


def test_an_event_is_plain_data_for_json() -> None:
    event = History(family(1).client, ARN.format("root"), BEGIN).read()[0]
    data = event_data(event)
    assert (data["event"], data["path"], data["at"]) == ("ResourceEvent", ["C0"], "2026-11-25T10:00:01+00:00")
