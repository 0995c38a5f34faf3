"""The fields of a state fit its type, its language and each other."""

from __future__ import annotations

from typing import Any

import pytest

from one_machine import Fields, machine, told, told_of

TASK: Fields = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Done"}
WAIT: Fields = {"Type": "Wait", "Next": "Done"}
RETRY: Fields = {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 3}
CATCH: Fields = {"ErrorEquals": ["States.ALL"], "Next": "Done"}
CHOICE = {"Condition": "{% true %}", "Next": "Done"}
PARALLEL: Fields = {"Type": "Parallel", "Branches": [], "Next": "Done"}


def problems(state: Fields, language: str = "JSONata") -> list[str]:
    return [each.partition(": ")[2] for each in told_of("PF038", state, language=language)]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (WAIT, "exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is wanted, not none"),
        (
            {**WAIT, "Seconds": 1, "Timestamp": "2030-01-01T00:00:00Z"},
            "exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is wanted, not Seconds and Timestamp",
        ),
        ({**WAIT, "Timestamp": "tomorrow"}, "Timestamp tomorrow is not like 2030-01-31T12:00:00Z"),
        ({**WAIT, "SecondsPath": "$.wait"}, "a JSONata state has no SecondsPath"),
        ({"Type": "Pass", "Result": 1, "Next": "Done"}, "a JSONata state has no Result"),
        ({"Type": "Pass", "Arguments": {}, "Next": "Done"}, "a Pass state has no Arguments"),
        ({"Type": "Fail", "Output": "a"}, "a Fail state has no Output"),
        ({"Type": "Choice", "Choices": [], "Default": "Done"}, "Choices is empty"),
        ({"Type": "Choice", "Choices": [CHOICE], "Next": "Done"}, "a Choice state has no Next"),
        (PARALLEL, "Branches is empty"),
        ({**TASK, "HeartbeatSeconds": 30, "TimeoutSeconds": 30}, "HeartbeatSeconds is not shorter than TimeoutSeconds"),
        ({**TASK, "TimeoutSeconds": 100_000_000}, "TimeoutSeconds 100000000 is not between 0 and 99999999"),
        (
            {**TASK, "Retry": [{**RETRY, "MaxDelaySeconds": 2}]},
            "MaxDelaySeconds is not longer than IntervalSeconds",
        ),
        ({**TASK, "Retry": [{**RETRY, "BackoffRate": 0.5}]}, "BackoffRate 0.5 is not between 1 and 99999999"),
        ({**TASK, "Retry": [{**RETRY, "IntervalSeconds": 0}]}, "IntervalSeconds 0 is not between 1 and 99999999"),
        ({**TASK, "Retry": [{**RETRY, "MaxAttempts": 1e8}]}, "MaxAttempts 100000000.0 is not between 0 and 99999999"),
        ({**TASK, "Retry": [{**RETRY, "JitterStrategy": "full"}]}, "there is no JitterStrategy full"),
        ({**TASK, "Retry": [{**RETRY, "Interval": 1}]}, "a Retry of a JSONata state has no Interval"),
        ({**TASK, "Retry": [{**RETRY, "ErrorEquals": []}]}, "a Retry names no error in ErrorEquals"),
        ({**TASK, "Catch": [{**CATCH, "ErrorEquals": ["States.Oops"]}]}, "Step Functions has no error States.Oops"),
        ({**TASK, "Catch": [{**CATCH, "ResultPath": "$.a"}]}, "a Catch of a JSONata state has no ResultPath"),
        ({**TASK, "QueryLanguage": "Jsonata"}, "there is no query language Jsonata"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_found(state: Fields, problem: str) -> None:
    assert problem in problems(state)


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"Type": "Map", "Items": [1], "Next": "Done"}, "a JSONPath state has no Items"),
        ({**TASK, "Catch": [{**CATCH, "Output": "a"}]}, "a Catch of a JSONPath state has no Output"),
        (
            {**TASK, "TimeoutSeconds": 1, "TimeoutSecondsPath": "$.a"},
            "exactly one of TimeoutSeconds, TimeoutSecondsPath is wanted, not TimeoutSeconds and TimeoutSecondsPath",
        ),
    ],
)
def test_a_field_that_jsonpath_does_not_have_is_found(state: Fields, problem: str) -> None:
    assert problem in problems(state, "JSONPath")


@pytest.mark.parametrize(
    ("state", "language"),
    [
        ({**WAIT, "Seconds": "{% $a %}", "Output": 1, "Assign": {}}, "JSONata"),
        ({**WAIT, "Timestamp": "2030-01-01T00:00:00.5+01:00"}, "JSONata"),
        ({**WAIT, "SecondsPath": "$.a"}, "JSONPath"),
        ({**TASK, "HeartbeatSeconds": 29, "TimeoutSeconds": 30}, "JSONata"),
        ({**TASK, "HeartbeatSeconds": "{% $a %}", "TimeoutSeconds": 30}, "JSONata"),
        ({**TASK, "Retry": [{**RETRY, "MaxAttempts": 0, "MaxDelaySeconds": 3, "JitterStrategy": "NONE"}]}, "JSONata"),
        ({**TASK, "Catch": [{**CATCH, "Output": 1, "Assign": {}, "Comment": "a"}]}, "JSONata"),
        ({**TASK, "Catch": [{**CATCH, "ErrorEquals": ["States.Http.StatusCode.404", "Mine.Own"]}]}, "JSONata"),
        ({"Type": "Pass", "Result": {}, "Parameters": {}, "Next": "Done"}, "JSONPath"),
        ({"Type": "Fail", "ErrorPath": "$.a", "Cause": "b"}, "JSONPath"),
        ({"Type": "Succeed", "Output": 1}, "JSONata"),
    ],
)
def test_fields_that_fit_are_left_alone(state: Fields, language: str) -> None:
    assert problems(state, language) == []


def test_an_error_that_a_fail_state_raises_may_be_caught() -> None:
    states: dict[str, Any] = {
        "Both": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "Enough", "States": {"Enough": {"Type": "Fail", "Error": "States.Enough"}}}],
            "Catch": [{**CATCH, "ErrorEquals": ["States.Enough"]}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    assert told("PF038", machine(states)) == []
    states["Both"]["Branches"][0]["States"]["Enough"]["Error"] = "Enough"
    assert len(told("PF038", machine(states))) == 1


@pytest.mark.parametrize("name", ["Done", "A" * 81])
def test_a_name_is_there_once_in_the_whole_machine_and_has_80_characters(name: str) -> None:
    graph = {"StartAt": name, "States": {name: {"Type": "Succeed"}}}
    assert len(told_of("PF038", {**PARALLEL, "Branches": [graph]})) == 1
    other = {"StartAt": "A" * 80, "States": {"A" * 80: {"Type": "Succeed"}}}
    assert told_of("PF038", {**PARALLEL, "Branches": [other]}) == []
