"""Test the line of every event, and the text of a proposal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from payflow_cfn.deploy import PropertyChange, Proposal, ProposedChange, event_line, proposal_text
from payflow_cfn.deploy.cloudformation.events import (
    ChangeSetMade,
    DeployEvent,
    EventsUnreadable,
    Explained,
    Finished,
    LeftBehind,
    NamesUnchecked,
    NothingToChange,
    ParametersDropped,
    Proposed,
    ResourceEvent,
    Started,
    StatusChanged,
    StatusUnreadable,
    Waiting,
    event_data,
)
from payflow_cfn.deploy.preview.merge import unchanged

NESTED = "AWS::CloudFormation::Stack"
AT = datetime(2026, 11, 25, 10, 0, 5, tzinfo=UTC)


def change(
    *path: str, kind: str = NESTED, replacement: str = "", properties: tuple[PropertyChange, ...] = ()
) -> ProposedChange:
    return ProposedChange(path, path[-1], "", kind, "Modify", replacement, "", (), properties)


PROPERTIES = (PropertyChange("/Properties/Threshold", "5", "7", "Never"), PropertyChange("Tags", None, None, ""))
PROPOSAL = Proposal("payflow-dev", "id", "set", "UPDATE", (
    change("Monitoring"),
    change("Monitoring", "Alarm", kind="AWS::CloudWatch::Alarm", properties=PROPERTIES),
    change("Storage"),
))  # fmt: skip

FAILED = ResourceEvent(("A", "B"), "s", "i", "B", "p", "T", "CREATE_FAILED", "why", AT, "1")
MADE = ResourceEvent((), "s", "i", "s", "i", NESTED, "CREATE_COMPLETE", "", AT, "1")
LINES: list[tuple[DeployEvent, str]] = [
    (Waiting("s", "UPDATE_IN_PROGRESS", 9.6), "s is UPDATE_IN_PROGRESS: waiting, at most 10 s more"),
    (ParametersDropped("s", ("A", "B")), "the template of s no longer has A, B: not sent"),
    (NamesUnchecked("s", (("table t", "denied"),)), "1 names of s could not be looked up: table t (denied)"),
    (ChangeSetMade("s", "payflow-1", "CREATE"), "CREATE change set payflow-1 for s"),
    (NothingToChange("s"), "s needs no change"),
    (Started("s", "id", "UPDATE"), "UPDATE of s has started"),
    (StatusChanged("s", "UPDATE_IN_PROGRESS", ""), "s is UPDATE_IN_PROGRESS"),
    (StatusChanged("s", "UPDATE_FAILED", "why"), "s is UPDATE_FAILED: why"),
    (Finished("s", "UPDATE_COMPLETE"), "s is UPDATE_COMPLETE"),
    (StatusUnreadable("s", "slow", 30), "the status cannot be read just now, trying for 30 s more: slow"),
    (LeftBehind("s", "the empty stack s is still there: slow"), "the empty stack s is still there: slow"),
    (EventsUnreadable("s", "slow"), "the events cannot be read just now: slow"),
    (FAILED, "10:00:05 CREATE_FAILED A/B (T): why"),
    (MADE, f"10:00:05 CREATE_COMPLETE s ({NESTED})"),
    (Proposed(PROPOSAL), proposal_text(PROPOSAL)),
    (Explained(unchanged("s")), "s needs no change"),
]


def test_every_kind_of_event_is_here() -> None:
    assert {type(event) for event, _ in LINES} == set(get_args(DeployEvent))


@pytest.mark.parametrize(("event", "line"), LINES)
def test_an_event_has_its_line_and_its_data(event: DeployEvent, line: str) -> None:
    assert event_line(event) == line
    name = "Preview" if isinstance(event, Explained) else type(event).__name__
    assert event_data(event)["event"] == name


def test_an_explained_proposal_is_the_whole_plan_as_data() -> None:
    found = unchanged("s")
    assert event_data(Explained(found)) == {"event": "Preview", **found.data}


def test_a_nested_stack_is_left_out_if_its_own_changes_are_listed() -> None:
    assert proposal_text(PROPOSAL).splitlines() == [
        "UPDATE payflow-dev: 2 changes",
        "  Modify Monitoring/Alarm (AWS::CloudWatch::Alarm)",
        "    /Properties/Threshold: 5 -> 7",
        "    Tags",
        "  Modify Storage (AWS::CloudFormation::Stack)",
    ]
