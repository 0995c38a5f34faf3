"""Rules about the expressions of a state machine: how they are written, and what they may read where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import integration
from payflow_cfn.lint.jsonata import CLOSES, OPENS, Call, Expression, expression_in, functions
from payflow_cfn.lint.jsonata_kinds import clashes
from payflow_cfn.lint.machine import State, all_states

_MARKED = re.compile(r"^\s*\{ ?%|% ?\}\s*$")
_JSON_PATH = re.compile(r"\$\$?[.\[]")
# The token, and the parts of the context that hold it.
_TOKEN = re.compile(r"(\$states\.context|\$\$)\.Task\b")
_WHOLE = re.compile(r"\$states\.context(?!\.)|\$states(?!\.)|\$\$(?!\.)")
_PLAIN = ("Comment", "Default", "End", "Next", "QueryLanguage", "Resource", "Type")
# A text in these fields is an expression or nothing.
_EXPRESSIONS = (
    "Condition", "HeartbeatSeconds", "Items", "MaxConcurrency", "Seconds", "TimeoutSeconds", "ToleratedFailureCount",
    "ToleratedFailurePercentage",
)  # fmt: skip
# Of a field that takes a value of one kind only.
_KINDS = {
    **dict.fromkeys(("HeartbeatSeconds", "MaxConcurrency", "Seconds", "TimeoutSeconds"), "number"),
    **dict.fromkeys(("Cause", "Error", "Timestamp"), "string"),
    "Condition": "boolean",
}
_WITH_RESULT = ("Task", "Parallel", "Map")
_AFTER = ("Assign", "Output")
# https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html; None: anything may follow.
_TEXT: dict[str, Any] = {}
_EXECUTION = ("Id", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime")
_STATES: dict[str, Any] = {
    "input": None,
    "result": None,
    "errorOutput": {"Error": _TEXT, "Cause": _TEXT},
    "context": {
        "Execution": {**dict.fromkeys(_EXECUTION, _TEXT), "Input": None},
        "Map": {"Item": {"Index": _TEXT, "Key": _TEXT, "Source": _TEXT, "Value": None}},
        "State": {"EnteredTime": _TEXT, "Name": _TEXT, "RetryCount": _TEXT},
        "StateMachine": {"Id": _TEXT, "Name": _TEXT},
        "Task": {"Token": _TEXT},
    },
}


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a state: where in the state it stands, as a path, and the expression that it is (None: plain text)."""

    field: str
    value: str
    expression: Expression | None

    @property
    def steps(self) -> list[str]:
        """The path's keys and numbers."""
        return self.field.split("/")


def expressions_parse(templates: ParsedSet) -> Iterator[Breach]:
    """PF035: each JSONata expression parses and stands between the exact marks, in a state of that language.

    With one mark, or a blank beside it, Step Functions keeps the text as it is, and the next state gets the expression
    instead of its value (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
    """
    for state in all_states(templates):
        for text in texts(state):
            problem = _miswritten(state, text)
            if problem:
                yield Breach(state.stack, f"{state.path}/{text.field}", problem)


def expressions_read_what_is_there(templates: ParsedSet) -> Iterator[Breach]:
    """PF036: an expression calls functions that Step Functions has, and reads what exists at its place.

    Expressions have no context. They read variables and $states, whose result and errorOutput exist in some fields
    only. Everything else is undefined and fails the state, as does a value of a kind that a field or operator refuses
    (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
    """
    states = list(all_states(templates))
    kinds = _kinds_of_variables(states)
    for state in states:
        for text in texts(state):
            for problem in (*_misread(state, text), *_of_other_kinds(text, kinds[state.machine])):
                yield Breach(state.stack, f"{state.path}/{text.field}", problem)
        for problem in _token_problems(templates, state):
            yield Breach(state.stack, state.path, problem)


def _of_other_kinds(text: Text, kinds: Mapping[str, str]) -> Iterator[str]:
    """What operators and functions cannot do with variables of these kinds."""
    for what, sides in text.expression.operands if text.expression else ():
        yield from clashes(what, [each if isinstance(each, str) else kinds.get(".".join(each), "") for each in sides])


def _kinds_of_variables(states: Iterable[State]) -> dict[str, dict[str, str]]:
    """By machine, the variables that every assignment gives a value of one kind, with that kind."""
    found: dict[str, dict[str, set[str]]] = {}
    for state in states:
        kinds = found.setdefault(state.machine, {})
        for entry in parts_of(state.fields):
            for key, value in entry.get("Assign", {}).items():
                kinds.setdefault(key.removesuffix(".$"), set()).add(_kind(state, key, value))
    return {
        machine: {name: next(iter(each)) for name, each in kinds.items() if len(each) == 1}
        for machine, kinds in found.items()
    }


def _kind(state: State, key: str, value: Any) -> str:
    """The kind of an assigned value; empty where it is not known."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str() if state.language == "JSONata" and not key.endswith(".$"):
            expression = expression_in(value)
            return expression.kind if expression else "string"
    return ""


def _token_problems(templates: ParsedSet, state: State) -> Iterator[str]:
    """A task that waits for its token hands it over, and no other task has one."""
    name = integration(templates, state) if state.kind == "Task" else ""
    if not name:
        return
    waits = name.endswith(".waitForTaskToken")
    given = str(state.fields.get("Arguments", state.fields.get("Parameters")))
    if "." not in name and _TOKEN.search(str(state.own)):
        yield f"{name} has no task token: only .waitForTaskToken gives one"
    elif waits and not _TOKEN.search(given) and not _WHOLE.search(given):
        yield f"{name} waits for its token, and does not hand it over"


def texts(state: State) -> Iterator[Text]:
    """The texts that Step Functions may evaluate; a text that an intrinsic function completes is left out."""
    for field, value in walk({key: value for key, value in state.own.items() if key not in _PLAIN}):
        steps = field.split("/")
        if isinstance(value, str) and "Fn::Join" not in steps and not ("Fn::Sub" in steps and "${" in value):
            yield Text(field, value, expression_in(value) if state.language == "JSONata" else None)


def _miswritten(state: State, text: Text) -> str:
    if text.expression is not None:
        return text.expression.error and f"the expression does not parse: {text.expression.error}"
    marked = _MARKED.search(text.value) or (OPENS in text.value and CLOSES in text.value)
    if state.language != "JSONata":
        whole = text.value.startswith(OPENS) and text.value.endswith(CLOSES)
        return "a JSONata expression in a JSONPath state is plain text" if whole else ""
    if marked:
        return f"plain text: an expression begins with {OPENS} and ends with {CLOSES}, without blanks around"
    if text.steps[-1] in _EXPRESSIONS and (len(text.steps) == 1 or text.steps[0] == "Choices"):
        return f"plain text, where an expression between {OPENS} and {CLOSES} is wanted"
    if text.steps[-1].endswith(".$") or (text.steps[0] in _AFTER and _JSON_PATH.match(text.value)):
        return "a JSONPath in a JSONata state is plain text"
    return ""


def _misread(state: State, text: Text) -> Iterator[str]:
    found = text.expression or Expression()
    for name in found.bare:
        yield f"{name} reads a context, and there is none: use a variable or $states"
    for call in found.calls:
        yield from _miscalled(call)
    yield from found.clashes
    wanted = _KINDS.get(text.steps[-1], "") if len(text.steps) == 1 or text.steps[0] == "Choices" else ""
    if wanted and found.kind not in ("", wanted):
        yield f"{text.steps[-1]} is a {wanted}, not a {found.kind}"
    for name, *fields in found.paths:
        if name == "states" and fields:
            yield from _missing(state, text.steps, fields)


def _miscalled(call: Call) -> Iterator[str]:
    known = functions().get(call.name)
    if known is None:
        instead = "; use $parse" if call.name == "eval" else ""
        yield f"there is no function ${call.name}{instead}"
    elif not known[0] - call.within <= call.given <= known[1]:
        wanted = str(known[0]) if known[0] == known[1] else f"{known[0]} to {known[1]}"
        yield f"${call.name} takes {wanted} arguments, not {call.given}"


def _missing(state: State, steps: list[str], fields: list[str]) -> Iterator[str]:
    """Why a field of $states has no value at this place."""
    where: dict[str, Any] | None = _STATES
    for depth, field in enumerate(fields):
        if where is None:
            break
        if field not in where:
            yield f"${'.'.join(['states', *fields[:depth]])} has no field {field}"
            return
        where = where[field]
    caught = steps[0] == "Catch" and len(steps) > 2 and steps[2] in _AFTER
    if fields[0] == "errorOutput" and not caught:
        yield "$states.errorOutput exists in the Assign and Output of a Catch only"
    if fields[0] == "result" and (state.kind not in _WITH_RESULT or steps[0] not in _AFTER):
        yield "$states.result exists in the Assign and Output of a Task, Parallel or Map only"
    if fields[:2] == ["context", "Task"] and state.kind != "Task":
        yield "$states.context.Task exists in a Task only"
