"""What has to hold of every world: the row, the executions' ends and the notices agree with the bank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from interleavings.world import Charge, State, ended

from payflow_cfn.local.machine import Ending

_OPEN = ("VALIDATED", "PROCESSING", "UNKNOWN")


def broken(state: State, amounts: tuple[int, ...]) -> Iterator[str]:
    """Yield each promise that does not hold in this world; `amounts` are the executions', in minor units."""
    taken = [each for each in state.book if each.said == "SUCCEEDED"]
    status, listed, told = _row(state.item)
    if len(taken) > 1:
        yield "charged twice"
    if taken and status in ("FAILED", "DECLINED", "REJECTED"):
        yield f"the row says {status} of money that was taken"
    if status == "COMPLETED" and not taken:
        yield "the row says COMPLETED and nothing was charged"
    if status == "VALIDATED" and (state.book or _at_gateway(state)):
        yield "the row says VALIDATED, and something was sent"
    if any(state.denied >> each.run & 1 for each in taken):
        yield "FAILED was recorded and told, and an execution that had started by then has charged"
    if taken and any(each.settled for each in state.notices):
        yield "a notice says that nothing was charged, and money was taken"
    if any(each.status == "FAILED" and not each.settled and not state.denied >> each.run & 1 for each in state.notices):
        yield "FAILED was told, and nobody made sure of it"
    settled = [each for each in state.notices if each.settled]
    if len(settled) > 1 and not state.muffled:
        yield "told twice, although no notice was cut short"
    if any(each.status not in ("DECLINED", "FAILED") or each.status != status for each in settled):
        yield "a notice tells another final status than the row has"
    yield from _endings(state, taken, status, amounts)
    if _is_over(state):
        yield from _at_the_end(state, taken, status, listed=listed, told=told)


def _endings(state: State, taken: list[Charge], status: str, amounts: tuple[int, ...]) -> Iterator[str]:
    for run in state.runs:
        stop = run.node.stop
        if not isinstance(stop, Ending) or run.stopped:
            continue
        if stop.name == "PaymentComplete" and not any(each.minor == amounts[run.kind] for each in taken):
            yield "an execution completed, and its amount was not charged"
        if stop.state is None:
            yield f"an execution {stop.name}"
        if stop.name == "PaymentDeclined" and status != "DECLINED":
            yield "an execution ended as declined, and the row does not"
        decided = stop.variables.get("outcome") in ("DECLINED", "FAILED")
        if decided and stop.variables.get("error") != "NoticeLost" and not any(each.settled for each in state.notices):
            yield "an execution ended with a final status that nobody was told"


def _at_the_end(state: State, taken: list[Charge], status: str, *, listed: bool, told: bool) -> Iterator[str]:
    if taken and status not in ("COMPLETED", *_OPEN[1:]):
        yield f"money was taken, and the row says {status}"
    if status in _OPEN and not listed:
        yield f"the row says {status} and is not listed as open"
    if listed and (status == "COMPLETED" or told):
        yield f"the row says {status}, everybody knows, and it is listed as open"
    if status in ("DECLINED", "FAILED") and not listed and not any(each.settled for each in state.notices):
        yield f"{status}, and nobody was told or can see it"
    if status in ("DECLINED", "FAILED") and told and not any(each.settled for each in state.notices):
        yield "the row says that a notice was sent, and none was"
    for index, run in enumerate(state.runs):
        stop = run.node.stop
        failed = isinstance(stop, Ending) and stop.name == "PaymentFailed" and not run.stopped
        lost = failed and isinstance(stop, Ending) and stop.variables.get("error") == "NoticeLost"
        quiet = failed and isinstance(stop, Ending) and stop.variables.get("outcome") in ("DECLINED", "FAILED")
        if failed and not lost and not quiet and not any(each.run == index for each in state.notices):
            yield f"execution {index + 1} failed, and nobody was told"
        if lost and not state.counted:
            yield "a notice was lost, and no alarm rings"


def _is_over(state: State) -> bool:
    return bool(state.runs) and not state.attempts and not state.flying and all(ended(run) for run in state.runs)


def _at_gateway(state: State) -> bool:
    return any(each.kind == "charge" for each in state.flying)


@lru_cache(None)
def _row(item: str) -> tuple[str, bool, bool]:
    found = json.loads(item)
    return found.get("status", {}).get("S", "none"), "open_shard" in found, "told_at" in found
