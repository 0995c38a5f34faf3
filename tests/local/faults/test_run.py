"""Test faults at every edge: no payment is charged twice, lost or stuck, no notice is wrong, broken rules are found."""

from __future__ import annotations

import hashlib
import json
import random
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.artifacts.shipped import shipped_folder
from payflow_cfn.cli.main import main
from payflow_cfn.errors import LocalError
from payflow_cfn.local.faults.emulator_schedule import EDGES
from payflow_cfn.local.faults.lambda_functions import quiet_functions
from payflow_cfn.local.faults.report import FaultLine, totals_of
from payflow_cfn.local.faults.run import drive, local_machine, planned_world, run_faults
from payflow_cfn.local.faults.schedule import Strikes
from payflow_cfn.local.faults.simulation import Charge

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def functions() -> Iterator[None]:
    sys.path.insert(0, shipped_folder("lambdas"))
    yield
    sys.path.remove(shipped_folder("lambdas"))


# The test of the command runs the first seed.
@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_nothing_goes_wrong_and_every_edge_is_hit(seed: int) -> None:
    totals = run_faults(payments=300, seed=seed)
    counted = {name: value for name, value in totals.as_json().items() if name not in ("edges", "payments")}
    assert counted == dict.fromkeys(counted, 0)
    assert totals.never_hit == ()
    assert totals.clean


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run() -> None:
    assert run_faults(payments=100, seed=7) == run_faults(payments=100, seed=7)


def test_a_run_that_misses_edges_is_not_clean() -> None:
    totals = run_faults(payments=1, seed=1)
    assert totals.never_hit
    assert not totals.clean


def test_no_payments_are_refused() -> None:
    with pytest.raises(LocalError):
        run_faults(payments=0, seed=1)


@pytest.mark.slow
def test_a_claim_without_its_condition_is_caught(monkeypatch: pytest.MonkeyPatch, functions: None) -> None:
    from payments.ledger import Ledger

    claim = Ledger.claim

    def takes_what_stands(ledger: Ledger, move: Any, **options: Any) -> Any:
        standing = claim(ledger, move, **options)
        return standing and ledger.claim_again(move, seen=standing, sent=options["sent"])

    monkeypatch.setattr(Ledger, "claim", takes_what_stands)
    assert run_faults(payments=100, seed=1).double_charged > 0


@pytest.mark.slow
def test_a_key_from_the_attempt_is_caught(monkeypatch: pytest.MonkeyPatch, functions: None) -> None:
    from processing import settlement

    made = iter(range(10**9))
    monkeypatch.setattr(
        settlement, "idempotency_key", lambda name: hashlib.sha256(f"{name}{next(made)}".encode()).hexdigest()
    )
    assert run_faults(payments=100, seed=1).double_charged > 0


@pytest.mark.slow
def test_a_charge_of_what_may_be_on_its_way_is_caught(monkeypatch: pytest.MonkeyPatch, functions: None) -> None:
    from processing import settlement
    from processing.cases import Action, Said, Standing, next_action

    def action(standing: Standing) -> Action:
        return Action.CHARGE if standing.said == Said.NOT_FOUND and not standing.held else next_action(standing)

    monkeypatch.setattr(settlement, "next_action", action)
    assert run_faults(payments=300, seed=1).double_charged > 0


@pytest.mark.slow
def test_a_key_that_is_trusted_for_ever_is_caught(monkeypatch: pytest.MonkeyPatch, functions: None) -> None:
    from processing.job import Job

    monkeypatch.setattr(Job, "is_remembered", lambda job, sent, *, lifetime: True)
    assert run_faults(payments=300, seed=1).double_charged > 0


def test_an_entry_after_a_failure_notice_is_caught(monkeypatch: pytest.MonkeyPatch, functions: None) -> None:
    from validation import decision

    def wrong() -> set[str]:
        world = planned_world(local_machine(), 0, random.Random(0))
        world.payment["payment_amount"], world.declines = "10.00", False
        world.strikes = Strikes(pending=["parallel before enter", *["killed before enter"] * 4])
        with quiet_functions():
            return drive(world)

    assert wrong() == set()
    monkeypatch.setattr(decision, "seconds_of", lambda text: 0.0)
    assert wrong() == {"extra_notice"}


@pytest.mark.slow
def test_a_charge_that_is_given_up_while_it_is_on_its_way_is_caught(
    monkeypatch: pytest.MonkeyPatch, functions: None
) -> None:
    from processing.job import Job

    monkeypatch.setattr(Job, "is_quiet_since", lambda job, sent: True)
    totals = run_faults(payments=100, seed=1)
    assert totals.lost + totals.double_charged > 0


def test_a_charge_that_is_still_on_its_way_has_to_be_right_too() -> None:
    world = planned_world(local_machine(), 0, random.Random(0))
    world.payment["payment_amount"], world.declines, world.strikes = "10.00", False, Strikes()
    late = Charge("key", "fault-0", 999, world.payment["currency"], "customer-0", accepted=False, landed=world.now + 9)
    world.flying.append(late)
    with quiet_functions():
        assert drive(world) == {"double_charged", "wrong_amount"}


@pytest.mark.slow
def test_the_command_prints_the_totals_and_fails_when_an_edge_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", "faults", "--payments", "1", "--seed", "1", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == run_faults(payments=1, seed=1).as_json()
    assert main(["local", "faults", "--payments", "300", "--seed", "1"]) == 0
    text = capsys.readouterr().out
    assert "edges hit: 68 of 68" in text
    assert len([line for line in text.splitlines() if line.startswith("ok  fault-")]) == 300


def test_a_payment_s_line_has_its_facts_its_faults_and_its_verdict() -> None:
    line = FaultLine(
        transaction_id="fault-7",
        amount="12.34 USD",
        faults=("killed after charge", "killed before find"),
        status="COMPLETED",
        charges=("12.34 USD", "12.34 USD"),
        notices=("UNKNOWN",),
        wrong=frozenset({"double_charged"}),
    )
    assert line.text() == (
        "WRONG double_charged:  fault-7 12.34 USD  row COMPLETED  charged 12.34 USD and 12.34 USD  told UNKNOWN  "
        "faults: killed after charge, killed before find"
    )
    clean = replace(line, faults=(), charges=(), notices=(), wrong=frozenset())
    assert clean.text() == "ok  fault-7 12.34 USD  row COMPLETED  charged nothing  told nothing  faults: none"


def test_the_totals_add_the_lines_up_and_the_json_has_just_them() -> None:
    line = FaultLine("a", "1.00 USD", ("x", "y", "x"), "COMPLETED", (), (), frozenset({"lost", "missing_notice"}))
    totals = totals_of([line, replace(line, wrong=frozenset())], ["x", "y", "z"])
    assert totals.as_json() == {
        **dict.fromkeys(("double_charged", "stuck", "wrong_amount", "extra_notice"), 0),
        "payments": 2,
        "lost": 1,
        "missing_notice": 1,
        "edges": {"x": 4, "y": 2, "z": 0},
    }
    assert (totals.never_hit, totals.clean) == (("z",), False)


@pytest.mark.local
@pytest.mark.slow
def test_faults_of_the_deployed_workflow_charge_nobody_twice() -> None:
    """A few of the edges; `tox -e faults` meets all of them."""
    totals = run_faults(payments=4, seed=1, emulator=True)
    assert [line.text() for line in totals.lines if line.wrong] == []
    assert set(totals.never_hit) <= set(EDGES[4:])
