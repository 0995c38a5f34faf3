"""The walk of the definition in this process: what a failure is told as, beside the row that stands then."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from payflow_cfn.local.fault_plan import Strikes
from payflow_cfn.local.fault_world import World
from payflow_cfn.local.faults_run import _machine, _world
from payflow_cfn.local.shipped import quiet_functions

# Four attempts to process, then four at each of three asks.
_EVERY_ATTEMPT = 16


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with quiet_functions():
        yield


def told(world: World) -> list[tuple[str, str]]:
    return [(notice["row"], notice["status"]) for notice in world.notices]


def world(*faults: str) -> World:
    made = _world(_machine(), 0, random.Random(0))
    made.payment["payment_amount"], made.declines = "10.00", False
    made.strikes = Strikes(pending=list(faults))
    return made


@pytest.mark.parametrize(
    ("faults", "row", "status"),
    [
        (["killed before enter"] * 4, "none", "FAILED"),
        (["killed after enter"] + ["killed before enter"] * 3, "VALIDATED", "FAILED"),
        (["killed before claim"] * _EVERY_ATTEMPT, "VALIDATED", "UNKNOWN"),
        (["killed after claim"] + ["killed before find"] * _EVERY_ATTEMPT, "PROCESSING", "UNKNOWN"),
        (["killed after charge"] + ["killed before find"] * _EVERY_ATTEMPT, "PROCESSING", "UNKNOWN"),
        (["hang after charge"] + ["killed before find"] * _EVERY_ATTEMPT, "UNKNOWN", "UNKNOWN"),
        (["hang after charge"] + ["hang before find"] * _EVERY_ATTEMPT, "UNKNOWN", "UNKNOWN"),
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_what_may_have_charged_is_unknown_and_counted(faults: list[str], row: str, status: str, recorded: bool) -> None:
    seen = world(*faults, *([] if recorded else ["throttled before failure record"] * 4))
    assert seen.execute() == "PaymentFailed"
    assert told(seen) == [(row, status)]
    assert seen.counted == (status == "UNKNOWN")


def test_a_repeat_that_fails_early_tells_what_the_first_execution_left_open() -> None:
    seen = world("killed after charge", *["killed before find"] * (_EVERY_ATTEMPT - 1))
    seen.execute()
    seen.strikes.pending += ["killed before enter"] * 4
    assert seen.execute() == "PaymentFailed"
    assert told(seen) == [("PROCESSING", "UNKNOWN")] * 2
    assert seen.counted == 2


def test_retries_that_are_used_up_wait_and_the_gateway_answers() -> None:
    seen = world("killed after charge", *["killed before find"] * 3)
    assert seen.execute() == "PaymentComplete"
    assert (told(seen), seen.status(), len(seen.charges)) == ([], "COMPLETED", 1)
