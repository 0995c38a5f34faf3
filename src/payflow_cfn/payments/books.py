"""People's changes of the table of payments: each is one conditional write of the shipped ledger, with its author."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from payflow_cfn.artifacts.shipped import shipped_packages
from payflow_cfn.errors import BooksError
from payflow_cfn.payments.aws_calls import asked, no_payment
from payflow_cfn.workflow.payment_input import payment_command, run_again

if TYPE_CHECKING:
    from payments.ledger import Ledger, Move
    from payments.rows import Row


@dataclass(frozen=True, slots=True)
class Books:
    """The table `name`, the DynamoDB client `client`, and the ARN of the person who changes the table."""

    client: Any
    name: str
    by: str

    @property
    def ledger(self) -> Ledger:
        """The shipped ledger on this table."""
        with shipped_packages():
            from payments.ledger import Ledger
        return Ledger(self.client, table=self.name)

    def move(self, transaction_id: str, status: str, *, execution: str, at: datetime, note: str) -> Move:
        """A person's move of a payment; the row keeps its execution."""
        with shipped_packages():
            from payments.execution import time_text
            from payments.ledger import Move
        return Move(
            transaction_id=transaction_id,
            target=status,
            attempt=f"{note}/{uuid4().hex[:12]}",
            execution=execution,
            at=time_text(at.timestamp()),
            note=f"{note} by {self.by}",
        )


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A final payment without its customer; `already`: it was forgotten before, at `at` (ISO 8601)."""

    transaction_id: str
    status: str
    at: str
    already: bool


def read_forgettable(books: Books, transaction_id: str) -> Row:
    """Read a payment whose customer may be forgotten, or was before; BooksError for any other one."""
    with shipped_packages():
        from payments.rows import read_row
        from payments.statuses import DECLINED, FAILED, NONE, REJECTED, TERMINAL
    with books_faults(f"reading {transaction_id}"):
        row = read_row(books.ledger.read(transaction_id))
    if row.forgotten_at:
        return row
    if row.status == NONE:
        raise no_payment(transaction_id, books.name)
    if row.status not in (*TERMINAL, REJECTED):
        remedy = "its customer is needed until it is COMPLETED, DECLINED, FAILED or REJECTED"
        raise BooksError(f"the payment {transaction_id} is {row.status}", remedy=remedy)
    if row.status in (DECLINED, FAILED) and row.told != row.status:
        remedy = f"{run_again(transaction_id)} sends it"
        raise BooksError(f"the payment {transaction_id} is {row.status}, but its notice was not sent", remedy=remedy)
    if row.contradicted:
        remedy = f"compare its book and settle it first ({payment_command(transaction_id)})"
        raise BooksError(f"the gateway contradicts the payment {transaction_id}", remedy=remedy)
    return row


def forget_customer(books: Books, transaction_id: str, *, now: datetime) -> Forgotten:
    """Remove the customer from a final payment whose notice was sent; BooksError for any other one.

    The status, the amount and the history stay, and the digest of the facts: the same payment, sent again, is a replay
    and not a charge.
    """
    row = read_forgettable(books, transaction_id)
    if row.forgotten_at:
        return Forgotten(transaction_id, row.status, row.forgotten_at, already=True)
    with books_faults(f"forgetting {transaction_id}"):
        move = books.move(transaction_id, row.status, execution=row.execution, at=now, note="forgotten")
        if books.ledger.forget(move, seen=row) is not None:
            raise changed_meanwhile(transaction_id)
        return Forgotten(transaction_id, row.status, move.at, already=False)


def changed_meanwhile(transaction_id: str) -> BooksError:
    """The error for a row that was changed after it was read."""
    return BooksError(f"the payment {transaction_id} changed meanwhile", remedy="run it again")


@contextmanager
def books_faults(doing: str) -> Iterator[None]:
    """Turn the errors of the ledger and of AWS's client into errors of one line."""
    with shipped_packages():
        from payments.errors import PaymentsError
    try:
        with asked(doing, role="keeper"):
            yield
    except PaymentsError as error:
        raise BooksError(f"{doing} failed: {error}") from error
