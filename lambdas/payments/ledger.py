"""The ledger: one item a payment, one conditional write a move. A refused write returns the row that was found.

Every write carries a token. If an answer is lost, the SDK repeats the write; it then finds our own token in the row
and counts as done. The same write adds the move to the row's own history.
Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from payments.errors import LedgerError
from payments.rows import Item, Row, Sent, read_row, sent_item, strings
from payments.statuses import COMPLETED, NONE, PROCESSING, REJECTED, UNKNOWN, VALIDATED, sources

# A move beyond it drops the oldest entry: an item has at most 400 KB, and each KB costs a write unit.
HISTORY_LENGTH: Final = 40
_REFUSED: Final = "ConditionalCheckFailedException"
_SENT: Final = ("sent_from", "sent_until")
_OPEN: Final = ("open_shard", "open_since")
# The attributes about the customer. The digest of the facts stays, so that the id stays used.
_CUSTOMER: Final = ("customer_id", "risk_score")


class DynamoDB(Protocol):
    """The three calls of the low-level DynamoDB client that the ledger makes."""

    def put_item(self, **request: Any) -> dict[str, Any]: ...
    def update_item(self, **request: Any) -> dict[str, Any]: ...
    def get_item(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a payment to the status `target`, signed by `attempt` for `execution` at the ISO 8601 time `at`.

    `note` is a short note for the row's history, such as a decline code.
    """

    transaction_id: str
    target: str
    attempt: str
    execution: str
    at: str
    note: str = ""

    @property
    def entry(self) -> Mapping[str, Any]:
        """The move as an entry of the row's history."""
        name = self.execution.rpartition(":")[2]
        facts = strings(at=self.at, status=self.target, execution=name, attempt=self.attempt, note=self.note)
        return {"M": facts}


class Ledger:
    """The payments table; `client` is the low-level DynamoDB client, `table` its name."""

    def __init__(self, client: DynamoDB, *, table: str) -> None:
        self._client = client
        self._table = table

    def enter(self, item: Item, *, move: Move) -> Row | None:
        """Write the first row of a payment, VALIDATED or REJECTED; None when it was written, else the existing row.

        Raise LedgerError when DynamoDB does not return the existing row: this role may not read it.
        """
        return self._put({**item, "history": {"L": [move.entry]}}, condition="attribute_not_exists(transaction_id)")

    def replace(self, item: Item, *, move: Move, seen: Row) -> Row | None:
        """Replace a rejection or a failure record if it is still as seen; its history is kept."""
        item = {
            **item,
            **strings(closed_until=seen.closed_until),
            "history": {"L": [*seen.history, move.entry][-HISTORY_LENGTH:]},
        }
        condition = "attribute_not_exists(#status)" if seen.status == NONE else "#status = :seen AND attempt = :attempt"
        values = strings(seen=REJECTED, attempt=seen.attempt) if seen.status != NONE else {}
        # A notice promised that no execution that had started by then charges. That must hold for the new row, too.
        closed = strings(closed=seen.closed_until)
        condition += " AND closed_until = :closed" if closed else " AND attribute_not_exists(closed_until)"
        return self._put(item, condition=condition, names={"#status": "status"}, values=values | closed)

    def claim(self, move: Move, *, facts: str, sent: Sent, **kept: str) -> Row | None:
        """VALIDATED -> PROCESSING with the same facts; None when this attempt holds the claim.

        `sent` is from now until this attempt is certainly over. The row keeps the texts in `kept`: which gateway is
        charged, and the idempotency key to find the charge by.
        """
        changes = {**sent_item(sent), **strings(claimed_at=move.at, **kept)}
        return self._move(move, changes, only=(VALIDATED,), condition="facts = :facts", values=strings(facts=facts))

    def claim_again(self, move: Move, *, seen: Row, sent: Sent) -> Row | None:
        """PROCESSING or UNKNOWN -> PROCESSING if the row is as seen: the gateway never saw the charge."""
        changes = {**sent_item(sent), **strings(claimed_at=move.at)}
        return self._move(move, changes, only=(PROCESSING, UNKNOWN), **_as_seen(seen.attempt))

    def release(self, move: Move) -> Row | None:
        """PROCESSING -> VALIDATED: give our claim back, because no attempt sent anything to the gateway."""
        return self._move(move, {}, remove=_SENT, only=(PROCESSING,), **_as_seen(move.attempt))

    def suspect(self, move: Move, *, seen: Row, changes: Item) -> Row | None:
        """PROCESSING or UNKNOWN -> UNKNOWN if the row is as seen: the payment may have been charged."""
        return self._move(move, changes, only=(PROCESSING, UNKNOWN), **_as_seen(seen.attempt))

    def settle(self, move: Move, *, changes: Item) -> Row | None:
        """PROCESSING or UNKNOWN -> a terminal status, which the gateway answered to this or any other attempt.

        A completed payment is no longer listed as open; a declined one is, until its notice is sent.
        """
        remove = _OPEN if move.target == COMPLETED else ()
        return self._move(move, changes, remove=remove, only=sources(move.target))

    def settle_as_seen(self, move: Move, *, seen: Row, changes: Item) -> Row | None:
        """PROCESSING or UNKNOWN -> a terminal status that the gateway did not answer; only if the row is as seen.

        Either nothing was charged and nothing will be (FAILED), or a person records the answer of its support.
        """
        remove = _OPEN if move.target == COMPLETED else ()
        return self._move(move, changes, remove=remove, only=(seen.status,), **_as_seen(seen.attempt))

    def restore(self, move: Move, *, seen: Row, changes: Item) -> Row | None:
        """VALIDATED, PROCESSING or UNKNOWN -> UNKNOWN in a restored table, if the row is as seen.

        The table does not show what was sent after the restore point.
        """
        return self._move(move, changes, only=(VALIDATED, PROCESSING, UNKNOWN), **_as_seen(seen.attempt))

    def forget(self, move: Move, *, seen: Row) -> Row | None:
        """Remove the customer from a final row if it is as seen; its status, amount and history stay."""
        changes = strings(forgotten_at=move.at)
        return self._move(move, changes, remove=_CUSTOMER, only=(seen.status,), **_as_seen(seen.attempt))

    def contradict(self, move: Move, *, seen: Row, changes: Item) -> Row | None:
        """Record in a final row that the gateway now gives another outcome; its status stays, and it is open again."""
        return self._move(move, changes, only=(seen.status,), **_as_seen(seen.attempt))

    def clear(self, move: Move, *, seen: Row, changes: Item) -> Row | None:
        """Remove the contradiction from a final row if it is as seen: a person has compared the books.

        The row stays listed as open only until its notice is sent.
        """
        told = seen.status in (COMPLETED, seen.told)
        remove = ("contradicted_at", *(_OPEN if told else ()))
        return self._move(move, changes, remove=remove, only=(seen.status,), **_as_seen(seen.attempt))

    def read(self, transaction_id: str) -> Item:
        """Return the payment's item, read consistently; empty when there is none."""
        key = {"transaction_id": {"S": transaction_id}}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item") or {}

    def _put(
        self, item: Item, *, condition: str, names: Mapping[str, str] | None = None, values: Item | None = None
    ) -> Row | None:
        """Make one conditional PutItem."""
        request: dict[str, Any] = {"Item": item, "ConditionExpression": condition}
        if names:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
        try:
            self._client.put_item(TableName=self._table, **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except Exception as error:
            row = _standing(error)
            if row is None:
                raise LedgerError("the table refused the row and did not say which row stands") from error
            return row
        return None

    def _move(
        self,
        move: Move,
        changes: Item,
        *,
        only: tuple[str, ...],
        remove: tuple[str, ...] = (),
        condition: str = "",
        values: Item | None = None,
    ) -> Row | None:
        """Make one conditional UpdateItem; None when the row is as we wanted it, else the row that was found."""
        written = {
            **strings(status=move.target, attempt=move.attempt, execution=move.execution, updated_at=move.at),
            **changes,
        }
        request = _request(written, remove=remove, only=only, condition=condition, values=values or {})
        row = self._update(move, request, history=(move.entry,))
        if row is None or row.status not in only or len(row.history) < HISTORY_LENGTH:
            return row
        # Refused because the history is full, or for another reason: the second write shows which.
        return self._update(move, request, history=(*row.history[1 - HISTORY_LENGTH :], move.entry), seen=row)

    def _update(
        self, move: Move, request: Mapping[str, Any], *, history: tuple[Any, ...], seen: Row | None = None
    ) -> Row | None:
        """Send the update and its history: appended, or, with `seen`, as a whole in place of that row's history."""
        values: Item = {":history": {"L": list(history)}}
        if seen is None:
            added, extra = "list_append(if_not_exists(history, :none), :history)", "size(history) < :most"
            values |= {":none": {"L": []}, ":most": {"N": str(HISTORY_LENGTH)}}
            extra = f"(attribute_not_exists(history) OR {extra})"
        else:
            added, extra = ":history", "#attempt = :written"
            values |= {":written": {"S": seen.attempt}}
        sent = {
            **request,
            "Key": {"transaction_id": {"S": move.transaction_id}},
            "UpdateExpression": f"SET history = {added}, {request['UpdateExpression']}",
            "ConditionExpression": f"{request['ConditionExpression']} AND {extra}",
            "ExpressionAttributeValues": {**request["ExpressionAttributeValues"], **values},
        }
        try:
            self._client.update_item(TableName=self._table, **sent, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except Exception as error:
            # If DynamoDB does not return the row, read it.
            row = _standing(error) or read_row(self.read(move.transaction_id))
            return None if (row.status, row.attempt) == (move.target, move.attempt) else row
        return None


def _as_seen(attempt: str) -> dict[str, Any]:
    """Return the condition that the row still has the token that we read or wrote."""
    return {"condition": "#attempt = :held", "values": strings(held=attempt)}


def _request(
    written: Item, *, remove: tuple[str, ...], only: tuple[str, ...], condition: str, values: Item
) -> dict[str, Any]:
    """Build a move's UpdateItem without its history."""
    allowed = {f"from{index}": {"S": status} for index, status in enumerate(only)}
    conditions = [f"#status IN ({', '.join(f':{name}' for name in allowed)})", *filter(None, [condition])]
    removed = f" REMOVE {', '.join(remove)}" if remove else ""
    return {
        "UpdateExpression": ", ".join(f"#{name} = :{name}" for name in written) + removed,
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in written},
        "ExpressionAttributeValues": {f":{name}": value for name, value in (written | allowed | values).items()},
    }


def _standing(error: Exception) -> Row | None:
    """Return the row that failed a condition, None when the answer has none; re-raise any other error.

    The code is read from the response because importing botocore's ClientError slows a cold start.
    """
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    if response.get("Error", {}).get("Code") != _REFUSED:
        raise error
    item = response.get("Item")
    return read_row(item) if item else None
