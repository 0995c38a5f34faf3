"""After a restore, what may have been charged since the restore point is asked about before it is charged.

The restored table knows nothing of it: an open payment may have been charged, and a payment that came later has no row.
Marked UNKNOWN, with the time in which requests may have left, it is for the ledger's own rules.
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

# Lambda lets no function run longer than a quarter of an hour, and two clocks differ by less than a minute.
LONGEST_SENDING: Final = timedelta(minutes=16)
_CLOCKS: Final = timedelta(minutes=1)
# A row is entered by its execution's first step, whose retries end within this time.
_ENTERING: Final = timedelta(hours=1)
# Nothing was sent for them.
_REFUSED: Final = ("REJECTED", "CONFLICT")


@dataclass(frozen=True, slots=True)
class Restore:
    """A table as it was at `since`; until `until` requests may have left for `gateway`, an adapter and its address.

    `exemptions` is the environment's parameter CardSearchExemptions, by which the validation reads a payment.
    """

    since: datetime
    until: datetime
    gateway: str
    exemptions: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A payment that is UNKNOWN now; `found` is its status in the restored table, "none" where it had no row.

    `ended` says how an execution of it ended, where its row was made anew from that.
    """

    transaction_id: str
    found: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restored table.

    `unread` are the ARNs of executions whose payment could not be read and was not refused: people look at them.
    """

    marked: tuple[Marked, ...]
    unread: tuple[str, ...]


def find_restored(books: Books, sfn: SFNClient, machine_arn: str, restore: Restore) -> Restored:
    """What `mark_restored` would mark now; writes nothing."""
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

    Open payments are marked by their rows; those without one are entered from their executions' input. It may be
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
        from processing.job import gateway_name
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
    """The payment's row where it has none, or only a rejection; else None."""
    with shipped_packages():
        from payments.rows import read_row
        from payments.statuses import NONE, REJECTED
    row = read_row(books.ledger.read(payment.transaction_id))
    return row if row.status in (NONE, REJECTED) else None


def _open_payments(books: Books) -> Iterator[str]:
    """The ids in the table's sparse index; some are final, and not told yet."""
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
    """The executions that were started since then and did not refuse their payment, the oldest first.

    Step Functions lists the newest first.
    """
    pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=machine_arn)
    listed = (each for page in pages for each in page["executions"])
    newest = [each["executionArn"] for each in takewhile(lambda each: bool(each["startDate"] >= since), listed)]
    described = (sfn.describe_execution(executionArn=arn) for arn in reversed(newest))
    return (each for each in described if _ending(each) not in _REFUSED)


def _payment(execution: Mapping[str, Any], exemptions: str) -> Payment | None:
    """The payment of an execution's input; None for one that the validation would refuse for what is in it."""
    with shipped_packages():
        from validation.fields import known_ids, read_submission
    submission = read_submission(json.loads(execution["input"]), known_ids({"card_search_exemptions": exemptions}))
    return None if submission.faults else submission.payment


def _enter(
    books: Books, payment: Payment, execution: Mapping[str, Any], restore: Restore, now: datetime
) -> Iterator[Marked]:
    """Enter an execution's payment, unless its row is there."""
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
    """The payment's status of an execution that succeeded, else its error or that it runs."""
    result = json.loads(execution.get("output") or "null")
    status = result.get("status") if isinstance(result, dict) else None
    return str(status or execution.get("error") or execution["status"])


def _sent(item: Item, row: Row, restore: Restore) -> Item:
    """When requests may have left: from the payment's entering, or from when the row says, to the old table's end."""
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
