"""The state machine as it is rendered: a complete graph in which every task is timed, retried and caught."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from payflow_cfn.asl import Timing, machine_timeout, retry_delays
from payflow_cfn.settings import Settings
from payflow_cfn.stacks import build_stacks

FUNCTION_RETRIES = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
    "States.TaskFailed",
]
SERVICE_RETRIES = ["States.Timeout", "States.TaskFailed"]
RETRIES = {
    "ValidatePayment": FUNCTION_RETRIES,
    "ProcessPayment": FUNCTION_RETRIES,
    "ReconcilePayment": FUNCTION_RETRIES,
    "RecordFailure": SERVICE_RETRIES,
    "CountUnknown": SERVICE_RETRIES,
    "NotifyFailure": SERVICE_RETRIES,
}


def properties(settings: Settings) -> dict[str, Any]:
    template = build_stacks(settings, {"validation": "a", "processing": "b"})["workflow"].to_dict()
    (machine,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::StepFunctions::StateMachine"]
    plain: dict[str, Any] = json.loads(json.dumps(machine["Properties"]))
    return plain


def states(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = properties(settings)["Definition"]["States"]
    return found


def targets(state: dict[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (each["Next"] for key in ("Catch", "Choices") for each in state.get(key, []))


def test_every_state_is_reached_and_every_target_exists() -> None:
    whole = properties(Settings())["Definition"]
    reached, todo = set(), [whole["StartAt"]]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += targets(whole["States"][name])
    assert reached == set(whole["States"])


def test_every_state_goes_on_or_ends() -> None:
    stuck = [n for n, s in states(Settings()).items() if not list(targets(s)) and s["Type"] not in {"Succeed", "Fail"}]
    assert stuck == []


def test_each_task_retries_what_the_table_says() -> None:
    found = {name: state["Retry"] for name, state in states(Settings()).items() if state["Type"] == "Task"}
    assert {name: [each["ErrorEquals"] for each in lists] for name, lists in found.items()} == {
        name: [errors] for name, errors in RETRIES.items()
    }
    assert {each["JitterStrategy"] for lists in found.values() for each in lists} == {"FULL"}


def test_each_task_catches_too_much_data_by_name_and_everything_last() -> None:
    for name in RETRIES:
        caught = [each["ErrorEquals"] for each in states(Settings())[name]["Catch"]]
        assert caught == [["States.DataLimitExceeded"], ["States.ALL"]], name


@pytest.mark.parametrize(
    ("name", "status", "goes_to"),
    [
        ("ValidatePayment", "FAILED", "RecordFailure"),
        ("ProcessPayment", "UNKNOWN", "WaitForOutcome"),
        ("ReconcilePayment", "UNKNOWN", "AskAgain"),
    ],
)
def test_only_a_failure_before_the_claim_may_say_failed(name: str, status: str, goes_to: str) -> None:
    found = {(each["Assign"]["status"], each["Next"]) for each in states(Settings())[name]["Catch"]}
    assert found == {(status, goes_to)}


def test_an_answer_that_nobody_expected_is_an_open_question() -> None:
    assert states(Settings())["UnexpectedOutcome"]["Assign"]["status"] == "UNKNOWN"


def test_an_open_question_is_counted_before_it_is_told_whatever_fails() -> None:
    found = states(Settings())
    assert set(targets(found["RecordFailure"])) == {"RouteUnknown"}
    assert [each["Condition"] for each in found["RouteUnknown"]["Choices"]] == ["{% $status = 'UNKNOWN' %}"]
    assert set(targets(found["RouteUnknown"])) == {"CountUnknown", "NotifyFailure"}
    assert set(targets(found["CountUnknown"])) == {"NotifyFailure"}


@pytest.mark.parametrize("seconds", [10, 300, 900])
def test_a_task_waits_for_its_functions_whole_timeout(seconds: int) -> None:
    found = states(Settings(function_timeout=seconds))
    waits = {found[name]["TimeoutSeconds"] for name in ("ValidatePayment", "ProcessPayment", "ReconcilePayment")}
    assert min(waits) >= seconds


def test_nothing_parses_an_error_and_nothing_is_substituted() -> None:
    text = json.dumps(states(Settings()))
    assert [word for word in ("$parse", "StringToJson", ".Cause") if word in text] == []
    assert "DefinitionSubstitutions" not in properties(Settings())


def test_the_machine_has_time_for_every_attempt_and_wait() -> None:
    timing = Timing(function_timeout=20, attempts=2, interval=2, backoff=2.0, max_delay=3, reconcile_after=(30, 300))
    assert retry_delays(timing) >= 2 + 3
    assert machine_timeout(timing) >= (2 + 2) * (3 * 30 + 5) + 330 + 3 * (3 * 30 + 5)
