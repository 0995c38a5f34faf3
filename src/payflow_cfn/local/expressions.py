"""JSONata as Step Functions evaluates it: an expression that has no value is an error, and null is a value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

ERROR: Final = "States.QueryEvaluationError"
_VARIABLE: Final = re.compile(r"\$([A-Za-z_]\w*)")


class NoValue(Exception):  # noqa: N818 - what the expression has
    """The expression cannot be evaluated, or its result is undefined."""


def evaluate(text: str, variables: Mapping[str, Any], states: Mapping[str, Any]) -> Any:
    """Return the expression's value; NoValue where Step Functions fails the state.

    An expression has no side effect, so that the same text with the same variables is computed once.
    """
    bound = {**variables, "states": states}
    read = {name: bound[name] for name in sorted(set(_VARIABLE.findall(text))) if name in bound}
    return json.loads(_computed(text, json.dumps(read)))


@lru_cache(20_000)
def _computed(text: str, read: str) -> str:
    """Return the value as JSON, for it must not be shared."""
    from jsonata import JException
    from jsonata.utils import Utils

    expression = _compiled(text)
    frame = expression.create_frame()
    for name, value in json.loads(read).items():
        frame.bind(name, _with_nulls(value, Utils.NULL_VALUE))
    try:
        found = expression.evaluate(None, frame)
    except JException as problem:
        raise NoValue(text) from problem
    if found is None:
        raise NoValue(text)
    try:
        return json.dumps(Utils.convert_nulls(found))
    except TypeError as problem:  # a function, as the name of a variable that was not assigned may be
        raise NoValue(text) from problem


@cache
def _compiled(text: str) -> Any:
    from jsonata import JException, Jsonata

    try:
        expression = Jsonata(text)
    except JException as problem:
        raise NoValue(text) from problem
    # To the library, Python's None is undefined.
    expression.set_output_convert_nulls(False)
    return expression


def _with_nulls(value: Any, null: Any) -> Any:
    """Return the value with JSONata's null in place of None."""
    if isinstance(value, dict):
        return {name: _with_nulls(each, null) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_nulls(each, null) for each in value]
    return null if value is None else value
