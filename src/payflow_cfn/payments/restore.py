"""Mark the payments of a restored table that may have been charged after the restore point.

The restored table does not show that: an open payment may have been charged, and a later payment has no row. Both are
marked UNKNOWN, with the time in which requests may have been sent. So the workflow asks the gateway before it charges.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from payflow_cfn.artifacts.shipped import shipped_packages
from payflow_cfn.config.names import OPEN_PAYMENTS
from payflow_cfn.payments.books import Books, books_faults, changed_meanwhile

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from payments.facts import Payment
    from payments.rows import Item, Row

# Lambda stops a function after a quarter of an hour, and two clocks differ by less than a minute.
LONGEST_SENDING: Final = timedelta(minutes=16)
_CLOCKS: Final = timedelta(minutes=1)
# The first step of an execution enters the row; its retries end within this time.
_ENTERING: Final = timedelta(hours=1)
# Payments with these outcomes are never sent to the gateway.
_REFUSED: Final = ("REJECTED", "CONFLICT")


@dataclass(frozen=True, slots=True)
class Restore:
    """A table as it was at `since`; until `until`, requests may have been sent to `gateway` (adapter and address).

    `exemptions` is the environment's parameter CardSearchExemptions, which the validation needs to read a payment.
    """

    since: datetime
    until: datetime
    gateway: str
    exemptions: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A payment that is UNKNOWN now; `found` is its status in the restored table, "none" if it had no row.

    `ended` is the outcome of the execution from which a missing row was made.
    """

    transaction_id: str
    found: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """The marked payments of a restored table.

    `unread` are the ARNs of executions whose payment could not be read and was not refused: people check them.
    """

    marked: tuple[Marked, ...]
    unread: tuple[str, ...]


def find_restored(books: Books, sfn: SFNClient, machine_arn: str, restore: Restore) -> Restored:
    """The payments that `mark_restored` would mark now; writes nothing."""
    with books_faults("reading restored payments"):
        found = {name: Marked(name, row.status) for name, _, row in _open_rows(books)}
        unread = []
        for execution in _started(sfn, machine_arn, since=restore.since - _ENTERING):
            payment = _payment(execution, restore.exemptions)
            if payment is None:
                unread.append(str(execution["executionArn"]))
            elif payment.transaction_id not in found and (row := _missing(books, payment)) is not None:
                found[payment.transaction_id] = Marked(payment.transaction_id, row.status, _ending(execution))
        return Restored(tuple(found.values()), tuple(unread))


def mark_restored(books: Books, sfn: SFNClient, machine_arn: str, restore: Restore, *, now: datetime) -> Restored:
    """Mark every payment that may have been charged after the restore point; nothing is sent to the gateway.

    Open payments are marked in their rows; payments without a row are entered from their executions' input. It may be
    repeated.
    """
    with books_faults("marking restored payments"):
        marked, unread = list(_mark_open(books, restore, now)), []
        for execution in _started(sfn, machine_arn, since=restore.since - _ENTERING):
            payment = _payment(execution, restore.exemptions)
            if payment is None:
                unread.append(str(execution["executionArn"]))
            else:
                marked += _enter(books, payment, execution, restore, now)
        return Restored(tuple(marked), tuple(unread))


def gateway_of(parameters: Mapping[str, str]) -> str:
    """The gateway's name as a row has it, from the root stack's parameters."""
    with shipped_packages():
        from payments.gateways.choose import gateway_name
    return gateway_name({"adapter": parameters.get("GatewayAdapter"), "url": parameters.get("GatewayUrl")})


def _mark_open(books: Books, restore: Restore, now: datetime) -> Iterator[Marked]:
    with shipped_packages():
        from payments.statuses import UNKNOWN
    for transaction_id, item, row in _open_rows(books):
        move = books.move(transaction_id, UNKNOWN, execution=row.execution, at=now, note="restored")
        if books.ledger.restore(move, seen=row, changes=_sent(item, row, restore)) is not None:
            raise changed_meanwhile(transaction_id)
        yield Marked(transaction_id, row.status)


def _open_rows(books: Books) -> Iterator[tuple[str, Item, Row]]:
    """The id, item and row of each payment that is not final."""
    with shipped_packages():
        from payments.rows import read_row
        from payments.statuses import PROCESSING, UNKNOWN, VALIDATED
    for transaction_id in list(_open_payments(books)):
        item = books.ledger.read(transaction_id)
        row = read_row(item)
        if row.status in (VALIDATED, PROCESSING, UNKNOWN):
            yield transaction_id, item, row


def _missing(books: Books, payment: Payment) -> Row | None:
    """The row of a payment that has only a rejection or no status; None for any other payment."""
    with shipped_packages():
        from payments.rows import read_row
        from payments.statuses import NONE, REJECTED
    row = read_row(books.ledger.read(payment.transaction_id))
    return row if row.status in (NONE, REJECTED) else None


def _open_payments(books: Books) -> Iterator[str]:
    """The ids in the table's sparse index; some are final and wait for their notice."""
    with shipped_packages():
        from payments.rows import OPEN_SHARDS
    pages = books.client.get_paginator("query")
    for shard in range(OPEN_SHARDS):
        for page in pages.paginate(
            TableName=books.name,
            IndexName=OPEN_PAYMENTS,
            KeyConditionExpression="open_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": str(shard)}},
        ):
            yield from (each["transaction_id"]["S"] for each in page["Items"])


def _started(sfn: SFNClient, machine_arn: str, *, since: datetime) -> Iterator[Mapping[str, Any]]:
    """The executions that started since then and did not refuse their payment, oldest first.

    Step Functions lists the newest first.
    """
    pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=machine_arn)
    listed = (each for page in pages for each in page["executions"])
    newest = [each["executionArn"] for each in takewhile(lambda each: bool(each["startDate"] >= since), listed)]
    described = (sfn.describe_execution(executionArn=arn) for arn in reversed(newest))
    return (each for each in described if _ending(each) not in _REFUSED)


def _payment(execution: Mapping[str, Any], exemptions: str) -> Payment | None:
    """The payment of an execution's input; None for an input that the validation would refuse."""
    with shipped_packages():
        from validation.fields import known_ids, read_submission
    submission = read_submission(json.loads(execution["input"]), known_ids({"card_search_exemptions": exemptions}))
    return None if submission.faults else submission.payment


def _enter(
    books: Books, payment: Payment, execution: Mapping[str, Any], restore: Restore, now: datetime
) -> Iterator[Marked]:
    """Enter an execution's payment, unless it has a row."""
    with shipped_packages():
        from payments.execution import time_text
        from payments.rows import open_item, payment_item, strings
        from payments.statuses import UNKNOWN
    row = _missing(books, payment)
    if row is None:
        return
    arn, started = execution["executionArn"], time_text(execution["startDate"].timestamp())
    move = books.move(payment.transaction_id, UNKNOWN, execution=arn, at=now, note="restored")
    signed = strings(status=UNKNOWN, attempt=move.attempt, execution=arn, created_at=started, updated_at=move.at)
    item = {**payment_item(payment), **signed, **open_item(payment.facts, since=started)}
    item |= _sent(item, row, restore)
    if books.ledger.replace(item, move=move, seen=row) is not None:
        raise changed_meanwhile(payment.transaction_id)
    yield Marked(payment.transaction_id, row.status, _ending(execution))


def _ending(execution: Mapping[str, Any]) -> str:
    """The payment's status from an execution that succeeded, else the execution's error or status."""
    result = json.loads(execution.get("output") or "null")
    status = result.get("status") if isinstance(result, dict) else None
    return str(status or execution.get("error") or execution["status"])


def _sent(item: Item, row: Row, restore: Restore) -> Item:
    """The time in which requests may have been sent: from the payment's entry or the row's time to `restore.until`."""
    with shipped_packages():
        from payments.execution import seconds_of
        from payments.gateways.protocol import idempotency_key
        from payments.rows import Sent, sent_item, strings
    entered = datetime.fromtimestamp(seconds_of(item["created_at"]["S"]) or 0.0, UTC)
    first, until = (int(each.timestamp() * 1000) for each in (entered - _CLOCKS, restore.until))
    if row.sent is not None:
        first, until = min(first, row.sent.first), max(until, row.sent.until)
    kept = strings(idempotency_key=idempotency_key(item["transaction_id"]["S"]), gateway=row.gateway or restore.gateway)
    return sent_item(Sent(first=first, until=until)) | kept
