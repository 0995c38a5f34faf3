"""Test that two values with the same meaning are not a difference."""

from __future__ import annotations

import pytest

from payflow_cfn.deploy.operations.drift_report import same_meaning


@pytest.mark.parametrize(("expected", "actual", "same"), [
    ('{"a":1}', '{ "a" : 1 }', True), ('["a"]', "a", True), ('["a","b"]', '["b","a"]', True), ("true", '"true"', True),
    ("5", "5", True), ("5", "6", False), ("", "x", False), ("x", "", False), ('{"a":1}', '{"a":2}', False),
])  # fmt: skip
def test_equal_values_in_another_notation_are_equal(expected: str, actual: str, same: bool) -> None:
    assert same_meaning(expected, actual) is same
