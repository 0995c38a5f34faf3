"""The text is the standard library's own, for every JSON value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from payflow_cfn.jsontext import DEEPEST, json_text, too_deep

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)


@given(VALUES)
@pytest.mark.slow
def test_it_is_what_the_standard_library_writes(value: Any) -> None:
    assert json_text(value) == json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def nested(levels: int, kind: str) -> Any:
    value: Any = {} if kind == "object" else []
    for _ in range(levels - 1):
        value = {"a": value} if kind == "object" else [value]
    return value


@pytest.mark.parametrize("kind", ["object", "list"])
def test_depth_is_told_without_recursion(kind: str) -> None:
    assert not too_deep(nested(DEEPEST, kind))
    assert too_deep(nested(DEEPEST + 1, kind))
    assert too_deep(nested(100_000, kind))


def test_a_shallow_value_is_not_too_deep() -> None:
    assert not too_deep({"a": [1, {"b": None}], "c": "text"})
