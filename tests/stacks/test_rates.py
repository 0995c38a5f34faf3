"""The expressions of the alarms with metric math, evaluated: the embedded AWS has none.

An expression of our rows is one of Python too: IF is a function here, and a metric without data is None.
"""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.config.alarms import ALARMS, THRESHOLDS, Alarm, Threshold

ROWS = {each.purpose: each for each in ALARMS if each.queries}
DEFAULTS = {each.parameter: each.default for each in THRESHOLDS}


class Number(float):
    """A value of a time series: a division by zero has no data, which IF does not look at."""

    def __truediv__(self, other: Any) -> Any:
        return Number(float(self) / other) if other else None

    def __rmul__(self, other: Any) -> Number:
        return Number(float(self) * other)

    def __add__(self, other: Any) -> Number:
        return Number(float(self) + other)

    def __sub__(self, other: Any) -> Number:
        return Number(float(self) - other)


def fill(value: float | None, other: float) -> Number:
    return Number(other if value is None else value)


def choose(condition: bool, yes: Any, no: Any) -> Any:
    return Number(yes if condition else no)


def value(row: Alarm, **given: float) -> float:
    """The value of the row's last query for these counts in a period; the others have no data."""
    known: dict[str, Any] = {each.id: given.get(each.id) for each in row.queries if each.metric}
    waiting = [each for each in row.queries if each.expression]
    while waiting:
        for each in list(waiting):
            text = each.expression
            for name, default in DEFAULTS.items():
                text = text.replace(f"${{{name}}}", str(default))
            try:
                known[each.id] = eval(text, {"IF": choose, "FILL": fill}, known)  # our own expression
            except NameError:
                continue
            waiting.remove(each)
    return float(known[row.queries[-1].id])


def rings(row: Alarm, **given: float) -> bool:
    threshold = row.threshold.default if isinstance(row.threshold, Threshold) else row.threshold
    return value(row, **given) > threshold


@pytest.mark.parametrize("purpose", ROWS)
def test_a_rate_of_nothing_is_zero_and_rings_nothing(purpose: str) -> None:
    assert value(ROWS[purpose]) == 0
    assert not rings(ROWS[purpose])


@pytest.mark.parametrize(
    ("purpose", "given", "expected"),
    [
        ("decline-rate", {"declined": 15, "completed": 5}, 75),
        ("decline-rate", {"declined": 20}, 100),
        ("decline-rate", {"declined": 10, "completed": 10}, 50),
        ("decline-rate", {"declined": 19}, 0),
        ("rejection-rate", {"rejected": 30, "completed": 5, "declined": 5}, 75),
        ("rejection-rate", {"rejected": 19}, 0),
        ("slo-settled-fast-burn", {"completed": 990, "attention": 10}, 10),
        ("slo-settled-fast-burn", {"completed": 980, "attention": 20}, 20),
        ("slo-in-time-fast-burn", {"completed": 100, "quick": 90}, 10),
        ("slo-in-time-slow-burn", {"completed": 70, "declined": 20, "failed": 10, "quick": 80}, 20),
        ("slo-in-time-slow-burn", {"completed": 100}, 100),
    ],
)
def test_a_rate_is_in_percent_and_a_burn_rate_in_times_the_budget(
    purpose: str, given: dict[str, float], expected: float
) -> None:
    assert value(ROWS[purpose], **given) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("purpose", "given"),
    [
        ("decline-rate", {"declined": 11, "completed": 9}),
        ("rejection-rate", {"rejected": 11, "completed": 9}),
        ("slo-settled-fast-burn", {"completed": 98, "attention": 2}),
        ("slo-settled-slow-burn", {"completed": 99, "attention": 1}),
        ("slo-in-time-fast-burn", {"completed": 100, "quick": 85}),
        ("slo-in-time-slow-burn", {"completed": 100, "quick": 93}),
    ],
)
def test_each_rate_rings_with_its_default_threshold(purpose: str, given: dict[str, float]) -> None:
    assert rings(ROWS[purpose], **given)


def test_every_rate_is_seen_ringing_here() -> None:
    marks: Any = test_each_rate_rings_with_its_default_threshold
    assert {purpose for purpose, _ in marks.pytestmark[0].args[1]} == set(ROWS)


@pytest.mark.parametrize("purpose", [each for each in ROWS if each.startswith("slo")])
def test_a_decline_is_not_a_miss(purpose: str) -> None:
    assert not rings(ROWS[purpose], declined=1000, quick=1000)
