"""Every order of events within bounds: what a payment's row, executions and notices say agrees with the bank.

The whole search, with larger bounds, is `tox -e interleavings`; every planted fault is `tox -e planted`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interleavings.mutants import MUTANTS, Mutant, schedule
from interleavings.page import DRAWN, PAGE, drawn
from interleavings.picture import diagram, lines
from interleavings.replay import quiet
from interleavings.scopes import SMALL, WANDERED
from interleavings.search import Step, search, wander
from interleavings.world import Scope


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    with quiet():
        yield


@pytest.mark.slow
@pytest.mark.parametrize("scope", SMALL, ids=lambda scope: scope.name)
def test_no_promise_is_broken_in_any_order_of_events(scope: Scope) -> None:
    found = search(scope)
    assert (found.faults, found.complete) == ({}, True)
    assert found.states > 100


@pytest.mark.slow
@pytest.mark.parametrize("scope", WANDERED, ids=lambda scope: scope.name)
def test_no_promise_is_broken_on_walks_by_chance(scope: Scope) -> None:
    assert wander(scope, seed=1, walks=20, seconds=600).faults == {}


# The second picture takes ten seconds to find; `tox -e planted` compares all three.
@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN[::2])
def test_a_planted_fault_is_found_and_the_page_shows_its_shortest_schedule(name: str) -> None:
    fault, steps = schedule(next(each for each in MUTANTS if each.name == name))
    assert fault
    assert drawn(name, fault, steps) in PAGE.read_text()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_planted_in_one_place(mutant: Mutant) -> None:
    assert mutant.planted().count(mutant.new) >= 1


def test_a_scope_without_faults_completes_the_payment() -> None:
    found = search(Scope("calm", faults=0))
    assert (found.faults, found.complete) == ({}, True)


def test_a_schedule_is_printed_and_drawn() -> None:
    steps = (
        Step(0, "execution 1", "starts"),
        Step(0, "1.ProcessPayment.0.1", "charges: SUCCEEDED; answers COMPLETED"),
        Step(130, "time", "130 s pass"),
        Step(130, "gateway", "gets the late charge"),
    )
    assert (
        lines(steps).splitlines()[1]
        == "  2.     0 s  execution 1 processes, attempt 2: charges: SUCCEEDED; answers COMPLETED"
    )
    assert "    E1->>G: charges: SUCCEEDED, answers COMPLETED" in diagram(steps)
    assert "    Note over T,G: 130 s pass" in diagram(steps)
