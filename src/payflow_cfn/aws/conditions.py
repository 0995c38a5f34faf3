"""Conditions of a template: decided where that is possible, spelled out where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from payflow_cfn.aws.values import ABSENT, Either, is_known, plain, scalar_text

Decision = bool | None  # None: only the deploy will know


def decided(expression: Any, *, value: Callable[[Any], Any], condition: Callable[[str], Decision]) -> Decision:
    """Whether a condition's expression holds; `value` works out operands, `condition` decides others by name."""

    def inner(part: Any) -> Decision:
        return decided(part, value=value, condition=condition)

    match expression:
        case {"Condition": str() as name}:
            return condition(name)
        case {"Fn::Equals": [one, other]}:
            return equal(value(one), value(other))
        case {"Fn::Not": [only]}:
            found = inner(only)
            return None if found is None else not found
        case {"Fn::And": list() as parts}:
            return all_of([inner(each) for each in parts])
        case {"Fn::Or": list() as parts}:
            return any_of([inner(each) for each in parts])
    return None


def spelled(expression: Any, *, value: Callable[[Any], Any], question: Callable[[str], Any]) -> Any:
    """An expression with the conditions that it names spelled out (by `question`) and its operands evaluated."""
    match expression:
        case {"Condition": str() as name}:
            return question(name)
        case {"Fn::And": list() as parts} | {"Fn::Or": list() as parts} | {"Fn::Not": list() as parts}:
            return {next(iter(expression)): [spelled(each, value=value, question=question) for each in parts]}
    return value(expression)


def equal(one: Any, other: Any) -> bool | None:
    """Fn::Equals: None where it depends on what nobody knows yet."""
    if one is ABSENT or other is ABSENT:
        return None
    if is_known(one) and is_known(other):
        return bool(_comparable(one) == _comparable(other))
    return True if one == other else None


def _comparable(value: Any) -> Any:
    return json.dumps(plain(value), sort_keys=True) if isinstance(value, dict | list) else scalar_text(value)


def both_sides(value: Any) -> Any:
    """A list, or a branch that is not decided, as the list of all that may be in it."""
    if isinstance(value, Either):
        return [both_sides(each) for each in (value.yes, value.no)]
    return [both_sides(each) for each in value] if isinstance(value, list) else value


def all_of(values: list[bool | None]) -> bool | None:
    """Fn::And of what may be unknown."""
    if False in values:
        return False
    return None if None in values else True


def any_of(values: list[bool | None]) -> bool | None:
    """Fn::Or of what may be unknown."""
    if True in values:
        return True
    return None if None in values else False
