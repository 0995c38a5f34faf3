"""Test JSONata as Step Functions evaluates it: no value is an error, null is a value, nothing is shared."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.local.walk.expressions import NoValue, evaluate

STATES: dict[str, Any] = {
    "result": {"Payload": {"error": None, "list": [{"a": 1}, {"a": 2}], "one": [{"a": 1}]}},
    "input": {"transaction_id": "T"},
}
VARIABLES: dict[str, Any] = {"status": "UNKNOWN", "asks": 2, "facts": {"amount": None, "id": "T"}, "told": False}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$status = 'UNKNOWN'", True),
        ("$status in ['FAILED', 'UNKNOWN']", True),
        ("$told and $status = 'UNKNOWN'", False),
        ("$asks + 1", 3),
        ("[60, 900][$asks - 1]", 900),
        ("$status", "UNKNOWN"),
        ("$facts", {"amount": None, "id": "T"}),
        ("$facts.amount", None),
        ("$facts.amount = null", True),
        ("$exists($facts.amount)", True),
        ("$type($facts.amount)", "null"),
        ("$states.result.Payload.error", None),
        ("$states.result.Payload.list.a", [1, 2]),
        ("$states.result.Payload.one.a", 1),
        ("$type($states.result.Payload.error) = 'string' ? 1 : 'None'", "None"),
        ("$string({'id': $facts.id, 'amount': $facts.amount})", '{"id":"T","amount":null}'),
        ("$facts.$keys()", ["amount", "id"]),
        ("$exists($states.result.Attributes.status.S)", False),
    ],
)
def test_an_expression_has_its_value(text: str, value: object) -> None:
    assert evaluate(text, VARIABLES, STATES) == value


@pytest.mark.parametrize(
    "text",
    [
        "$nobody",
        "$facts.nothing",
        "$lookup($facts, 'nothing')",
        "[1, 2][$asks]",
        "$status.nothing",
        "$states.result.Attributes.status.S",
        "$asks + 'a'",
        "$sum(",
    ],
)
def test_an_expression_without_a_value_is_an_error(text: str) -> None:
    with pytest.raises(NoValue):
        evaluate(text, VARIABLES, STATES)


def test_the_same_expression_with_another_value_is_computed_again() -> None:
    assert [evaluate("$n + 1", {"n": each}, {}) for each in (1, 2, 1)] == [2, 3, 2]
    read = [evaluate("$states.input.a & 'x'", {}, {"input": {"a": each, "b": 0}}) for each in ("1", "2")]
    assert read == ["1x", "2x"]


@pytest.mark.parametrize("text", ["$facts", "[$facts][0]"])
def test_a_returned_value_may_be_changed_by_the_caller(text: str) -> None:
    evaluate(text, VARIABLES, STATES)["id"] = "changed"
    assert evaluate(text, VARIABLES, STATES)["id"] == "T"
