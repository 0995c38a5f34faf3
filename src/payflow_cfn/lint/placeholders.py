"""The rule about the placeholders in a Task's expressions for DynamoDB."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import integration
from payflow_cfn.lint.machine import all_states

_GIVEN = {"ExpressionAttributeValues": ":", "ExpressionAttributeNames": "#"}
_PAIR = re.compile(r"(?<![\w.#])(#?\w+)\s*(?:=|<>|<=?|>=?)\s*(:\w+)")
_PLACEHOLDER = re.compile(r"[:#]\w+")
_NAME = re.compile(r"(?<![\w.:#])([A-Za-z_]\w*)(?!\w*\s*\()")
# Of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html, what an attribute is named.
_WORDS = """action bucket capacity comment condition connection count counter data database date datetime day duration
    group groups hash hour item items key keys language level list location method minute mode month name names number
    order owner parameters path percent plan position primary range reads region role second sequence session sets size
    source start state status string table text time timestamp token total ttl type url user users uuid value values
    view views year zone"""
_RESERVED = frozenset(_WORDS.split())


def placeholders_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF083: a Task gives DynamoDB each placeholder that its expressions name, and no other, with the attribute's type.

    DynamoDB refuses one that is missing, one that is not used, and a reserved word, in the middle of a payment. A
    number and a text are compared without an error, and the condition never holds
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeValues.html).
    """
    for state in all_states(templates):
        if state.kind == "Task" and "dynamodb:" in integration(templates, state):
            field = "Arguments" if state.language == "JSONata" else "Parameters"
            for where, value in walk(state.fields.get(field, {}), field):
                for problem in _problems(value):
                    yield Breach(state.stack, f"{state.path}/{where}", problem)
    yield from _other_types(templates)


def _other_types(templates: ParsedSet) -> Iterator[Breach]:
    """Attributes of one table that a machine writes with one type, and compares with another."""
    written: dict[tuple[str, str, str], set[str]] = {}
    compared: list[tuple[tuple[str, str, str], str, str, str]] = []
    for state in all_states(templates):
        if state.kind == "Task" and "dynamodb:" in integration(templates, state):
            given = state.fields.get("Arguments", state.fields.get("Parameters"))
            named = given if isinstance(given, Mapping) else {}
            for field, name, kind in typed_attributes(named):
                key = (state.machine, str(named.get("TableName")), name)
                if field == "UpdateExpression":
                    written.setdefault(key, set()).add(kind)
                compared.append((key, kind, state.stack, f"{state.path}/{field}"))
    for key, kind, stack, path in compared:
        others = written.get(key, {kind})
        if kind not in others or len(others) > 1:
            yield Breach(stack, path, f"{key[2]} is of type {kind} here, and of type {min(others - {kind})} elsewhere")


def typed_attributes(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The attributes that an expression sets or compares, with the type of the value: field, attribute and type."""
    values, names = (arguments.get(each) for each in _GIVEN)
    if not isinstance(values, Mapping):
        return
    for field, text in arguments.items():
        for name, placeholder in _PAIR.findall(text) if field.endswith("Expression") and isinstance(text, str) else ():
            value = values.get(placeholder)
            meant = names.get(name, "") if isinstance(names, Mapping) and name.startswith("#") else name
            if isinstance(value, Mapping) and len(value) == 1 and isinstance(meant, str) and "#" not in meant:
                yield field, meant, str(next(iter(value))).removesuffix(".$")


def _problems(arguments: Any) -> Iterator[str]:
    if not isinstance(arguments, Mapping):
        return
    expressions = {key: value for key, value in arguments.items() if key.removesuffix(".$").endswith("Expression")}
    if any(not isinstance(each, str) or key.endswith(".$") or "{%" in each for key, each in expressions.items()):
        return
    for name in sorted({each.lower() for text in expressions.values() for each in _NAME.findall(text)} & _RESERVED):
        yield f"{name} is a reserved word, which an expression names by a # of ExpressionAttributeNames"
    named = {each for text in expressions.values() for each in _PLACEHOLDER.findall(text)}
    for field, mark in _GIVEN.items():
        given = arguments.get(field, {})
        wanted = {each for each in named if each.startswith(mark)}
        is_open = not isinstance(given, Mapping) or any(key.startswith(("Fn::", "Ref")) for key in given)
        if is_open or f"{field}.$" in arguments or not (expressions or given):
            continue
        names = {each.removesuffix(".$") for each in given}
        yield from (f"an expression names {each}, which is not in {field}" for each in sorted(wanted - names))
        yield from (f"no expression names {each} of {field}" for each in sorted(names - wanted))
