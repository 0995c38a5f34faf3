"""Tests for payments.ledger: every move is one conditional write, and only the table's moves happen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambdas.stand_ins import ClientError, Table, lose_answer
from payments.errors import LedgerError
from payments.ledger import Ledger, Move
from payments.rows import Row, read_row, strings
from payments.statuses import (
    COMPLETED,
    DECLINED,
    FAILED,
    NONE,
    PROCESSING,
    REJECTED,
    TERMINAL,
    TRANSITIONS,
    UNKNOWN,
    VALIDATED,
    sources,
)

Act = Callable[[Ledger], Row | None]


def move(target: str, *, attempt: str = "mine") -> Move:
    return Move(transaction_id="T", target=target, attempt=attempt, execution="arn", at="2026-11-25T10:00:00.000Z")


def entry(status: str, *, facts: str = "f", execution: str = "arn") -> dict[str, dict[str, str]]:
    return strings(transaction_id="T", status=status, facts=facts, attempt=execution, execution=execution)


# Each of the ledger's acts: from which statuses it may move a row, to which one, and how it is called.
ACTS: dict[str, tuple[set[str], str, Act]] = {
    "enter valid": ({NONE, REJECTED}, VALIDATED, lambda ledger: ledger.enter(entry(VALIDATED))),
    "enter rejected": ({NONE, REJECTED}, REJECTED, lambda ledger: ledger.enter(entry(REJECTED, facts="new"))),
    "claim": ({VALIDATED}, PROCESSING, lambda ledger: ledger.claim(move(PROCESSING), facts="f", lease_until=9)),
    "take over": (
        {PROCESSING},
        PROCESSING,
        lambda ledger: ledger.take_over(move(PROCESSING), from_attempt="old", lease_until=9),
    ),
    "release": ({PROCESSING}, VALIDATED, lambda ledger: ledger.release(move(VALIDATED), from_attempt="old")),
    "suspect": ({PROCESSING}, UNKNOWN, lambda ledger: ledger.suspect(move(UNKNOWN), from_attempt="old", changes={})),
    "complete": ({PROCESSING, UNKNOWN}, COMPLETED, lambda ledger: ledger.settle(move(COMPLETED), changes={})),
    "decline": ({PROCESSING, UNKNOWN}, DECLINED, lambda ledger: ledger.settle(move(DECLINED), changes={})),
    "give up a claim": (
        {PROCESSING},
        FAILED,
        lambda ledger: ledger.abandon(move(FAILED), status=PROCESSING, from_attempt="old", changes={}),
    ),
    "give up an unknown": (
        {UNKNOWN},
        FAILED,
        lambda ledger: ledger.abandon(move(FAILED), status=UNKNOWN, from_attempt="old", changes={}),
    ),
}


def stored(status: str) -> dict[str, dict[str, str]]:
    return {**strings(transaction_id="T", facts="f", attempt="old", execution="old"), **strings(status=status)}


@pytest.mark.parametrize("status", TRANSITIONS)
@pytest.mark.parametrize("name", ACTS)
def test_an_act_moves_a_row_from_its_statuses_only(name: str, status: str) -> None:
    allowed, target, act = ACTS[name]
    table = Table()
    if status != NONE:
        table.items["T"] = stored(status)
    standing = act(Ledger(table, table="t"))
    assert (standing is None) is (status in allowed)
    assert read_row(table.items.get("T", {})).status == (target if status in allowed else status)


def test_the_acts_together_make_exactly_the_moves_of_the_table() -> None:
    made = {(source, target) for allowed, target, _ in ACTS.values() for source in allowed}
    assert made == {(source, target) for source, moves in TRANSITIONS.items() for target in moves}


def test_a_terminal_status_has_no_way_out_and_every_status_is_reachable() -> None:
    assert {COMPLETED, DECLINED, FAILED} == TERMINAL
    assert set(TRANSITIONS) - {NONE} == {target for moves in TRANSITIONS.values() for target in moves}
    assert sources(COMPLETED) == (PROCESSING, UNKNOWN)


def test_the_same_rejection_is_not_written_again_but_another_one_is() -> None:
    table = Table()
    ledger = Ledger(table, table="t")
    assert ledger.enter(entry(REJECTED, execution="first")) is None
    standing = ledger.enter(entry(REJECTED, execution="second"))
    assert standing is not None
    assert standing.execution == "first"
    assert ledger.enter(entry(REJECTED, facts="other", execution="third")) is None


def test_a_row_with_only_the_workflow_s_failure_record_counts_as_none() -> None:
    table = Table()
    table.items["T"] = strings(transaction_id="T", failure_error="States.Timeout", failed_at="x")
    assert Ledger(table, table="t").enter(entry(VALIDATED)) is None


def test_a_claim_needs_the_facts_that_were_validated() -> None:
    table = Table()
    table.items["T"] = stored(VALIDATED)
    standing = Ledger(table, table="t").claim(move(PROCESSING), facts="other", lease_until=9)
    assert standing is not None
    assert standing.status == VALIDATED


@pytest.mark.parametrize("returns_old", [True, False])
def test_our_own_write_whose_answer_was_lost_is_recognised_by_its_token(returns_old: bool) -> None:
    table = Table(returns_old=returns_old)
    table.items["T"] = stored(VALIDATED)
    table.faults.append(lose_answer("UpdateItem"))
    assert Ledger(table, table="t").claim(move(PROCESSING), facts="f", lease_until=9) is None
    assert table.calls == ["UpdateItem", "UpdateItem"] + ([] if returns_old else ["GetItem"])


def test_the_row_of_another_attempt_is_not_taken_for_ours() -> None:
    table = Table()
    table.items["T"] = stored(PROCESSING)
    standing = Ledger(table, table="t").claim(move(PROCESSING), facts="f", lease_until=9)
    assert standing is not None
    assert standing.attempt == "old"


def test_a_claim_by_a_stale_token_changes_nothing() -> None:
    table = Table()
    table.items["T"] = stored(PROCESSING)
    ledger = Ledger(table, table="t")
    acts: tuple[Callable[[], Row | None], ...] = (
        lambda: ledger.take_over(move(PROCESSING), from_attempt="gone", lease_until=9),
        lambda: ledger.release(move(VALIDATED), from_attempt="gone"),
        lambda: ledger.suspect(move(UNKNOWN), from_attempt="gone", changes={}),
        lambda: ledger.abandon(move(FAILED), status=PROCESSING, from_attempt="gone", changes={}),
    )
    for act in acts:
        assert act() is not None
    assert table.items["T"] == stored(PROCESSING)


def test_validation_that_may_not_read_fails_when_it_is_not_told_what_stands() -> None:
    table = Table(returns_old=False)
    table.items["T"] = stored(COMPLETED)
    with pytest.raises(LedgerError, match="did not say which row stands"):
        Ledger(table, table="t").enter(entry(VALIDATED))


def test_any_other_error_of_dynamodb_is_passed_on() -> None:
    table = Table()

    def throttle(call: str, when: str) -> None:
        raise ClientError("ProvisionedThroughputExceededException")

    table.faults.append(throttle)
    ledger = Ledger(table, table="t")
    acts: tuple[Callable[[], Row | None], ...] = (
        lambda: ledger.enter(entry(VALIDATED)),
        lambda: ledger.settle(move(COMPLETED), changes={}),
    )
    for act in acts:
        with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
            act()
