"""Test the live tree: its lines, and that it is drawn only while an operation runs."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from payflow_cfn.cli.live_tree import Board, Row, Screen
from payflow_cfn.deploy.cloudformation.events import (
    DeployEvent,
    Finished,
    ResourceEvent,
    Started,
    StatusChanged,
    StatusUnreadable,
)

AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
NESTED = "AWS::CloudFormation::Stack"


def moved(path: str, status: str, *, at: float = 0, reason: str = "") -> ResourceEvent:
    parts = tuple(filter(None, path.split("/")))
    name = parts[-1] if parts else "payflow-dev"
    return ResourceEvent(parts, "s", "i", name, "p", NESTED, status, reason, AT + timedelta(seconds=at), f"{at}")


def drawn(board: Board, now: float) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(board.tree(now))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def board(*events: ResourceEvent, now: float = 100) -> Board:
    made = Board("payflow-dev", "UPDATE_IN_PROGRESS")
    for each in events:
        made.take(each, now)
    return made


def test_what_runs_is_timed_by_our_clock_and_what_ended_by_awss() -> None:
    made = board(
        moved("Storage", "CREATE_IN_PROGRESS"),
        moved("Storage/Table", "CREATE_IN_PROGRESS", at=1),
        moved("Storage/Key", "CREATE_IN_PROGRESS", at=1),
        moved("Storage/Key", "CREATE_COMPLETE", at=5),
    )
    assert drawn(made, now=107) == [
        "payflow-dev UPDATE_IN_PROGRESS",
        "└── Storage CREATE_IN_PROGRESS  7 s",
        "    ├── Table CREATE_IN_PROGRESS  7 s",
        "    └── Key CREATE_COMPLETE  4 s",
    ]


def test_a_nested_stack_that_ended_well_stands_for_what_is_in_it() -> None:
    made = board(
        moved("Storage", "CREATE_IN_PROGRESS"),
        moved("Storage/Table", "CREATE_IN_PROGRESS"),
        moved("Storage/Table", "CREATE_COMPLETE", at=3),
        moved("Storage", "CREATE_COMPLETE", at=4),
    )
    assert drawn(made, now=200)[1:] == ["└── Storage CREATE_COMPLETE  4 s  1 resource"]


def test_a_failure_stays_in_sight_with_its_reason() -> None:
    made = board(
        moved("Storage", "UPDATE_IN_PROGRESS"),
        moved("Storage/Table", "UPDATE_IN_PROGRESS"),
        moved("Storage/Table", "UPDATE_FAILED", at=2, reason="no [red]such[/red] key"),
        moved("Storage", "UPDATE_FAILED", at=2, reason="see above"),
    )
    assert drawn(made, now=200)[-1] == "    └── Table UPDATE_FAILED  2 s  no [red]such[/red] key"


def test_the_stack_itself_is_the_top_and_no_branch() -> None:
    assert drawn(board(moved("", "UPDATE_IN_PROGRESS")), now=0) == ["payflow-dev UPDATE_IN_PROGRESS"]


def shown(*events: DeployEvent, terminal: bool = True) -> str:
    out = io.StringIO()
    screen = Screen(Console(file=out, force_terminal=terminal, width=100), clock=lambda: 0.0)
    try:
        for each in events:
            screen(each)
    finally:
        screen.close()
    return out.getvalue()


STORY = (
    Started("payflow-dev", "i", "CREATE"),
    StatusChanged("payflow-dev", "CREATE_IN_PROGRESS", ""),
    moved("Storage", "CREATE_IN_PROGRESS"),
    StatusUnreadable("payflow-dev", "slow", 9),
    moved("Storage", "CREATE_FAILED", at=1, reason="why"),
    Finished("payflow-dev", "ROLLBACK_COMPLETE"),
)


def test_the_last_tree_stays_and_the_end_is_printed_below_it() -> None:
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown(*STORY)).splitlines()
    assert said[-1] == "payflow-dev is ROLLBACK_COMPLETE"
    assert said.count("└── Storage CREATE_FAILED  1 s  why") == 1
    assert "the status cannot be read just now, trying for 9 s more: slow" in said


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch, no_color: str, coloured: bool) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_color)
    assert ("\x1b[31m" in shown(*STORY)) is coloured


def test_nothing_is_drawn_when_no_operation_runs() -> None:
    assert shown(StatusUnreadable("s", "[b]slow", 9), terminal=False) == (
        "the status cannot be read just now, trying for 9 s more: [b]slow\n"
    )


def test_a_row_that_is_added_while_the_tree_is_drawn_does_no_harm() -> None:
    made = Board("payflow-dev")

    class Meeting(Row):
        """A row that is looked at when the other thread takes an event."""

        @property
        def over(self) -> bool:
            made.take(moved("Late", "CREATE_IN_PROGRESS"), 0.0)
            return False

    for name in ("Storage", "Functions"):
        made.rows[name,] = Meeting("CREATE_IN_PROGRESS", 0.0, AT)
    assert [line.split()[1] for line in drawn(made, 1.0)[1:]] == ["Storage", "Functions", "Late"]
