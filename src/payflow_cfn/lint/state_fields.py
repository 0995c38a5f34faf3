"""The rule about the fields of a state: they fit its type, its language, each other, and Step Functions' limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.machine import State, all_states, every_state, machines, misshapen, readable_machines

# Fields that cfn-lint lets through (E3601 reports the others), by the type and by the language of a state.
_NOT_OF_TYPE = {
    "Choice": ("Arguments", "End", "Next"),
    "Fail": ("Arguments", "Output"),
    "Pass": ("Arguments",),
    "Wait": ("Arguments",),
}
_NOT_OF_LANGUAGE = {
    "JSONata": (
        "CausePath", "ErrorPath", "HeartbeatSecondsPath", "Iterator", "Result", "SecondsPath", "TimeoutSecondsPath",
        "TimestampPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
    ),
    "JSONPath": ("Items",),
}  # fmt: skip
_OF_ERRORS = {
    "Retry": ("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"),
    "Catch": ("ErrorEquals", "Next", "Assign"),
}
_CATCH_IN = {"JSONata": "Output", "JSONPath": "ResultPath"}
# One field of each row, and no two: the literal and the path of the same.
_ONE_OF = {
    "Wait": (("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),),
    "Fail": (("Error", "ErrorPath"), ("Cause", "CausePath")),
    "Task": (("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath")),
    "Map": (("MaxConcurrency", "MaxConcurrencyPath"), ("Items", "ItemsPath")),
}
_NOT_EMPTY = ("Branches", "Choices")
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_RESERVED = (
    "ALL", "BranchFailed", "DataLimitExceeded", "ExceedToleratedFailureThreshold", "HeartbeatTimeout",
    "IntrinsicFailure", "ItemReaderFailed", "NoChoiceMatched", "ParameterPathFailure", "Permissions",
    "QueryEvaluationError", "ResultPathMatchFailure", "ResultWriterFailed", "Runtime", "TaskFailed", "Timeout",
)  # fmt: skip
_LONGEST_NAME = 80
_MOST = 99_999_999
# What cfn-lint lets through: it reports negative numbers.
_BOUNDS = {
    "BackoffRate": (1, _MOST),
    "HeartbeatSeconds": (0, _MOST),
    "IntervalSeconds": (1, _MOST),
    "MaxAttempts": (0, _MOST),
    "MaxDelaySeconds": (1, 31_622_399),
    "TimeoutSeconds": (0, _MOST),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def fields_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF038: a state's fields fit its type, its language and each other, and its name is unique in the machine.

    CreateStateMachine refuses anything else in the middle of a deploy. cfn-lint (E3601) checks the other fields
    (https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html).
    """
    unread = list(_misshapen(templates))
    yield from unread
    if unread and not any(readable_machines(templates)):
        return
    for stack, path, definition in machines(templates):
        names = [name for name, _ in every_state(definition)]
        for name in sorted({each for each in names if names.count(each) > 1}):
            yield Breach(stack, path, f"there are two states {name}")
    states = list(all_states(templates))
    raised = {state.fields.get("Error") for state in states if state.kind == "Fail"}
    for state in states:
        for problem in (*_misplaced(state), *_together(state), *_numbers(state), *_errors(state, raised)):
            yield Breach(state.stack, state.path, problem)


def _misshapen(templates: ParsedSet) -> Iterator[Breach]:
    for stack, logical, machine in templates.resources(MACHINE):
        definition = machine.get("Properties", {}).get("Definition")
        path = f"Resources/{logical}/Properties/Definition"
        for place in misshapen(definition, path) if isinstance(definition, dict) else ():
            yield Breach(
                stack, place, "it is not an object or a list as in the States Language, so the machine was not checked"
            )


def _misplaced(state: State) -> Iterator[str]:
    if state.language not in _NOT_OF_LANGUAGE:
        yield f"there is no query language {state.language}"
    # cfn-lint reports a longer name at the top.
    if len(state.name) > _LONGEST_NAME and state.path.count("/States/") > 1:
        yield f"the name is longer than {_LONGEST_NAME} characters"
    for what, fields in (
        (state.kind, _NOT_OF_TYPE.get(str(state.kind), ())),
        (state.language, _NOT_OF_LANGUAGE.get(state.language, ())),
    ):
        yield from (f"a {what} state has no {field}" for field in fields if field in state.fields)
    yield from (f"{field} is empty" for field in _NOT_EMPTY if state.fields.get(field) == [])


def _together(state: State) -> Iterator[str]:
    for fields in _ONE_OF.get(str(state.kind), ()):
        given = [each for each in fields if each in state.fields]
        if len(given) > 1 or (not given and state.kind == "Wait"):
            yield f"exactly one of {', '.join(fields)} is wanted, not {' and '.join(given) or 'none'}"
    time = state.fields.get("Timestamp")
    if isinstance(time, str) and not time.startswith("{%") and not _TIME.fullmatch(time):
        yield f"Timestamp {time} is not like 2030-01-31T12:00:00Z"


def _numbers(state: State) -> Iterator[str]:
    fields = state.fields
    if _reaches(fields, "HeartbeatSeconds", fields.get("TimeoutSeconds")):
        yield "HeartbeatSeconds is not shorter than TimeoutSeconds"
    for entry in fields.get("Retry", []):
        if _reaches(entry, "IntervalSeconds", entry.get("MaxDelaySeconds")):
            yield "MaxDelaySeconds is not longer than IntervalSeconds"
    for entry in (fields, *fields.get("Retry", [])):
        for name, (least, most) in _BOUNDS.items():
            if _is_number(entry.get(name)) and (0 <= entry[name] < least or entry[name] > most):
                yield f"{name} {entry[name]} is not between {least} and {most}"


def _reaches(fields: Mapping[str, Any], name: str, bound: Any) -> bool:
    return _is_number(fields.get(name)) and _is_number(bound) and bool(fields[name] >= bound)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _errors(state: State, raised: set[Any]) -> Iterator[str]:
    """What is wrong with its Retry and Catch; `raised` are the errors of the Fail states."""
    for field, known in _OF_ERRORS.items():
        for entry in state.fields.get(field, []):
            allowed = {*known, "Comment", *([_CATCH_IN.get(state.language, "")] if field == "Catch" else ())}
            for name in sorted(set(entry) - allowed):
                yield f"a {field} of a {state.language} state has no {name}"
            if entry.get("ErrorEquals") == []:
                yield f"a {field} names no error in ErrorEquals"
            for error in entry.get("ErrorEquals", []):
                if _is_unknown(error) and error not in raised:
                    yield f"Step Functions has no error {error}"
            if entry.get("JitterStrategy") not in (None, "FULL", "NONE"):
                yield f"there is no JitterStrategy {entry['JitterStrategy']}"


def _is_unknown(error: Any) -> bool:
    prefix, _, name = str(error).partition(".")
    return prefix == "States" and name not in _RESERVED and not name.startswith("Http.")
