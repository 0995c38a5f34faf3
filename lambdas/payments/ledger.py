"""The ledger: one item a payment, one conditional write a move, and the row that stood in the way when it is refused.

Every write carries a token. An answer that was lost and repeated by the SDK finds our own token in the row and counts
as done. Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from payments.errors import LedgerError
from payments.rows import Item, Row, number, read_row, strings
from payments.statuses import PROCESSING, REJECTED, VALIDATED, sources

_REFUSED: Final = "ConditionalCheckFailedException"


class DynamoDB(Protocol):
    """The three calls of the low-level DynamoDB client that the ledger makes."""

    def put_item(self, **request: Any) -> dict[str, Any]: ...
    def update_item(self, **request: Any) -> dict[str, Any]: ...
    def get_item(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a payment to the status `target`, signed by `attempt` for `execution` at the ISO 8601 time `at`."""

    transaction_id: str
    target: str
    attempt: str
    execution: str
    at: str


class Ledger:
    """The payments table; `client` is the low-level DynamoDB client, `table` its name."""

    def __init__(self, client: DynamoDB, *, table: str) -> None:
        self._client = client
        self._table = table

    def enter(self, item: Item) -> Row | None:
        """Write a VALIDATED or REJECTED row (PutItem); None when it is ours now, else the row that stands.

        A rejection is not written over the same rejection, so that a repeat finds the first result.
        Raise LedgerError when DynamoDB does not say what stands: this role may not read.
        """
        names, values = {"#status": "status"}, {":rejected": {"S": REJECTED}}
        condition = "attribute_not_exists(#status) OR #status = :rejected"
        if item["status"]["S"] == REJECTED:
            names["#facts"], values[":facts"] = "facts", item["facts"]
            condition = "attribute_not_exists(#status) OR (#status = :rejected AND #facts <> :facts)"
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except Exception as error:
            row = _standing(error)
            if row is None:
                raise LedgerError("the table refused the row and did not say which row stands") from error
            return row
        return None

    def claim(self, move: Move, *, facts: str, lease_until: int, **kept: str) -> Row | None:
        """VALIDATED -> PROCESSING with the same facts; None when this attempt holds the claim.

        `kept` are texts that the row keeps: which gateway is charged, and the idempotency key for who asks it.
        """
        values = {":facts": {"S": facts}}
        changes = {"lease_until": number(lease_until), **strings(claimed_at=move.at, **kept)}
        return self._move(move, changes=changes, only=(VALIDATED,), extra="#facts = :facts", values=values)

    def take_over(self, move: Move, *, from_attempt: str, lease_until: int) -> Row | None:
        """PROCESSING -> PROCESSING: take the claim of a dead attempt, unless it was taken or settled meanwhile."""
        changes = {"lease_until": number(lease_until), **strings(claimed_at=move.at)}
        return self._move(move, changes=changes, only=(PROCESSING,), **_held_by(from_attempt))

    def release(self, move: Move, *, from_attempt: str) -> Row | None:
        """PROCESSING -> VALIDATED: give the claim back, because nothing was sent to the gateway."""
        return self._move(move, changes={}, only=(PROCESSING,), **_held_by(from_attempt))

    def suspect(self, move: Move, *, from_attempt: str, changes: Item) -> Row | None:
        """PROCESSING -> UNKNOWN: the payment may have been charged; from now on only the gateway decides."""
        return self._move(move, changes=changes, only=(PROCESSING,), **_held_by(from_attempt))

    def settle(self, move: Move, *, changes: Item) -> Row | None:
        """PROCESSING or UNKNOWN -> a terminal status on the gateway's word, whoever asked for it."""
        return self._move(move, changes=changes, only=sources(move.target))

    def abandon(self, move: Move, *, status: str, from_attempt: str, changes: Item) -> Row | None:
        """PROCESSING or UNKNOWN -> FAILED: nothing was charged and nothing will be; only on the row as it was seen."""
        return self._move(move, changes=changes, only=(status,), **_held_by(from_attempt))

    def _move(
        self,
        move: Move,
        *,
        changes: Item,
        only: tuple[str, ...],
        extra: str = "",
        values: Item | None = None,
    ) -> Row | None:
        """Make one conditional UpdateItem; None when the row is where we wanted it, else the row that stands."""
        request = _update(move, changes=changes, only=only, extra=extra, values=values or {})
        try:
            self._client.update_item(TableName=self._table, **request)
        except Exception as error:
            row = _standing(error) or self._read(move.transaction_id)
            if row.status == move.target and row.attempt == move.attempt:
                return None
            return row
        return None

    def _read(self, transaction_id: str) -> Row:
        """Read the row consistently: only where DynamoDB refused a write without saying which row stands."""
        answer = self._client.get_item(
            TableName=self._table, Key={"transaction_id": {"S": transaction_id}}, ConsistentRead=True
        )
        return read_row(answer.get("Item") or {})


def _held_by(attempt: str) -> dict[str, Any]:
    """Return the condition that the row still carries the token that we saw or wrote."""
    return {"extra": "#attempt = :held", "values": {":held": {"S": attempt}}}


def _update(move: Move, *, changes: Item, only: tuple[str, ...], extra: str, values: Item) -> dict[str, Any]:
    """Build the UpdateItem request of a move."""
    written: Item = {
        **strings(status=move.target, attempt=move.attempt, execution=move.execution, updated_at=move.at),
        **changes,
    }
    allowed = {f":from{index}": {"S": status} for index, status in enumerate(only)}
    condition = f"#status IN ({', '.join(allowed)})" + (f" AND {extra}" if extra else "")
    names = {f"#{name}": name for name in written}
    if "#facts" in condition:
        names["#facts"] = "facts"
    return {
        "Key": {"transaction_id": {"S": move.transaction_id}},
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in written),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":{name}": value for name, value in written.items()} | allowed | values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _standing(error: Exception) -> Row | None:
    """Return the row that a refused condition met, None when the answer has none; re-raise any other error.

    The code is read from the response because importing botocore's ClientError costs a cold start.
    """
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    if response.get("Error", {}).get("Code") != _REFUSED:
        raise error
    item = response.get("Item")
    return read_row(item) if item else None
