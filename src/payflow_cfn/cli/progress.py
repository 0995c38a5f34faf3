"""Show the progress of an operation: a live tree on a terminal, lines elsewhere, JSON for a program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.shared import print_json, say
from payflow_cfn.cli.signals import ignore_further_interrupts, terminated_as_interrupted
from payflow_cfn.errors import DeployError, PayflowError, UnknownOutcomeError

if TYPE_CHECKING:
    from payflow_cfn.deploy import DeployEvent, Diagnosis
    from payflow_cfn.deploy.cloudformation.events import ResourceEvent

OnEvent = Callable[["DeployEvent"], None]


# The remedy in the library's errors; a command replaces it by its own.
_RESUMING = "`payflow deploy --resume` goes on watching"


@contextmanager
def progress(*, as_json: bool, again: str = _RESUMING) -> Iterator[OnEvent]:
    """The listener for one operation; an error is printed at the end: its diagnosis, or the last line of JSON.

    Ctrl-C, or a job runner's SIGTERM, while AWS works is an UnknownOutcomeError: the operation goes on. `again` is the
    remedy for that, and for lost credentials or network: the command that follows it to its end.
    """
    told = _told_as_json() if as_json else _told_in_words()
    with terminated_as_interrupted(), told as on_event, _interruptible(on_event, again) as listener:
        yield listener


def result(name: str, facts: Mapping[str, Any]) -> None:
    """Print the last line of JSON."""
    print_json({"event": name, **facts})


@contextmanager
def _interruptible(on_event: OnEvent, again: str) -> Iterator[OnEvent]:
    from payflow_cfn.deploy.cloudformation.events import Finished, Started

    running: list[Started] = []
    seen: list[DeployEvent] = []

    def listen(event: DeployEvent) -> None:
        if isinstance(event, Started):
            running.append(event)
        elif isinstance(event, Finished):
            running.clear()
        seen.append(event)
        on_event(event)

    try:
        yield listen
    except UnknownOutcomeError as error:
        error.remedy = error.remedy.replace(_RESUMING, again)
        raise
    except click.Abort:  # at a question
        raise click.Abort(_undone(seen, asked=True)) from None
    except KeyboardInterrupt:
        if not running:
            raise KeyboardInterrupt(_undone(seen, asked=False)) from None
        ignore_further_interrupts()
        raise UnknownOutcomeError(
            f"the {running[-1].kind} of {running[-1].stack_name} is still in progress, only the watching was stopped",
            remedy=again,
            stack_name=running[-1].stack_name,
        ) from None


def _undone(seen: Sequence[DeployEvent], *, asked: bool) -> str:
    """The text after Ctrl-C, by the events so far; `asked`: it came at a question, before anything is executed."""
    from payflow_cfn.deploy.cloudformation.events import ChangeSetMade, Finished, LeftBehind, Proposed

    last = {type(each): each for each in seen}
    if isinstance(ended := last.get(Finished), Finished):
        return f"stopped: {ended.stack_name} is {ended.status}; deploy again to put its guards on"
    if not asked and isinstance(proposed := last.get(Proposed), Proposed):
        name = proposed.proposal.stack_name
        return f"stopped before or during the execution: `payflow status` shows whether {name} changes"
    taken = "what is left of the change set is listed above" if LeftBehind in last else "the change set was deleted"
    return f"stopped: nothing was executed{f', and {taken}' if ChangeSetMade in last else ''}"


@contextmanager
def _told_as_json() -> Iterator[OnEvent]:
    from payflow_cfn.deploy import event_data

    try:
        yield lambda event: print_json(event_data(event))
    except PayflowError as error:
        told = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
        data: dict[str, Any] = {
            key: error.data[key] for key in ("stack_name", "status", "diagnosis") if key in error.data
        }
        result("Failed", {**told, "exit_status": error.exit_status, **data})
        raise


@contextmanager
def _told_in_words() -> Iterator[OnEvent]:
    from payflow_cfn.deploy.cloudformation.events import ResourceEvent

    screen = _screen()
    show = screen or _lines()
    kept: dict[str, ResourceEvent] = {}

    def listen(event: DeployEvent) -> None:
        if isinstance(event, ResourceEvent) and event.status == "DELETE_SKIPPED":
            kept[event.physical_id] = event
        show(event)

    try:
        yield listen
    except DeployError as error:
        if screen:
            screen.close()
        raise explained(error) from error
    finally:
        if screen:
            screen.close()
        for each in kept.values():
            say(f"kept without a stack: {'/'.join(each.path)} ({each.resource_type}): {each.physical_id}", err=True)


def explained(error: DeployError) -> DeployError:
    """Print the error's diagnosis, if it has one; the same error, without the causes in its line then."""
    found: Diagnosis | None = error.data.get("diagnosis")  # type: ignore[assignment]
    if found is None or found.cause is None:
        return error
    say(found.text.partition("\n")[2], err=True)  # The status of its first line was just printed.
    message = str(error.data.get("headline", error.message))
    for each in filter(None, (found.cause, found.rollback_cause)):
        message = message.replace(f": {each.text}", "").replace(f" ({each.text})", "")
    remedy = "" if error.remedy == found.cause.hint else error.remedy
    return type(error)(message, remedy=remedy, **error.data)


def _screen() -> Any:
    """The live tree, or None if there is no terminal that can draw it."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return None
    from rich.console import Console

    from payflow_cfn.cli.live_tree import Screen

    return Screen(Console(stderr=True))


def _lines() -> OnEvent:
    """Print a line for each event; an event that a nested stack and its parent both report is printed once."""
    from payflow_cfn.cli.live_tree import is_told_elsewhere
    from payflow_cfn.deploy import event_line
    from payflow_cfn.deploy.cloudformation.events import ResourceEvent

    told: dict[tuple[str, ...], list[ResourceEvent]] = {}

    def line(event: DeployEvent) -> None:
        if isinstance(event, ResourceEvent):
            before = told.setdefault(event.path, [])
            if _is_repeated(event, before):
                return
            before.append(event)
        if not is_told_elsewhere(event):
            say(event_line(event), err=True)

    return line


def _is_repeated(event: ResourceEvent, before: list[ResourceEvent]) -> bool:
    """Whether a nested stack or its parent has reported the same status before, with no new reason now."""
    told = before if event.of_stack_itself else before[-1:]
    same = [each for each in told if each.status == event.status]
    return bool(same) and event.reason in ("", *(each.reason for each in same))
