"""Tests for payments.ledger: every move is one conditional write, and only the table's moves happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.stand_ins import ClientError, Table, lose_answer
from payments.errors import LedgerError
from payments.ledger import HISTORY_LENGTH, Ledger, Move
from payments.rows import Item, Row, Sent, open_item, read_row, sent_item, strings
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

Act = Callable[[Ledger, Row], Row | None]
SENT = Sent(first=5, until=9)


def move(target: str, *, attempt: str = "mine", note: str = "") -> Move:
    return Move(
        transaction_id="T", target=target, attempt=attempt, execution="arn:e", at="2026-11-25T10:00:00.000Z", note=note
    )


def entry(status: str, *, facts: str = "f") -> Item:
    return strings(transaction_id="T", status=status, facts=facts, attempt="mine", execution="arn:e")


def entered(ledger: Ledger, status: str, seen: Row) -> Row | None:
    """Write the first row, or write over what stands, as the validation does."""
    if seen.status == NONE:
        return ledger.enter(entry(status), move=move(status))
    return ledger.replace(entry(status), move=move(status), seen=seen)


# Each of the ledger's acts: from which statuses it may move a row, to which one, and how it is called.
ACTS: dict[str, tuple[set[str], str, Act]] = {
    "enter valid": ({NONE, REJECTED}, VALIDATED, lambda ledger, seen: entered(ledger, VALIDATED, seen)),
    "enter rejected": ({NONE, REJECTED}, REJECTED, lambda ledger, seen: entered(ledger, REJECTED, seen)),
    "claim": ({VALIDATED}, PROCESSING, lambda ledger, _: ledger.claim(move(PROCESSING), facts="f", sent=SENT)),
    "claim again": (
        {PROCESSING, UNKNOWN},
        PROCESSING,
        lambda ledger, seen: ledger.claim_again(move(PROCESSING), seen=seen, sent=SENT),
    ),
    # A row of its own token that is VALIDATED already is its own write, repeated.
    "release": (
        {PROCESSING},
        VALIDATED,
        lambda ledger, seen: ledger.release(move(VALIDATED, attempt="old" if seen.status == PROCESSING else "mine")),
    ),
    "suspect": (
        {PROCESSING, UNKNOWN},
        UNKNOWN,
        lambda ledger, seen: ledger.suspect(move(UNKNOWN), seen=seen, changes={}),
    ),
    "restore": (
        {VALIDATED, PROCESSING, UNKNOWN},
        UNKNOWN,
        lambda ledger, seen: ledger.restore(move(UNKNOWN), seen=seen, changes={}),
    ),
    "enter restored": ({NONE, REJECTED}, UNKNOWN, lambda ledger, seen: entered(ledger, UNKNOWN, seen)),
    "complete": ({PROCESSING, UNKNOWN}, COMPLETED, lambda ledger, _: ledger.settle(move(COMPLETED), changes={})),
    "decline": ({PROCESSING, UNKNOWN}, DECLINED, lambda ledger, _: ledger.settle(move(DECLINED), changes={})),
    "give up a claim": (
        {PROCESSING},
        FAILED,
        lambda ledger, _: ledger.settle_as_seen(move(FAILED), seen=Row(status=PROCESSING, attempt="old"), changes={}),
    ),
    "give up an unknown": (
        {UNKNOWN},
        FAILED,
        lambda ledger, _: ledger.settle_as_seen(move(FAILED), seen=Row(status=UNKNOWN, attempt="old"), changes={}),
    ),
}


def stored(status: str) -> Item:
    return strings(transaction_id="T", facts="f", attempt="old", execution="old", status=status)


def table_with(item: Item) -> tuple[Table, Ledger]:
    table = Table()
    table.items["T"] = item
    return table, Ledger(table, table="t")


@pytest.mark.parametrize("status", TRANSITIONS)
@pytest.mark.parametrize("name", ACTS)
def test_an_act_moves_a_row_from_its_statuses_only(name: str, status: str) -> None:
    allowed, target, act = ACTS[name]
    table = Table()
    if status != NONE:
        table.items["T"] = stored(status)
    standing = act(Ledger(table, table="t"), read_row(table.items["T"]) if status != NONE else Row(attempt="none"))
    assert (standing is None) is (status in allowed)
    assert read_row(table.items.get("T", {})).status == (target if status in allowed else status)


def test_the_acts_together_make_exactly_the_moves_of_the_table() -> None:
    made = {(source, target) for allowed, target, _ in ACTS.values() for source in allowed}
    assert made == {(source, target) for source, moves in TRANSITIONS.items() for target in moves}


def test_a_terminal_status_has_no_way_out_and_every_status_is_reachable() -> None:
    assert {COMPLETED, DECLINED, FAILED} == TERMINAL
    assert set(TRANSITIONS) - {NONE} == {target for moves in TRANSITIONS.values() for target in moves}
    assert sources(COMPLETED) == (PROCESSING, UNKNOWN)


def test_a_first_row_stands_in_the_way_of_every_other_one() -> None:
    table, ledger = table_with(stored(REJECTED))
    standing = ledger.enter(entry(VALIDATED), move=move(VALIDATED))
    assert standing is not None
    assert table.items["T"] == stored(REJECTED)


@pytest.mark.parametrize("change", [{"attempt": "another"}, {"status": VALIDATED}, {"closed_until": "2026-01-01"}])
def test_a_row_that_changed_since_it_was_seen_is_not_written_over(change: dict[str, str | None]) -> None:
    table, ledger = table_with(stored(REJECTED))
    seen = read_row(table.items["T"])
    table.items["T"] |= strings(**change)
    assert ledger.replace(entry(VALIDATED), move=move(VALIDATED), seen=seen) is not None
    assert table.items["T"] == stored(REJECTED) | strings(**change)


def test_a_failure_record_is_written_over_only_when_no_other_failure_was_recorded_since() -> None:
    record = strings(transaction_id="T", failure_error="States.Timeout", closed_until="2026-01-01")
    table, ledger = table_with({**record, **strings(closed_until="2026-01-02")})
    seen = read_row(record)
    assert ledger.replace(entry(VALIDATED), move=move(VALIDATED), seen=seen) is not None
    table.items["T"] = record
    assert ledger.replace(entry(VALIDATED), move=move(VALIDATED), seen=seen) is None
    assert table.items["T"]["closed_until"] == record["closed_until"]
    assert "failure_error" not in table.items["T"]


def test_a_claim_needs_the_facts_that_were_validated() -> None:
    _, ledger = table_with(stored(VALIDATED))
    standing = ledger.claim(move(PROCESSING), facts="other", sent=SENT)
    assert standing is not None
    assert standing.status == VALIDATED


@pytest.mark.parametrize("returns_old", [True, False])
def test_our_own_write_whose_answer_was_lost_is_recognised_by_its_token(returns_old: bool) -> None:
    table = Table(returns_old=returns_old)
    table.items["T"] = stored(VALIDATED)
    table.faults.append(lose_answer("UpdateItem"))
    assert Ledger(table, table="t").claim(move(PROCESSING), facts="f", sent=SENT) is None
    assert table.calls == ["UpdateItem", "UpdateItem"] + ([] if returns_old else ["GetItem"])
    assert len(read_row(table.items["T"]).history) == 1


def test_the_row_of_another_attempt_is_not_taken_for_ours() -> None:
    _, ledger = table_with(stored(PROCESSING))
    standing = ledger.claim(move(PROCESSING), facts="f", sent=SENT)
    assert standing is not None
    assert standing.attempt == "old"


def test_an_act_on_a_row_that_was_seen_before_changes_nothing() -> None:
    table, ledger = table_with(stored(PROCESSING))
    gone = Row(status=PROCESSING, attempt="gone")
    acts: tuple[Callable[[], Row | None], ...] = (
        lambda: ledger.claim_again(move(PROCESSING), seen=gone, sent=SENT),
        lambda: ledger.release(move(VALIDATED, attempt="gone")),
        lambda: ledger.suspect(move(UNKNOWN), seen=gone, changes={}),
        lambda: ledger.settle_as_seen(move(FAILED), seen=gone, changes={}),
    )
    for act in acts:
        assert act() is not None
    assert table.items["T"] == stored(PROCESSING)


def test_a_claim_keeps_when_requests_may_leave_and_a_release_forgets_it() -> None:
    table, ledger = table_with(stored(VALIDATED))
    ledger.claim(move(PROCESSING), facts="f", sent=SENT)
    assert read_row(table.items["T"]).sent == SENT
    ledger.release(move(VALIDATED))
    assert read_row(table.items["T"]).sent is None


@pytest.mark.parametrize(("target", "open_after"), [(COMPLETED, False), (DECLINED, True)])
def test_a_completed_payment_is_open_no_more_and_a_declined_one_until_it_was_told(
    target: str, open_after: bool
) -> None:
    table, ledger = table_with({**stored(PROCESSING), **sent_item(SENT), **open_item("0" * 8, since="now")})
    assert ledger.settle(move(target), changes={}) is None
    assert [name in table.items["T"] for name in ("open_shard", "open_since")] == [open_after] * 2


def notes(item: Item) -> list[tuple[str, str]]:
    found: list[dict[str, Any]] = [each["M"] for each in item["history"]["L"]]
    return [(each["status"]["S"], each.get("note", {}).get("S", "")) for each in found]


def test_each_move_is_in_the_row_s_history_in_turn() -> None:
    table = Table()
    ledger = Ledger(table, table="t")
    ledger.enter(entry(VALIDATED), move=move(VALIDATED))
    ledger.claim(move(PROCESSING), facts="f", sent=SENT)
    ledger.settle(move(DECLINED, note="lost_card"), changes={})
    assert notes(table.items["T"]) == [(VALIDATED, ""), (PROCESSING, ""), (DECLINED, "lost_card")]
    assert read_row(table.items["T"]).history[0] == {
        "M": strings(at="2026-11-25T10:00:00.000Z", status=VALIDATED, execution="e", attempt="mine")
    }


def test_a_corrected_payment_keeps_the_history_of_its_rejection() -> None:
    table = Table()
    ledger = Ledger(table, table="t")
    ledger.enter(entry(REJECTED), move=move(REJECTED))
    seen = read_row(table.items["T"])
    assert ledger.replace(entry(VALIDATED), move=move(VALIDATED), seen=seen) is None
    assert notes(table.items["T"]) == [(REJECTED, ""), (VALIDATED, "")]


def test_a_long_history_drops_its_oldest_moves_and_no_move_is_refused_for_it() -> None:
    table, ledger = table_with(stored(VALIDATED))
    for number in range(HISTORY_LENGTH):
        assert ledger.claim(move(PROCESSING, note=str(number)), facts="f", sent=SENT) is None
        assert ledger.release(move(VALIDATED, note=str(number))) is None
    assert len(notes(table.items["T"])) == HISTORY_LENGTH
    assert notes(table.items["T"])[-2:] == [(PROCESSING, "39"), (VALIDATED, "39")]


def test_a_long_history_hides_no_other_reason_to_refuse() -> None:
    long = {"history": {"L": [move(VALIDATED).entry] * HISTORY_LENGTH}}
    table, ledger = table_with({**stored(VALIDATED), **long})
    standing = ledger.claim(move(PROCESSING), facts="other", sent=SENT)
    assert standing is not None
    assert table.items["T"] == {**stored(VALIDATED), **long}


def test_a_long_corrected_history_is_bounded_too() -> None:
    table, ledger = table_with({**stored(REJECTED), "history": {"L": [move(REJECTED).entry] * HISTORY_LENGTH}})
    ledger.replace(entry(VALIDATED), move=move(VALIDATED), seen=read_row(table.items["T"]))
    assert (len(notes(table.items["T"])), notes(table.items["T"])[-1]) == (HISTORY_LENGTH, (VALIDATED, ""))


def test_validation_that_may_not_read_fails_when_it_is_not_told_what_stands() -> None:
    table = Table(returns_old=False)
    table.items["T"] = stored(COMPLETED)
    with pytest.raises(LedgerError, match="did not say which row stands"):
        Ledger(table, table="t").enter(entry(VALIDATED), move=move(VALIDATED))


def test_any_other_error_of_dynamodb_is_passed_on() -> None:
    table = Table()

    def throttle(call: str, when: str) -> None:
        raise ClientError("ProvisionedThroughputExceededException")

    table.faults.append(throttle)
    ledger = Ledger(table, table="t")
    acts: tuple[Callable[[], Row | None], ...] = (
        lambda: ledger.enter(entry(VALIDATED), move=move(VALIDATED)),
        lambda: ledger.settle(move(COMPLETED), changes={}),
    )
    for act in acts:
        with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
            act()
