"""Conditions that hold, do not, or cannot be decided yet."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.conditions import all_of, any_of, equal
from payflow_cfn.aws.values import ABSENT, Attribute, Pseudo

REGION = Pseudo("AWS::Region")


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("5", 5, True),
        (True, "true", True),
        ("a", "b", False),
        (REGION, REGION, True),
        (REGION, "eu-west-2", None),
        (REGION, Attribute(("A",), "Ref"), None),
        (ABSENT, "a", None),
    ],
)
def test_equality_may_be_unknown(one: Any, other: Any, wanted: bool | None) -> None:
    assert equal(one, other) is wanted


def test_and_and_or_of_the_unknown() -> None:
    assert all_of([True, None]) is None
    assert all_of([False, None]) is False
    assert any_of([True, None]) is True
    assert any_of([False, None]) is None
    assert all_of([True, True]) is True
    assert any_of([False, False]) is False
