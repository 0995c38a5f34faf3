"""The attributes of a table's rows that a Task's expressions name, and the rule about slips of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from payflow_cfn.aws.data_resources import FUNCTION, TABLE
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.function_code import Code, read_code
from payflow_cfn.lint.integrations import integration
from payflow_cfn.lint.machine import State, all_states
from payflow_cfn.lint.references import evaluated

_READING = ("ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression")
_WORDS = frozenset(["and", "or", "not", "between", "in", "set", "remove", "add", "delete"])
_CLAUSE = re.compile(r"(?<![\w.:#])(SET|REMOVE|ADD|DELETE)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w.:#])(#?[A-Za-z_]\w*)(?!\w*\s*\()")
_TARGET = re.compile(r"(?:^|,)\s*(#?\w+)[\w.#\[\]]*\s*=")
_FIRST = re.compile(r"(?:^|,)\s*(#?\w+)")
_LIKE = 0.9
_DIGITS = re.compile(r"\d+")


class Named(NamedTuple):
    """The attributes that a Task's expressions name: those that it sets, those that it removes, and all others."""

    set: frozenset[str]
    removed: frozenset[str]
    read: frozenset[str]


def set_attributes(arguments: Mapping[str, Any]) -> frozenset[str] | None:
    """The attributes that an UpdateExpression sets; None where that is not known."""
    text = arguments.get("UpdateExpression")
    if not isinstance(text, str) or text.startswith("{%"):
        return None
    found = named_attributes(arguments)
    return found.set if found else None


def named_attributes(arguments: Mapping[str, Any]) -> Named | None:
    """The attributes in the expressions that are written out; None where a placeholder's name is not known."""
    names = arguments.get("ExpressionAttributeNames", {})
    update = arguments.get("UpdateExpression", "")
    reading = [arguments[each] for each in _READING if each in arguments]
    if not isinstance(names, Mapping) or any(not isinstance(each, str) or "{%" in each for each in (update, *reading)):
        return None
    clauses = _CLAUSE.split(update)
    pairs = [(word.upper(), text) for word, text in zip(clauses[1::2], clauses[2::2], strict=True)]
    written = {each for word, text in pairs if word == "SET" for each in _TARGET.findall(text)}
    written |= {each for word, text in pairs if word == "ADD" for each in _FIRST.findall(text)}
    removed = {each for word, text in pairs if word in ("REMOVE", "DELETE") for each in _FIRST.findall(text)}
    read = {each for text in (update, *reading) for each in _NAME.findall(text) if each.lower() not in _WORDS}
    known = [
        frozenset(str(names.get(each, each)) if each.startswith("#") else each for each in found)
        for found in (written, removed, read - written - removed)
    ]
    return Named(*known)


def table_steps(templates: ParsedSet) -> Iterator[tuple[State, Mapping[str, Any]]]:
    """Each Task that calls DynamoDB, with its arguments."""
    for state in all_states(templates):
        if state.kind == "Task" and "dynamodb:" in integration(templates, state):
            given = state.fields.get("Arguments", state.fields.get("Parameters"))
            if isinstance(given, Mapping):
                yield state, given


class _Step(NamedTuple):
    state: State
    table: str
    arguments: Mapping[str, Any]
    named: Named


def attributes_are_written(templates: ParsedSet) -> Iterator[Breach]:
    """PF094: an attribute that a Task's expressions read or remove is not a slip of one that something writes.

    DynamoDB knows no columns. A condition on an attribute that no row has holds always, or never, and a misspelt one is
    removed without an error. Where the code of a function is unknown, it may write any attribute, and nothing is
    checked (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html).
    """
    steps = [
        _Step(state, repr(evaluated(templates, state.stack, given.get("TableName"))), given, found)
        for state, given in table_steps(templates)
        if (found := named_attributes(given))
    ]
    codes = codes_of(templates) if steps else None
    if codes is None:
        return
    in_code = texts_of(codes)
    for step in steps:
        same = [each for each in steps if each.table == step.table]
        known = frozenset(_declared(templates, step)).union(
            *(each.named.set for each in same), *(keys_given(each.arguments) for each in same)
        )
        for name in sorted((step.named.read | step.named.removed) - known - in_code):
            meant = difflib.get_close_matches(name, known, 1, _LIKE)
            if meant and _DIGITS.sub("", name) != _DIGITS.sub("", meant[0]):
                told = f"nothing writes the attribute {name}, there is {meant[0]}"
                yield Breach(step.state.stack, step.state.path, told)


def keys_given(arguments: Mapping[str, Any]) -> Iterator[str]:
    """The attributes of a Key or an Item, without JSONPath's mark."""
    for field in ("Key", "Item"):
        given = arguments.get(field)
        yield from (name.removesuffix(".$") for name in (given if isinstance(given, Mapping) else ()))


def _declared(templates: ParsedSet, step: _Step) -> Iterator[str]:
    """The key attributes of the table and of its indexes."""
    place = templates.origin(step.state.stack, step.arguments.get("TableName"))
    resource = templates.resource(place) if place else {}
    given = resource.get("Properties", {}).get("AttributeDefinitions") if resource.get("Type") == TABLE else []
    yield from (str(each.get("AttributeName")) for each in listed(given) if isinstance(each, Mapping))


def texts_of(codes: list[Code]) -> frozenset[str]:
    """Every text in these codes."""
    return frozenset[str]().union(*(each.texts for each in codes))


def codes_of(templates: ParsedSet) -> list[Code] | None:
    """The code of the set's functions; None where that of one is unknown."""
    functions = [
        read_code(templates, evaluated(templates, stack, resource.get("Properties", {})))
        for stack, _, resource in templates.resources(FUNCTION)
    ]
    known = [each for each in functions if each]
    return known if len(known) == len(functions) else None
