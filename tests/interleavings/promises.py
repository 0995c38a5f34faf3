"""What has to hold of every world: the row, the executions' ends and the notices agree with the bank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from interleavings.world import Charge, Notice, Run, State, ended
from payflow_cfn.local.walk.interpreter import Ending

_NOT_CHARGED = ("DECLINED", "FAILED")


class View(NamedTuple):
    """A world as its promises see it: money that was taken, the row, and the notices of its final status."""

    state: State
    taken: tuple[Charge, ...]
    settled: tuple[Notice, ...]
    status: str
    listed: bool
    told: bool


def broken(state: State, amounts: tuple[int, ...]) -> Iterator[str]:
    """Yield each promise that does not hold in this world; `amounts` are the executions', in minor units."""
    taken = tuple(each for each in state.book if each.said == "SUCCEEDED")
    settled = tuple(each for each in state.notices if each.settled)
    view = View(state, taken, settled, *_row(state.item))
    yield from _of_the_row(view)
    yield from _of_notices(view)
    for run in state.runs:
        if isinstance(run.node.stop, Ending) and not run.stopped:
            yield from _of_an_ending(view, run.node.stop, amounts[run.kind])
    if state.runs and not state.attempts and not state.flying and all(ended(run) for run in state.runs):
        yield from _at_the_end(view)
        for index, run in enumerate(state.runs):
            yield from _of_a_failure(view, index, run)


def _of_the_row(view: View) -> Iterator[str]:
    state, status = view.state, view.status
    if len(view.taken) > 1:
        yield "charged twice"
    if view.taken and status in (*_NOT_CHARGED, "REJECTED"):
        yield f"the row is {status}, but money was taken"
    if status == "COMPLETED" and not view.taken:
        yield "the row is COMPLETED, but nothing was charged"
    if status == "VALIDATED" and (state.book or any(each.kind == "charge" for each in state.flying)):
        yield "the row is VALIDATED, but something was sent"


def _of_notices(view: View) -> Iterator[str]:
    state = view.state
    if any(state.denied >> each.run & 1 for each in view.taken):
        yield "a FAILED notice was sent, and an execution that had started by then has charged"
    if view.taken and view.settled:
        yield "a notice denies a charge, but money was taken"
    if any(
        each.status == "FAILED" and not each.settled and not state.recorded >> each.run & 1 for each in state.notices
    ):
        yield "a FAILED notice was sent without a record of the failure"
    if len(view.settled) > 1 and not state.muffled:
        yield "two notices were sent, although none was interrupted"
    if any(each.status not in _NOT_CHARGED or each.status != view.status for each in view.settled):
        yield "a notice has another final status than the row"


def _of_an_ending(view: View, stop: Ending, amount: int) -> Iterator[str]:
    if stop.state is None:
        yield f"an execution {stop.name}"
    if stop.name == "PaymentComplete" and not any(each.minor == amount for each in view.taken):
        yield "an execution completed, and its amount was not charged"
    if stop.name == "PaymentDeclined" and view.status != "DECLINED":
        yield "an execution ended as declined, but the row is not DECLINED"
    if _is_decided(stop) and stop.variables.get("error") != "NoticeLost" and not view.settled:
        yield "an execution ended with a final status, but no notice was sent"


def _at_the_end(view: View) -> Iterator[str]:
    status, listed = view.status, view.listed
    if view.taken and status not in ("COMPLETED", "PROCESSING", "UNKNOWN"):
        yield f"money was taken, but the row is {status}"
    if status in ("VALIDATED", "PROCESSING", "UNKNOWN") and not listed:
        yield f"the row is {status}, but it is not listed as open"
    if listed and (status == "COMPLETED" or view.told):
        yield f"the row is {status}, its notice was sent, but it is listed as open"
    if status in _NOT_CHARGED and not view.settled and (view.told or not listed):
        yield f"{status}, and nobody was told or can see it"


def _of_a_failure(view: View, index: int, run: Run) -> Iterator[str]:
    """Yield what a failed execution owes: a notice of its own, that of the row, or an alarm for a lost one."""
    stop = run.node.stop
    if not isinstance(stop, Ending) or stop.name != "PaymentFailed" or run.stopped:
        return
    if stop.variables.get("error") == "NoticeLost":
        if not view.state.counted:
            yield "a notice was lost, and no alarm rings"
    elif not _is_decided(stop) and not any(each.run == index for each in view.state.notices):
        yield f"execution {index + 1} failed, and nobody was told"


def _is_decided(stop: Ending) -> bool:
    return stop.variables.get("outcome") in _NOT_CHARGED


@lru_cache(None)
def _row(item: str) -> tuple[str, bool, bool]:
    found = json.loads(item)
    return found.get("status", {}).get("S", "none"), "open_shard" in found, "told_at" in found
