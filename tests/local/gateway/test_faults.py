"""Test that a fault plan depends only on its seed and the call."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.local.gateway.faults import Attempts, Call, seeded
from scripted_faults import scripted

CALLS = st.builds(Call, st.sampled_from(["POST", "GET"]), st.text(max_size=20), st.integers(1, 5))


@given(st.integers(), CALLS)
def test_the_same_seed_and_call_get_the_same_fault(seed: int, call: Call) -> None:
    choices = {"POST": ["a", "b", "c"]}
    assert seeded(seed, choices, rate=0.5)(call) == seeded(seed, choices, rate=0.5)(call)


@given(st.integers(), CALLS)
def test_late_attempts_and_other_operations_pass(seed: int, call: Call) -> None:
    struck = seeded(seed, {"POST": ["a"]}, rate=1.0, last_attempt=2)(call)
    assert struck == ("a" if call.operation == "POST" and call.attempt <= 2 else None)


def test_the_rate_is_kept_and_every_fault_gets_its_share() -> None:
    plan = seeded(1, {"POST": ["a", "b"]}, rate=0.5)
    struck = [plan(Call("POST", f"k-{number}", 1)) for number in range(2000)]
    assert all(450 < struck.count(fault) < 550 for fault in ("a", "b"))


def test_another_seed_strikes_elsewhere() -> None:
    calls = [Call("POST", f"k-{number}", 1) for number in range(100)]
    first, second = (seeded(seed, {"POST": ["a"]}, rate=0.5) for seed in (1, 2))
    assert [first(call) for call in calls] != [second(call) for call in calls]


def test_a_script_strikes_attempt_by_attempt() -> None:
    plan = scripted({"POST": ["a", None, "b"]})
    assert [plan(Call("POST", "k", attempt)) for attempt in (1, 2, 3, 4)] == ["a", None, "b", None]
    assert plan(Call("GET", "k", 1)) is None


def test_attempts_are_counted_for_each_operation_and_key() -> None:
    attempts = Attempts()
    calls = (("POST", "a"), ("POST", "a"), ("POST", "b"), ("GET", "a"))
    assert [attempts.next(*call) for call in calls] == [1, 2, 1, 1]
