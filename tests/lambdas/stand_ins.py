"""Stand-ins for DynamoDB, a payment gateway and a Lambda context, in memory and safe for threads."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus

Item = dict[str, dict[str, Any]]


class ClientError(Exception):
    """What botocore raises: a response with an error code, and the old item where it was asked for."""

    def __init__(self, code: str, item: Item | None = None) -> None:
        super().__init__(code)
        self.response: dict[str, Any] = {"Error": {"Code": code, "Message": code}}
        if item is not None:
            self.response["Item"] = item


class AnswerLostError(Exception):
    """The write was made and the answer did not arrive."""


class Killed(BaseException):
    """The function was killed here: nothing catches it, nothing after it runs."""


def lose_answer(call: str, *, times: int = 1) -> Callable[[str, str], None]:
    """Return a table fault: the answer to the first calls of this kind is lost after the write."""
    left = [times]

    def fault(name: str, when: str) -> None:
        if name == call and when == "after" and left[0]:
            left[0] -= 1
            raise AnswerLostError

    return fault


class Table:
    """DynamoDB's low-level client over one table: the condition and update expressions that the ledger writes."""

    def __init__(self, *, returns_old: bool = True) -> None:
        self.items: dict[str, Item] = {}
        self.calls: list[str] = []
        self.faults: list[Callable[[str, str], None]] = []
        self._lock = threading.Lock()
        self._returns_old = returns_old

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write a whole item under its condition."""
        item: Item = copy.deepcopy(request["Item"])
        return self._retried("PutItem", item["transaction_id"]["S"], request, lambda old: item)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Set attributes of an item under a condition."""
        key = request["Key"]["transaction_id"]["S"]
        return self._retried("UpdateItem", key, request, lambda old: {**old, **_sets(request), **request["Key"]})

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read an item, consistently."""
        assert request["ConsistentRead"] is True
        self._note("GetItem", "before")
        item = self.items.get(request["Key"]["transaction_id"]["S"])
        return {"Item": copy.deepcopy(item)} if item else {}

    def _retried(self, call: str, key: str, request: Any, change: Callable[[Item], Item]) -> dict[str, Any]:
        """Send the same request again when its answer was lost, as the SDK does."""
        try:
            return self._write(call, key, request, change)
        except AnswerLostError:
            return self._write(call, key, request, change)

    def _write(self, call: str, key: str, request: Any, change: Callable[[Item], Item]) -> dict[str, Any]:
        self._note(call, "before")
        with self._lock:
            old = self.items.get(key, {})
            if not holds(request["ConditionExpression"], old, request):
                told = copy.deepcopy(old) if old and self._returns_old else None
                raise ClientError("ConditionalCheckFailedException", told)
            self.items[key] = change(old)
        for fault in self.faults:
            fault(call, "after")
        return {}

    def _note(self, call: str, when: str) -> None:
        self.calls.append(call)
        for fault in self.faults:
            fault(call, when)


def _sets(request: Mapping[str, Any]) -> Item:
    """Read "SET #a = :a, ..." of an update."""
    pairs = re.findall(r"(#\w+) = (:\w+)", request["UpdateExpression"])
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    assert set(values) == set(re.findall(r":\w+", request["UpdateExpression"] + request["ConditionExpression"]))
    assert set(names) == set(re.findall(r"#\w+", request["UpdateExpression"] + request["ConditionExpression"]))
    return {names[name]: copy.deepcopy(values[value]) for name, value in pairs}


def holds(expression: str, item: Item, request: Mapping[str, Any]) -> bool:
    """Evaluate a condition of OR, AND, IN, =, <>, attribute_not_exists and one level of parentheses."""
    inner = re.fullmatch(r"\((.*)\)", expression) if expression.count("(") == 1 else None
    if inner and " IN " not in expression and "exists" not in expression:
        expression = inner[1]
    for word, every in ((" OR ", any), (" AND ", all)):
        parts = _split(expression, word)
        if len(parts) > 1:
            return every(holds(part, item, request) for part in parts)
    return _compare(expression, item, request)


def _split(expression: str, word: str) -> list[str]:
    """Split at a word outside parentheses."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(expression):
        depth += (character == "(") - (character == ")")
        if depth == 0 and expression.startswith(word, index):
            parts.append(expression[start:index])
            start = index + len(word)
    return [*parts, expression[start:]]


def _compare(expression: str, item: Item, request: Mapping[str, Any]) -> bool:
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    if match := re.fullmatch(r"attribute_not_exists\((#\w+)\)", expression):
        return names[match[1]] not in item
    if match := re.fullmatch(r"(#\w+) IN \((.+)\)", expression):
        return item.get(names[match[1]]) in [values[name] for name in match[2].split(", ")]
    match = re.fullmatch(r"(#\w+) (=|<>) (:\w+)", expression)
    assert match, f"the stand-in does not know {expression!r}"
    equal = item.get(names[match[1]]) == values[match[3]]
    return equal if match[2] == "=" else not equal


class Bank:
    """A gateway that charges once for a key and remembers it; `faults` run before and after each charge."""

    key_lifetime: float | None = None

    def __init__(self) -> None:
        self.charges: dict[str, list[ChargeRequest]] = {}
        self.asked: list[str] = []
        self.faults: list[Callable[[str], None]] = []
        self.answer = ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="bank-1")
        self.found: ChargeAnswer | Exception | None = None
        self._lock = threading.Lock()

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        self._strike("before charge")
        with self._lock:
            self.charges.setdefault(idempotency_key, []).append(request)
        self._strike("after charge")
        return self.answer

    def find(self, request: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer:
        self.asked.append(idempotency_key)
        self._strike("find")
        if isinstance(self.found, Exception):
            raise self.found
        if self.found is not None:
            return self.found
        known = idempotency_key in self.charges
        return self.answer if known else ChargeAnswer(status=ChargeStatus.NOT_FOUND)

    def _strike(self, point: str) -> None:
        for fault in self.faults:
            fault(point)


class Context:
    """A Lambda context; `seconds` is the time that the function has left."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def __init__(self, seconds: float = 300.0) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)
