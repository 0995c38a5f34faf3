"""Tests of forgetting a customer: what leaves the row, what stays, and when it is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.stand_ins import Table, lose_answer
from payflow_cfn.errors import BooksError, RunError
from payflow_cfn.payments.books import Books, forget_customer
from payments.errors import LedgerError
from payments.facts import Payment
from payments.ledger import HISTORY_LENGTH
from payments.money import Money
from payments.rows import Item, payment_item, row_payment, strings
from payments.statuses import COMPLETED, DECLINED, FAILED, PROCESSING, REJECTED, UNKNOWN, VALIDATED

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
AT = "2026-11-29T10:00:00.000Z"
KEEPER = "arn:aws:sts::123456789012:assumed-role/keeper/alex"
PAYMENT = Payment("T-1", Money(minor=3040, currency="USD"), "credit_card", "C-1", risk_score=20)


def stored(status: str, **more: str) -> Item:
    told = {"told_status": status, "told_at": "earlier"} if status in (DECLINED, FAILED) else {}
    texts = {"status": status, "attempt": "a", "execution": "arn:e", "result": "{}", "gateway_reference": "ch_1"}
    return {**payment_item(PAYMENT), **strings(**{**texts, **told, **more})}


def books_of(item: Item | None) -> tuple[Table, Books]:
    table = Table()
    if item:
        table.items["T-1"] = item
    return table, Books(table, "payments", KEEPER)


@pytest.mark.parametrize("status", [COMPLETED, DECLINED, FAILED, REJECTED])
def test_the_customer_leaves_a_final_row_and_the_book_stays(status: str) -> None:
    before = stored(status)
    table, books = books_of(before)
    found = forget_customer(books, "T-1", now=NOW)
    assert (found.status, found.at, found.already) == (status, AT, False)
    after = table.items["T-1"]
    assert before.keys() - after.keys() == {"customer_id", "risk_score"}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"forgotten_at", "history", "attempt", "updated_at"}
    (entry,) = after["history"]["L"]
    assert entry["M"]["note"] == {"S": f"forgotten by {KEEPER}"}
    assert (entry["M"]["at"], entry["M"]["status"]) == ({"S": AT}, {"S": status})


def test_a_full_history_drops_its_oldest_entry() -> None:
    old = [{"M": strings(at=str(number))} for number in range(HISTORY_LENGTH)]
    table, books = books_of({**stored(COMPLETED), "history": {"L": old}})
    forget_customer(books, "T-1", now=NOW)
    history = table.items["T-1"]["history"]["L"]
    assert (len(history), history[0]) == (HISTORY_LENGTH, old[1])


@pytest.mark.parametrize("status", [VALIDATED, PROCESSING, UNKNOWN])
def test_an_open_payment_needs_its_customer(status: str) -> None:
    table, books = books_of(stored(status))
    with pytest.raises(BooksError, match=f"T-1 is {status}"):
        forget_customer(books, "T-1", now=NOW)
    assert table.items["T-1"] == stored(status)


@pytest.mark.parametrize("status", [DECLINED, FAILED])
def test_a_payment_of_which_nobody_was_told_is_not_over(status: str) -> None:
    item = {name: value for name, value in stored(status).items() if not name.startswith("told")}
    table, books = books_of(item)
    with pytest.raises(BooksError, match=r"its notice was not sent\. `payflow run --again --id T-1` sends it"):
        forget_customer(books, "T-1", now=NOW)
    assert table.items["T-1"] == item


def test_a_contradicted_payment_is_compared_before_its_customer_is_forgotten() -> None:
    before = stored(COMPLETED, contradicted_at="then")
    table, books = books_of(before)
    with pytest.raises(BooksError, match="the gateway contradicts the payment T-1"):
        forget_customer(books, "T-1", now=NOW)
    assert table.items["T-1"] == before


@pytest.mark.parametrize("item", [None, strings(transaction_id="T-1", failure_error="States.Timeout")])
def test_an_id_without_a_payment_is_told(item: Item | None) -> None:
    table, books = books_of(item)
    with pytest.raises(RunError, match=r"there is no payment T-1 in payments\. Check the id and the environment"):
        forget_customer(books, "T-1", now=NOW)
    assert table.items == ({"T-1": item} if item else {})


def test_a_second_time_says_when_and_changes_nothing() -> None:
    table, books = books_of(stored(COMPLETED))
    forget_customer(books, "T-1", now=NOW)
    before = dict(table.items["T-1"])
    found = forget_customer(books, "T-1", now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (found.at, found.already) == (AT, True)
    assert table.items["T-1"] == before


def test_a_row_that_changes_meanwhile_is_not_touched() -> None:
    table, books = books_of(stored(REJECTED))

    def correct(name: str, when: str) -> None:
        if (name, when) == ("UpdateItem", "before"):
            table.items["T-1"] |= strings(status=VALIDATED, attempt="another")

    table.faults.append(correct)
    with pytest.raises(BooksError, match="changed meanwhile"):
        forget_customer(books, "T-1", now=NOW)
    assert table.items["T-1"]["customer_id"] == {"S": "C-1"}


def test_a_write_whose_answer_was_lost_counts_once() -> None:
    table, books = books_of(stored(COMPLETED))
    table.faults.append(lose_answer("UpdateItem"))
    assert forget_customer(books, "T-1", now=NOW).already is False
    assert len(table.items["T-1"]["history"]["L"]) == 1


def test_what_aws_refuses_is_one_line() -> None:
    table, books = books_of(stored(COMPLETED))

    def deny(name: str, when: str) -> None:
        if (name, when) == ("GetItem", "before"):
            from botocore.exceptions import ClientError as Refused

            raise Refused({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, name)

    table.faults.append(deny)
    with pytest.raises(
        RunError, match=r"access denied reading T-1 \(not authorized\)\. The caller .* `payflow policy keeper` prints"
    ):
        forget_customer(books, "T-1", now=NOW)


def test_a_forgotten_row_says_why_it_holds_no_payment() -> None:
    table, books = books_of(stored(COMPLETED))
    assert row_payment(table.items["T-1"]) == PAYMENT
    forget_customer(books, "T-1", now=NOW)
    with pytest.raises(LedgerError, match="customer was forgotten"):
        row_payment(table.items["T-1"])
