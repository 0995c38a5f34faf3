"""The state machine as it is rendered: a complete graph in which every task is timed, retried and caught."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from payflow_cfn.config.names import ENVIRONMENT_LIMIT
from payflow_cfn.config.settings import Settings
from payflow_cfn.local.walk.expressions import evaluate
from payflow_cfn.stacks import build_stacks
from payflow_cfn.workflow.states import Timing, machine_timeout, retry_delays

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
    "ClaimNotice": SERVICE_RETRIES,
    "NotifyFailure": SERVICE_RETRIES,
    "MarkTold": SERVICE_RETRIES,
    "ReopenPayment": SERVICE_RETRIES,
    "CountLostNotice": SERVICE_RETRIES,
    "ReleaseNotice": SERVICE_RETRIES,
}
# Writes under a condition: a row that does not meet it is an answer.
REFUSED = "DynamoDB.ConditionalCheckFailedException"
CONDITIONAL = ("RecordFailure", "ClaimNotice", "MarkTold", "ReopenPayment", "ReleaseNotice")


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
    refused = {name: lists.pop(0) for name, lists in found.items() if len(lists) > 1}
    assert refused == {name: {"ErrorEquals": [REFUSED], "MaxAttempts": 0} for name in CONDITIONAL}
    assert {name: [each["ErrorEquals"] for each in lists] for name, lists in found.items()} == {
        name: [errors] for name, errors in RETRIES.items()
    }
    assert {each["JitterStrategy"] for lists in found.values() for each in lists} == {"FULL"}


def test_a_step_whose_write_is_conditional_is_one_that_knows_a_refusal() -> None:
    found = {name for name, state in states(Settings()).items() if "ConditionExpression" in state.get("Arguments", {})}
    assert found == set(CONDITIONAL)


def test_each_task_catches_too_much_data_by_name_and_everything_last() -> None:
    for name in RETRIES:
        caught = [each["ErrorEquals"] for each in states(Settings())[name]["Catch"]]
        assert caught[-2:] == [["States.DataLimitExceeded"], ["States.ALL"]], name
        assert caught[:-2] == ([[REFUSED]] if name == "ClaimNotice" else []), name


@pytest.mark.parametrize(
    ("name", "status", "goes_to"),
    [
        ("ValidatePayment", "FAILED", "RouteRecord"),
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
    assert [each["Assign"] for each in found["RecordFailure"]["Catch"]] == [{"status": "UNKNOWN"}] * 2
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


QUICK = Settings(function_timeout=10, retry_attempts=0, charge_quiet_seconds=1, reconcile_after_seconds=(9,) * 9)


@pytest.mark.parametrize("settings", [Settings(), QUICK], ids=["plain", "quick"])
def test_the_machine_outlasts_the_longest_way_through_it(settings: Settings) -> None:
    """Every task once with all its attempts; asking as often as there are waits, claiming the notice three times."""
    found, waits = states(settings), settings.reconcile_after_seconds
    assert [each["Condition"] for each in found["RouteNotice"]["Choices"]] == ["{% $tries < 3 %}"]
    longest = float(sum(waits)) + 2 * found["AwaitNotice"]["Seconds"]
    for name, state in found.items():
        if state["Type"] == "Task":
            rule = state["Retry"][-1]
            pauses = sum(
                min(rule["IntervalSeconds"] * rule["BackoffRate"] ** each, rule["MaxDelaySeconds"])
                for each in range(rule["MaxAttempts"])
            )
            times = {"ReconcilePayment": len(waits), "ClaimNotice": 3}.get(name, 1)
            longest += times * ((rule["MaxAttempts"] + 1) * state["TimeoutSeconds"] + pauses)
    assert properties(settings)["Definition"]["TimeoutSeconds"] > longest


@pytest.mark.parametrize("settings", [Settings(), QUICK], ids=["plain", "quick"])
def test_a_claim_of_the_notice_outlasts_what_is_done_under_it(settings: Settings) -> None:
    """Otherwise the next one sends it as well."""
    found = states(settings)
    needed = 0.0
    for name in ("ClaimNotice", "NotifyFailure", "MarkTold"):
        rule = found[name]["Retry"][-1]
        pauses = (rule["IntervalSeconds"] * rule["BackoffRate"] ** each for each in range(rule["MaxAttempts"]))
        needed += (rule["MaxAttempts"] + 1) * found[name]["TimeoutSeconds"] + sum(pauses)
    seconds = found["AwaitNotice"]["Seconds"]
    assert seconds > needed
    until = found["ClaimNotice"]["Arguments"]["ExpressionAttributeValues"][":until"]["N"]
    assert until == f"{{% $string($toMillis($states.context.State.EnteredTime) + {seconds * 1000}) %}}"


# A variable, not a function's name.
VARIABLE = re.compile(r"\$([a-z]\w*)\b(?!\()")
Known = dict[str, frozenset[str]]


def read_in(value: Any) -> set[str]:
    """The variables that the expressions in here read."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return set().union(*map(read_in, parts))
    return set(VARIABLE.findall(value)) - {"states"} if isinstance(value, str) and value.startswith("{%") else set()


def routes(state: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Each way on: its target and the variables it assigns."""
    for each in state.get("Catch", []):
        # A state that fails assigns nothing itself: only its catcher does.
        yield each["Next"], set(each.get("Assign", {}))
    for each in state.get("Choices", []):
        yield each["Next"], set(each.get("Assign", {}))
    for key in ("Next", "Default"):
        if key in state:
            yield state[key], set(state.get("Assign", {}))


def surely_assigned(definition: dict[str, Any]) -> Known:
    """The variables that every way into a state has assigned."""
    known: Known = {definition["StartAt"]: frozenset()}
    todo = [definition["StartAt"]]
    while todo:
        name = todo.pop()
        for target, assigned in routes(definition["States"][name]):
            brings = known[name] | assigned
            merged = known[target] & brings if target in known else brings
            if known.get(target) != merged:
                known[target] = merged
                todo.append(target)
    return known


def unassigned(definition: dict[str, Any]) -> set[tuple[str, str]]:
    known = surely_assigned(definition)
    return {(name, each) for name, state in definition["States"].items() for each in read_in(state) - known[name]}


def test_what_a_state_reads_is_there_on_every_way_to_it() -> None:
    definition = properties(Settings())["Definition"]
    assert unassigned(definition) == set()
    assert len(set().union(*map(read_in, definition["States"].values()))) >= 10
    # No state reads what the one before put out: an error or a result in its place would take the payment away.
    texts = {name: json.dumps({**state, "Catch": []}) for name, state in definition["States"].items()}
    assert [name for name, text in texts.items() if "$states.input" in text] == [definition["StartAt"]]


@pytest.mark.parametrize(
    ("state", "variable"),
    [
        ("ReceivePayment", "input"),
        *[("RememberFacts", each) for each in ("execution", "asks", "tries", "outcome", "status", "error")],
        *[("RememberFacts", each) for each in ("result", "facts", "environment")],
    ],
)
def test_a_variable_that_is_not_assigned_on_the_way_of_a_failure_is_found(state: str, variable: str) -> None:
    definition = properties(Settings())["Definition"]
    del definition["States"][state]["Assign"][variable]
    if variable in ("status", "error"):  # which every catcher assigns as well
        for each in definition["States"]["ValidatePayment"]["Catch"]:
            del each["Assign"][variable]
    assert variable in {name for _, name in unassigned(definition)}


def test_no_failure_is_recorded_under_a_key_of_null() -> None:
    found = states(Settings())
    before_validation = [found["ValidatePayment"]["Catch"][0]["Next"], found["UnexpectedOutcome"]["Next"]]
    assert before_validation == ["RouteRecord"] * 2
    first = found["RouteRecord"]["Choices"][0]
    assert first == {"Condition": "{% $facts.transaction_id != null %}", "Next": "RecordFailure"}
    assert "RecordFailure" not in [found["RouteRecord"]["Default"], found["RouteRecord"]["Choices"][1]["Next"]]


def test_the_input_is_assigned_alone_since_one_assignment_holds_no_more_than_the_largest_input() -> None:
    for name, state in states(Settings()).items():
        if any(value == "{% $states.input %}" for value in state.get("Assign", {}).values()):
            assert list(state["Assign"]) == ["input"], name


def test_what_went_wrong_is_read_by_its_catcher_alone_and_cut_short() -> None:
    for name, state in states(Settings()).items():
        rest = json.dumps({key: value for key, value in state.items() if key != "Catch"})
        assert "errorOutput" not in rest, name
        told = [text for each in state.get("Catch", []) for text in each.get("Assign", {}).values() if "{%" in text]
        assert {each for each in told if "errorOutput" in each} <= {
            "{% $substring($states.errorOutput.Error, 0, 128) %}"
        }, name


def test_after_the_payments_result_a_failure_does_not_take_its_place() -> None:
    """A catcher without Output hands on {Error, Cause}, which is what an ending would put out."""
    for name, state in states(Settings()).items():
        handed_on = {each.get("Output") for each in state.get("Catch", [])}
        if state["Type"] == "Task":
            assert handed_on == ({None} if "Payload" in state["Output"] else {"{% $result %}"}), name


@pytest.mark.parametrize("status", ["REJECTED", "CONFLICT", "DECLINED", "UNKNOWN", "FAILED"])
def test_the_notices_subject_is_text_that_sns_takes(status: str) -> None:
    (notice,) = (each for each in states(Settings()).values() if "Subject" in each.get("Arguments", {}))
    known = {"status": status, "environment": "a" * ENVIRONMENT_LIMIT}
    subject = evaluate(notice["Arguments"]["Subject"].strip("{% }"), known, {})
    assert subject == f"Payment {status} in {known['environment']}"
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()


@pytest.mark.parametrize("quiet", [1, 300])
def test_both_steps_say_for_how_long_a_charge_may_be_on_its_way(quiet: int) -> None:
    found = states(Settings(charge_quiet_seconds=quiet))
    for name in ("ProcessPayment", "ReconcilePayment"):
        assert found[name]["Arguments"]["Payload"]["quiet_seconds"] == quiet


def test_the_machine_has_time_for_every_attempt_and_wait() -> None:
    timing = Timing(
        function_timeout=20,
        attempts=2,
        interval=2,
        backoff=2.0,
        max_delay=3,
        reconcile_after=(30, 300),
        quiet=60,
        margin=62,
    )
    assert retry_delays(timing) >= 2 + 3
    assert machine_timeout(timing) >= (2 + 2) * (3 * 30 + 5) + 330 + 3 * (3 * 30 + 5)
