"""The walk of the definition in this process: what a failure is told as, beside the row that stands then."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from payflow_cfn.errors import LocalError
from payflow_cfn.local.fault_plan import Strikes
from payflow_cfn.local.fault_world import World
from payflow_cfn.local.faults_run import _machine, _world
from payflow_cfn.local.known_expressions import compute
from payflow_cfn.local.machine import State, TaskFailed, Walk
from payflow_cfn.local.shipped import quiet_functions

# Four attempts to process, then four at each of three asks.
_EVERY_ATTEMPT = 16


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with quiet_functions():
        yield


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$status = 'UNKNOWN'", True),
        ("$status in ['FAILED', 'UNKNOWN']", True),
        ("$status in ['FAILED']", False),
        ("$asks < 5", True),
        ("$asks >= 5", False),
        ("$asks + 1", 3),
    ],
)
def test_a_comparison_is_computed(text: str, value: object) -> None:
    assert compute(text, {"status": "UNKNOWN", "asks": 2}, {}) == value


@pytest.mark.parametrize(
    "text", ["$status = 'UNKNOWN' and $asks < 5", "$status = $error", "$status in ['A'] ? 1 : 2", "$asks < 5 and $asks"]
)
def test_an_expression_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(LocalError, match="does not know the expression"):
        compute(text, {"status": "UNKNOWN", "error": "None", "asks": 2}, {})


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
    # Without the row that recording gives back, nobody can say that no other execution charged.
    said = status if recorded else "UNKNOWN"
    assert seen.execute() == "PaymentFailed"
    assert told(seen) == [(row, said)]
    assert seen.counted == (said == "UNKNOWN")


def test_a_repeat_that_can_neither_validate_nor_record_does_not_say_that_nothing_was_charged() -> None:
    seen = world()
    assert seen.execute() == "PaymentComplete"
    seen.strikes.pending += ["killed before enter"] * 4 + ["throttled before failure record"] * 4
    assert seen.execute() == "PaymentFailed"
    assert (told(seen), len(seen.charges)) == ([("COMPLETED", "UNKNOWN")], 1)


def test_a_failure_that_the_processing_function_reports_needs_no_record_to_be_told() -> None:
    seen = world(*["unavailable before charge"] * 20, *["throttled before failure record"] * 4)
    assert seen.execute() == "PaymentFailed"
    assert (told(seen), seen.counted) == ([("FAILED", "FAILED")], 0)


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


def walked(fault: Callable[[str], str], machine: dict[str, Any] | None = None) -> tuple[list[tuple[str, Any]], str]:
    """Walk one payment whose functions fail with the error that `fault` gives; what was sent, and the ending."""
    whole, sent = machine or _machine(), list[tuple[str, Any]]()
    facts = {"transaction_id": "T-1", "amount": "1.00", "currency": "USD", "payment_method": "credit_card"}
    answer = {"replayed": False, "result": {}, "error": None, "payment": {}, "facts": facts}

    def task(state: State, arguments: Any) -> Any:
        function = arguments.get("FunctionName", "")
        if function and (error := fault(function)):
            raise TaskFailed(error)
        sent.append((function or state["Resource"], arguments))
        outcome = "VALIDATED" if function == "validation" else "COMPLETED"
        return {"Payload": {**answer, "outcome": outcome}, "Attributes": {}}

    at = "2026-11-26T10:00:00Z"
    context = {"Execution": {"Id": "arn", "StartTime": at}, "State": {"EnteredTime": at}}
    walk = Walk(whole, context, task, compute, waited=lambda _: None, repeated=lambda *_: None)
    return sent, walk.run({"transaction_id": "T-1"}).name


TRANSIENT = (
    *("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
    *("Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException", "Lambda.Unknown"),
    *("Sandbox.Timedout", "States.Timeout", "GatewayUnavailable"),
)


@pytest.mark.parametrize("error", TRANSIENT)
@pytest.mark.parametrize("failing", ["validation", "processing"])
def test_a_step_that_fails_twice_and_then_answers_completes_the_payment_untold(failing: str, error: str) -> None:
    left = [error, error]
    sent, ending = walked(lambda function: left.pop() if function == failing and left else "")
    assert (ending, left) == ("PaymentComplete", [])
    assert [what for what, _ in sent] == ["validation", "processing"]


@pytest.mark.parametrize("failing", ["validation", "processing"])
def test_too_much_data_is_told_although_the_catcher_of_everything_leaves_it_out(failing: str) -> None:
    sent, ending = walked(lambda function: "States.DataLimitExceeded" if function == failing else "")
    assert ending == "PaymentFailed"
    (notice,) = (arguments for what, arguments in sent if what == "publish")
    assert notice["Message"]["error"] == "States.DataLimitExceeded"
    machine = _machine()
    for state in machine["States"].values():
        state["Catch"] = [each for each in state.get("Catch", []) if each["ErrorEquals"] == ["States.ALL"]]
    with pytest.raises(TaskFailed, match=r"States\.DataLimitExceeded"):
        walked(lambda function: "States.DataLimitExceeded" if function == failing else "", machine)


@pytest.mark.parametrize(
    "error",
    [
        "Lambda.TooManyRequestsException",
        "Rate exceeded",
        '{"errorMessage": "x", "errorType": "Y"}',
        '["a"]',
        "x" * 40_000,
        "line1\nline2 \u00fc \U0001f4a5" * 5_000,
        "{% $x %}",
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("failing", ["validation", "processing"])
def test_whatever_a_failure_is_called_it_is_written_down_and_told_once_within_bounds(failing: str, error: str) -> None:
    sent, ending = walked(lambda function: error if function == failing else "")
    assert ending == "PaymentFailed"
    (record,) = (each for resource, each in sent if resource == "update_item")
    (notice,) = (each for resource, each in sent if resource == "publish")
    assert record["ExpressionAttributeValues"][":error"]["S"] == error[:128]
    assert (notice["Message"]["transaction_id"], notice["Message"]["error"]) == ("T-1", error[:128])
    assert notice["Message"]["status"] == ("FAILED" if failing == "validation" else "UNKNOWN")
