"""Test the progress of an operation: lines, JSON, and the output after an error."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime

import click
import pytest

from payflow_cfn.cli.progress import progress, result
from payflow_cfn.deploy import Cause, Diagnosis, Proposal
from payflow_cfn.deploy.changeset.wait import unknown_outcome
from payflow_cfn.deploy.cloudformation.events import (
    ChangeSetMade,
    DeployEvent,
    Finished,
    LeftBehind,
    NothingToChange,
    Proposed,
    ResourceEvent,
    Started,
    StatusChanged,
)
from payflow_cfn.errors import BusyError, DeployError, SettingsError, UnknownOutcomeError

CAUSE = Cause(("Storage", "Table"), "AWS::DynamoDB::Table", "t", "UPDATE_FAILED", "no such key", "mend the key", None)
FOUND = Diagnosis("payflow-dev", "i", "UPDATE_ROLLBACK_COMPLETE", CAUSE)
FAILED = DeployError(
    f"the stack payflow-dev ended in UPDATE_ROLLBACK_COMPLETE: {CAUSE.text}",
    remedy=CAUSE.hint,
    stack_name="payflow-dev",
    status="UPDATE_ROLLBACK_COMPLETE",
    diagnosis=FOUND,
)


def told(
    capsys: pytest.CaptureFixture[str], *events: DeployEvent, as_json: bool = False, error: BaseException | None = None
) -> tuple[str, str]:
    with progress(as_json=as_json) as on_event:
        for each in events:
            on_event(each)
        if error:
            raise error
    said = capsys.readouterr()
    return said.out, said.err


def test_lines_go_to_standard_error_and_an_end_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    events = (
        StatusChanged("s", "UPDATE_IN_PROGRESS", ""),
        StatusChanged("s", "UPDATE_COMPLETE", ""),
        Finished("s", "UPDATE_COMPLETE"),
    )
    assert told(capsys, *events) == ("", "s is UPDATE_IN_PROGRESS\ns is UPDATE_COMPLETE\n")


def of_storage(status: str, reason: str = "", *, itself: bool = False) -> ResourceEvent:
    """What the parent says of the nested stack, or the nested stack of itself."""
    stack_id = "storage" if itself else "root"
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return ResourceEvent(
        ("Storage",), "s", stack_id, "Storage", "storage", "T", status, reason, at, f"{status}{itself}"
    )


def test_an_event_of_a_nested_stack_and_its_parent_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    events = (
        of_storage("UPDATE_IN_PROGRESS"),
        of_storage("UPDATE_IN_PROGRESS", itself=True),
        of_storage("UPDATE_FAILED", "no such key", itself=True),
        of_storage("UPDATE_FAILED", "embedded stack was not updated"),
        of_storage("UPDATE_IN_PROGRESS"),  # the rollback
        of_storage("UPDATE_IN_PROGRESS", itself=True),
        of_storage("UPDATE_COMPLETE", itself=True),
        of_storage("UPDATE_COMPLETE"),
    )
    _, err = told(capsys, *events)
    assert [line.removeprefix("03:04:05 ") for line in err.splitlines()] == [
        "UPDATE_IN_PROGRESS Storage (T)",
        "UPDATE_FAILED Storage (T): no such key",
        "UPDATE_FAILED Storage (T): embedded stack was not updated",
        "UPDATE_IN_PROGRESS Storage (T)",
        "UPDATE_COMPLETE Storage (T)",
    ]
    out, _ = told(capsys, *events, as_json=True)
    assert len(out.splitlines()) == len(events)


@pytest.mark.parametrize("error", [None, FAILED])
def test_what_an_operation_keeps_without_a_stack_is_listed_at_its_end(
    capsys: pytest.CaptureFixture[str], error: DeployError | None
) -> None:
    kept = replace(of_storage("DELETE_SKIPPED"), path=("Storage", "Table"), physical_id="t")
    with contextlib.suppress(DeployError):
        told(capsys, kept, kept, Finished("s", "DELETE_COMPLETE"), error=error)
    lines = capsys.readouterr().err.splitlines() if error else told(capsys, kept, kept)[1].splitlines()
    assert lines[-1] == "kept without a stack: Storage/Table (T): t"
    assert sum(each.startswith("kept without") for each in lines) == 1


@pytest.mark.parametrize(("kind", "lines"), [("CREATE", 1), ("UPDATE", 0)])
def test_an_update_is_shown_by_its_preview_and_not_by_the_change_set_alone(
    capsys: pytest.CaptureFixture[str], kind: str, lines: int
) -> None:
    _, err = told(capsys, Proposed(Proposal("s", "i", "c", kind, ())))
    assert len(err.splitlines()) == lines


def test_json_goes_to_standard_output_one_event_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(capsys, NothingToChange("s"), Finished("s", "UPDATE_COMPLETE"), as_json=True)
    result("Result", {"status": "x"})
    lines = [json.loads(each) for each in (out + capsys.readouterr().out).splitlines()]
    assert lines == [
        {"event": "NothingToChange", "stack_name": "s"},
        {"event": "Finished", "stack_name": "s", "status": "UPDATE_COMPLETE"},
        {"event": "Result", "status": "x"},
    ]
    assert err == ""


def test_a_failure_is_explained_once_and_then_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeployError) as caught:
        told(capsys, error=FAILED)
    assert capsys.readouterr().err == (
        "first cause: Storage/Table (AWS::DynamoDB::Table): no such key\n  what to do: mend the key\n"
    )
    assert str(caught.value) == "the stack payflow-dev ended in UPDATE_ROLLBACK_COMPLETE"
    assert caught.value.data["diagnosis"] == FOUND


@pytest.mark.parametrize(
    ("error", "status"),
    [(BusyError("busy", stack_name="s"), 4), (UnknownOutcomeError("lost"), 5), (SettingsError("wrong"), 2)],
)
def test_an_error_is_the_last_line_of_json_with_the_exit_status(
    capsys: pytest.CaptureFixture[str], error: DeployError, status: int
) -> None:
    with pytest.raises(type(error)):
        told(capsys, NothingToChange("s"), as_json=True, error=error)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["error"], last["exit_status"]) == ("Failed", type(error).__name__, status)


def test_the_diagnosis_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DeployError):
        told(capsys, as_json=True, error=FAILED)
    last = json.loads(capsys.readouterr().out)
    assert last["diagnosis"]["cause"]["path"] == ["Storage", "Table"]
    assert last["status"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert told(capsys, Finished("s", "UPDATE_COMPLETE")) == ("", "s is UPDATE_COMPLETE\n")


def stopped(*events: DeployEvent, **how: str) -> None:
    """A job runner's stop after these events."""
    with progress(as_json=False, **how) as on_event:
        for each in events:
            on_event(each)
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_job_runners_stop_is_reported_as_ctrl_c_is() -> None:
    with pytest.raises(UnknownOutcomeError, match=r"is still in progress.*deploy --resume"):
        stopped(Started("payflow-dev", "i", "UPDATE"))
    with pytest.raises(KeyboardInterrupt):
        stopped()


def test_a_stopped_deletion_prints_the_command_that_follows_it() -> None:
    with pytest.raises(UnknownOutcomeError, match="payflow destroy` again"):
        stopped(Started("payflow-dev", "i", "DELETE"), again="`payflow destroy` again")


def test_a_deletion_that_cannot_be_followed_prints_the_command_that_follows_it() -> None:
    with (
        pytest.raises(
            UnknownOutcomeError, match=r"\(expired\): renew the credentials .*, then `payflow destroy` again$"
        ),
        progress(as_json=False, again="`payflow destroy` again"),
    ):
        raise unknown_outcome("payflow-dev", "i", "expired")


def test_ctrl_c_stops_only_the_watching_and_prints_that_aws_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    started = Started("payflow-dev", "i", "UPDATE")
    with pytest.raises(UnknownOutcomeError, match=r"UPDATE of payflow-dev is still in progress.*deploy --resume"):
        told(capsys, started, error=KeyboardInterrupt())
    for events in ((), (started, Finished("payflow-dev", "UPDATE_COMPLETE"))):
        with pytest.raises(KeyboardInterrupt):
            told(capsys, *events, error=KeyboardInterrupt())


MADE = ChangeSetMade("payflow-dev", "c", "UPDATE")
SEEN = Proposed(Proposal("payflow-dev", "i", "c", "UPDATE", ()))


@pytest.mark.parametrize(
    ("events", "error", "said"),
    [
        ((), KeyboardInterrupt(), "stopped: nothing was executed"),
        ((MADE,), KeyboardInterrupt(), "stopped: nothing was executed, and the change set was deleted"),
        ((MADE, SEEN), click.Abort(), "stopped: nothing was executed, and the change set was deleted"),
        (
            (MADE, SEEN, LeftBehind("payflow-dev", "it is still there")),
            click.Abort(),
            "stopped: nothing was executed, and what is left of the change set is listed above",
        ),
        (
            (MADE, SEEN),
            KeyboardInterrupt(),
            "stopped before or during the execution: `payflow status` shows whether payflow-dev changes",
        ),
        (
            (MADE, SEEN, Started("payflow-dev", "i", "UPDATE"), Finished("payflow-dev", "UPDATE_COMPLETE")),
            KeyboardInterrupt(),
            "stopped: payflow-dev is UPDATE_COMPLETE; deploy again to put its guards on",
        ),
    ],
)
def test_a_stop_prints_what_was_and_was_not_done(
    events: tuple[DeployEvent, ...], error: BaseException, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(type(error)) as stopped:
        told(capsys, *events, error=error)
    assert str(stopped.value) == said
