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
_PLACEHOLDER = re.compile(r"[:#]\w+")


def placeholders_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF083: a Task gives DynamoDB each placeholder that its expressions name, and no other.

    DynamoDB refuses one that is missing, and one that is not used, in the middle of a payment
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeValues.html).
    """
    for state in all_states(templates):
        if state.kind == "Task" and "dynamodb:" in integration(templates, state):
            field = "Arguments" if state.language == "JSONata" else "Parameters"
            for where, value in walk(state.fields.get(field, {}), field):
                for problem in _problems(value):
                    yield Breach(state.stack, f"{state.path}/{where}", problem)


def _problems(arguments: Any) -> Iterator[str]:
    if not isinstance(arguments, Mapping):
        return
    expressions = {key: value for key, value in arguments.items() if key.removesuffix(".$").endswith("Expression")}
    if any(not isinstance(each, str) or key.endswith(".$") or "{%" in each for key, each in expressions.items()):
        return
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
