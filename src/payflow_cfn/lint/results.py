"""The rule about the fields that a workflow reads of an answer: the function or the service answers with them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from payflow_cfn.artifacts.answers import ANSWERS
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.lint.expressions import texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import called, integration
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.machine import State, all_states, function_of
from payflow_cfn.lint.row_attributes import set_attributes
from payflow_cfn.lint.service_models import Action

_RESULT = ("states", "result")
_ALWAYS = ("SdkHttpMetadata", "SdkResponseMetadata")


def read_fields_exist(templates: ParsedSet) -> Iterator[Breach]:
    """PF039: the answer of a step has the fields that expressions read of it, and can equal what they compare it with.

    So do variables that are made from answers. A missing field is undefined and fails the state after the step has done
    its work. A comparison with a text that is never answered is never true. The answers of other functions than ours
    are unknown, so they are not checked (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html).
    """
    states = list(all_states(templates))
    variables = assigned_shapes(templates, states)
    absent: dict[tuple[str, str], list[_Absent]] = {}
    for state in states:
        answer = _answer(templates, state)
        for text in texts(state):
            place = (state.stack, f"{state.path}/{text.field}")
            for path in text.expression.paths if text.expression else ():
                missing = _followed(path, answer, variables)
                if isinstance(missing, str):
                    holder = "$" + ".".join(path[: path.index(missing, 1)])
                    # A variable without its fields is one fault, however many expressions read them.
                    key = (state.path if path[:2] == _RESULT else state.machine, holder)
                    absent.setdefault(key, []).append(_Absent(place, missing))
            for path, value in text.expression.compared if text.expression else ():
                values = _followed(path, answer, variables)
                if isinstance(values, frozenset) and value not in values:
                    yield Breach(*place, f"${'.'.join(path)} is never {value!r}")
    for (_, holder), found in absent.items():
        fields = ", ".join(dict.fromkeys(each.field for each in found))
        others = f", and {len(found) - 1} more expressions read such fields" if len(found) > 1 else ""
        yield Breach(*found[0].place, f"{holder}: the answer has no field {fields}{others}")


class _Absent(NamedTuple):
    """An expression that reads a field that there is not."""

    place: tuple[str, str]
    field: str


def _followed(path: tuple[str, ...], answer: Any, variables: Mapping[str, Any]) -> Any:
    """What is known of a path's value; a text is the first of its fields that is not there."""
    shape, fields = (answer, path[2:]) if path[:2] == _RESULT else (variables.get(path[0]), path[1:])
    for field in fields:
        if isinstance(shape, Action):
            return None if field in _ALWAYS or shape.answers(field) else field
        if shape is None:
            return None
        if isinstance(shape, frozenset) or field not in shape:
            return field
        shape = shape[field]
    return shape


def _answer(templates: ParsedSet, state: State) -> Any:
    """What the Task's result holds: fields, or an action whose model has them."""
    name = integration(templates, state) if state.kind == "Task" else ""
    if not name or "." in name:
        return None
    found = called(name)
    if name == "lambda:invoke" and isinstance(found, Action):
        return {**dict.fromkeys((*found.fields(), *_ALWAYS)), "Payload": _payload(templates, state)}
    if name.removeprefix("aws-sdk:").startswith("dynamodb:") and isinstance(found, Action):
        return _written(state.fields.get("Arguments"), found)
    return found if isinstance(found, Action) else None


def _written(arguments: Any, action: Action) -> Any:
    """The answer of an action on a table, whose Attributes depend on ReturnValues."""
    given = arguments if isinstance(arguments, dict) else {"ReturnValues": None}
    returned = given.get("ReturnValues", "NONE")
    if not action.answers("Attributes") or returned not in ("NONE", "UPDATED_OLD", "UPDATED_NEW"):
        return action
    fields: dict[str, Any] = dict.fromkeys((*action.fields(), *_ALWAYS))
    del fields["Attributes"]
    if returned == "NONE":
        return fields
    names = set_attributes(given)
    return {**fields, "Attributes": None if names is None else dict.fromkeys(names)}


def _payload(templates: ParsedSet, state: State) -> Any:
    return ANSWERS.get(function_of(templates, state.stack, state.fields).get("Handler", ""))


def assigned_shapes(templates: ParsedSet, states: list[State]) -> dict[str, Any]:
    """What each variable holds, by all of its assignments; a variable that may hold anything is left out."""
    # A variable that another one is assigned to is known in the second round.
    return _assigned(templates, states, _assigned(templates, states, {}))


def _assigned(templates: ParsedSet, states: list[State], variables: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for state in states:
        answer = _answer(templates, state)
        for entry in parts_of(state.fields):
            for key, value in entry.get("Assign", {}).items():
                if value is not None:  # null has no fields
                    name = key.removesuffix(".$")
                    given = {**variables, name: frozenset()}  # its own value adds nothing
                    shape = _shape(value, answer if entry is state.fields else None, given) if name == key else None
                    found[name] = _merged(found[name], shape) if name in found else shape
    return {name: shape for name, shape in found.items() if shape is not None}


def _shape(value: Any, answer: Any, variables: Mapping[str, Any]) -> Any:
    """What an assigned value holds: an object or texts that are written out, or a part of an answer or a variable."""
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        return {key: _shape(each, answer, variables) for key, each in value.items()}
    if not isinstance(value, str) or "${" in value:
        return None
    if "{%" not in value:
        return frozenset([value])
    found = expression_in(value)
    can_be = found.value if found else None
    if can_be is None:
        return None
    shapes = [_followed(path, answer, variables) for path in sorted(can_be.paths)]
    if can_be.texts:
        shapes.append(can_be.texts)
    return None if any(isinstance(each, str) for each in shapes) else functools.reduce(_merged, shapes)


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one | other
    if not isinstance(one, dict) or not isinstance(other, dict):
        return None
    both = {key: _merged(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}
