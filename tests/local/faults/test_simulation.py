"""Test the notice of each failure beside the row, in a walk of the definition in this process."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from payflow_cfn.local.faults.lambda_functions import quiet_functions
from payflow_cfn.local.faults.run import local_machine, planned_world
from payflow_cfn.local.faults.schedule import Strikes
from payflow_cfn.local.faults.simulation import World
from payflow_cfn.local.walk.interpreter import State, TaskFailed, Walk

# Four attempts to process, then four at each of three asks.
_EVERY_ATTEMPT = 16


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with quiet_functions():
        yield


def told(world: World) -> list[tuple[str, str]]:
    return [(notice["row"], notice["status"]) for notice in world.notices]


def alarms(world: World) -> int:
    return world.counted.get("PaymentsNeedingAttention", 0)


def world(*faults: str) -> World:
    made = planned_world(local_machine(), 0, random.Random(0))
    made.payment["payment_amount"], made.declines = "10.00", False
    made.strikes = Strikes(pending=list(faults))
    return made


@pytest.mark.parametrize(
    ("faults", "row", "status"),
    [
        (["killed before enter"] * 4, "none", "FAILED"),
        (["killed after enter"] + ["killed before enter"] * 3, "VALIDATED", "UNKNOWN"),
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
    assert alarms(seen) == (said == "UNKNOWN")


def test_a_repeat_that_can_neither_validate_nor_record_sends_no_failed_notice() -> None:
    seen = world()
    assert seen.execute() == "PaymentComplete"
    seen.strikes.pending += ["killed before enter"] * 4 + ["throttled before failure record"] * 4
    assert seen.execute() == "PaymentFailed"
    assert (told(seen), len(seen.charges)) == ([("COMPLETED", "UNKNOWN")], 1)


def test_a_failure_that_the_processing_function_reports_sends_its_notice_without_a_record() -> None:
    seen = world(*["unavailable before charge"] * 20, *["throttled before failure record"] * 4)
    assert seen.execute() == "PaymentFailed"
    assert (told(seen), alarms(seen), seen.told()) == ([("FAILED", "FAILED")], 0, "FAILED")


def test_a_repeat_that_fails_early_sends_unknown_for_an_open_charge() -> None:
    seen = world("killed after charge", *["killed before find"] * (_EVERY_ATTEMPT - 1))
    seen.execute()
    seen.strikes.pending += ["killed before enter"] * 4
    assert seen.execute() == "PaymentFailed"
    assert told(seen) == [("PROCESSING", "UNKNOWN")] * 2
    assert alarms(seen) == 2


def test_retries_that_are_used_up_wait_and_the_gateway_answers() -> None:
    seen = world("killed after charge", *["killed before find"] * 3)
    assert seen.execute() == "PaymentComplete"
    assert (told(seen), seen.status(), len(seen.charges)) == ([], "COMPLETED", 1)


DECLINES = ("notice claim", "notice", "mark")


def declined(*faults: str) -> World:
    seen = world(*faults)
    seen.declines = True
    return seen


def test_a_decline_sends_one_notice_and_the_row_records_it() -> None:
    seen = declined()
    assert [seen.execute() for _ in range(3)] == ["PaymentDeclined"] * 3
    assert (told(seen), seen.told()) == ([("DECLINED", "DECLINED")], "DECLINED")


@pytest.mark.parametrize("fault", [f"stopped {when} {what}" for what in DECLINES for when in ("before", "after")])
def test_the_notice_of_a_decline_is_sent_by_the_next_execution_if_the_first_was_stopped(fault: str) -> None:
    seen = declined(fault)
    seen.execute()
    assert seen.execute() == "PaymentDeclined"
    sent_before = fault in ("stopped after notice", "stopped before mark")
    assert told(seen) == [("DECLINED", "DECLINED")] * (2 if sent_before else 1)
    assert seen.told() == "DECLINED"


def test_a_notice_that_is_refused_for_good_rings_an_alarm_and_is_sent_by_the_next_execution() -> None:
    seen = declined(*["throttled before notice"] * 4)
    assert seen.execute() == "PaymentFailed"
    assert (told(seen), seen.counted, seen.endings) == ([], {"NoticesLost": 1}, [("PaymentFailed", "NoticeLost")])
    before = seen.now
    assert seen.execute() == "PaymentDeclined"
    assert told(seen) == [("DECLINED", "DECLINED")]
    # The claim was given back: nobody waits for its end.
    assert seen.now - before < 60


def test_an_execution_waits_for_the_sender_of_the_notice_until_its_lease_ends() -> None:
    seen = declined("stopped after notice claim")
    seen.execute()
    before = seen.now
    seen.execute()
    assert seen.now - before > 60


def test_an_execution_that_ran_during_a_failure_notice_does_not_enter_the_payment() -> None:
    # Another execution fails to validate and tells so, while this one is about to enter the payment.
    seen = world("parallel before enter", *["killed before enter"] * 4)
    assert seen.execute() == "PaymentFailed"
    assert (seen.status(), seen.charges, {status for _, status in told(seen)}) == ("none", [], {"FAILED"})
    seen.passed(1)
    assert seen.execute() == "PaymentComplete"


def test_a_charge_that_is_refused_at_the_last_ask_ends_as_not_charged_with_a_notice() -> None:
    seen = world(*["unavailable before charge"] * 6, "unavailable before last charge")
    assert seen.execute() == "PaymentFailed"
    assert (told(seen), seen.charges) == ([("FAILED", "FAILED")], [])


@pytest.mark.parametrize("lifetime", [0.0, None])
def test_a_request_that_arrives_after_its_sender_has_died_is_the_only_charge(lifetime: float | None) -> None:
    seen = world("killed late before charge")
    seen.key_lifetime = lifetime
    assert seen.execute() == "PaymentComplete"
    seen.passed(seen.quiet_seconds)
    assert len(seen.charges) == 1


def walked(fault: Callable[[str], str], machine: dict[str, Any] | None = None) -> tuple[list[tuple[str, Any]], str]:
    """Walk one payment whose functions fail with the error that `fault` gives; what was sent, and the ending."""
    whole, sent = machine or local_machine(), list[tuple[str, Any]]()
    facts = {"transaction_id": "T-1", "amount": "1.00", "currency": "USD", "payment_method": "credit_card"}
    answer = {"told": False, "result": {}, "error": None, "payment": {}, "facts": facts}

    def task(state: State, arguments: Any) -> Any:
        function = arguments.get("FunctionName", "")
        if function and (error := fault(function)):
            raise TaskFailed(error)
        sent.append((function or state["Resource"], arguments))
        outcome = "VALIDATED" if function == "validation" else "COMPLETED"
        return {"Payload": {**answer, "outcome": outcome}, "Attributes": {}}

    at = "2026-11-26T10:00:00Z"
    context = {"Execution": {"Id": "arn", "Name": "name", "StartTime": at}, "State": {"EnteredTime": at}}
    walk = Walk(whole, lambda: context, task, waited=lambda _: None, repeated=lambda *_: None)
    return sent, walk.run({"transaction_id": "T-1"}).name


TRANSIENT = (
    *("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
    *("Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException", "Lambda.Unknown"),
    *("Sandbox.Timedout", "States.Timeout", "GatewayUnavailable"),
)


@pytest.mark.parametrize("error", TRANSIENT)
@pytest.mark.parametrize("failing", ["validation", "processing"])
def test_a_step_that_fails_twice_and_then_answers_completes_the_payment_without_a_notice(
    failing: str, error: str
) -> None:
    left = [error, error]
    sent, ending = walked(lambda function: left.pop() if function == failing and left else "")
    assert (ending, left) == ("PaymentComplete", [])
    assert [what for what, _ in sent] == ["validation", "processing"]


@pytest.mark.parametrize("failing", ["validation", "processing"])
def test_too_much_data_sends_a_notice_although_states_all_does_not_catch_it(failing: str) -> None:
    sent, ending = walked(lambda function: "States.DataLimitExceeded" if function == failing else "")
    assert ending == "PaymentFailed"
    (notice,) = (arguments for what, arguments in sent if what == "publish")
    assert json.loads(notice["Message"])["error"] == "States.DataLimitExceeded"
    machine = local_machine()
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
def test_every_failure_is_recorded_and_sends_one_bounded_notice(failing: str, error: str) -> None:
    sent, ending = walked(lambda function: error if function == failing else "")
    assert ending == "PaymentFailed"
    record, *reopened = (each for resource, each in sent if resource == "update_item")
    assert len(reopened) == (1 if failing == "validation" else 0)
    (notice,) = (each for resource, each in sent if resource == "publish")
    assert record["ExpressionAttributeValues"][":error"]["S"] == error[:128]
    message = json.loads(notice["Message"])
    assert (message["transaction_id"], message["error"]) == ("T-1", error[:128])
    assert message["status"] == ("FAILED" if failing == "validation" else "UNKNOWN")
    assert notice["Subject"] == f"Payment {message['status']} in local"
