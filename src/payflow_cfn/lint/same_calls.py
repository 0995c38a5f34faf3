"""The rule about several calls of one function: they send the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from payflow_cfn.artifacts.answers import STEPS
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.machine import State, all_states, function_of
from payflow_cfn.lint.ours import says_payflow
from payflow_cfn.lint.references import evaluated

_ALIKE = 0.75  # of the fields, from which on two payloads are of one kind
_FEW = 4


class _Call(NamedTuple):
    state: State
    fields: Mapping[str, Any]


def calls_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF104: two Tasks that call one function and send mostly the same fields send all the same fields.

    A field that one of them lacks is an error of that call alone, such as a question to a gateway without its key. In
    payflow's sets their constants are equal, too, and a flag that the function tests is set by one of them
    (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html).
    """
    calls: dict[str, list[_Call]] = {}
    for state in all_states(templates):
        given = state.fields.get("Arguments")
        payload = given.get("Payload") if isinstance(given, dict) else None
        if isinstance(given, dict) and isinstance(payload, dict):
            function = repr(evaluated(templates, state.stack, given.get("FunctionName")))
            calls.setdefault(function, []).append(_Call(state, dict(_leaves(payload, ""))))
    is_ours = says_payflow(templates)
    for found in calls.values():
        for call in found if len(found) > 1 else ():
            for field, problem in (*_missing(call, found), *(_constants(templates, call, found) if is_ours else ())):
                yield Breach(call.state.stack, f"{call.state.path}/Arguments/Payload/{field}", problem)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The fields that hold no fields of their own; a function of CloudFormation is a value."""
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        for key, each in value.items():
            yield from _leaves(each, f"{path}/{key}" if path else key)
    else:
        yield path, value


def _missing(call: _Call, others: list[_Call]) -> Iterator[tuple[str, str]]:
    told = set[str]()
    for other in others:
        shared = call.fields.keys() & other.fields.keys()
        if len(shared) >= _FEW and len(shared) >= _ALIKE * len(call.fields.keys() | other.fields.keys()):
            for field in sorted(other.fields.keys() - call.fields.keys() - told):
                told.add(field)
                yield field, f"{other.state.name} sends {field} to the same function"


def _constants(templates: ParsedSet, call: _Call, others: list[_Call]) -> Iterator[tuple[str, str]]:
    steps = STEPS.get(function_of(templates, call.state.stack, call.state.fields).get("Handler", ""), {})
    first = others[0]
    for field, value in call.fields.items() if steps else ():
        if field in steps or field not in first.fields:
            continue
        if value is False and call is first and all(each.fields.get(field) is False for each in others):
            yield field, f"no call of the function sets {field}"
        given = first.fields[field]
        if _is_number(value) and _is_number(given) and value != given:
            yield field, f"{first.state.name} sends {given}, and this is {value}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
