"""Stand-ins for DynamoDB, a payment gateway and a Lambda context, in memory and safe for threads."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.local.faults.memory_table import ConditionError, put, updated
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus

Item = dict[str, dict[str, Any]]
Change = Callable[[Item, Mapping[str, Any]], Item]


class ClientError(Exception):
    """What botocore raises: a response with an error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response: dict[str, Any] = {"Error": {"Code": code, "Message": code}}


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
    """DynamoDB's low-level client over one table in memory, whose calls are noted and may fail."""

    def __init__(self, *, returns_old: bool = True) -> None:
        self.items: dict[str, Item] = {}
        self.calls: list[str] = []
        self.faults: list[Callable[[str, str], None]] = []
        self._lock = threading.Lock()
        self._returns_old = returns_old

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write a whole item under its condition."""
        return self._retried("PutItem", request["Item"]["transaction_id"]["S"], put, request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Change attributes of an item under a condition."""
        return self._retried("UpdateItem", request["Key"]["transaction_id"]["S"], updated, request)

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read an item, consistently."""
        assert request["ConsistentRead"] is True
        self._note("GetItem", "before")
        item = self.items.get(request["Key"]["transaction_id"]["S"])
        return {"Item": copy.deepcopy(item)} if item else {}

    def _retried(self, call: str, key: str, change: Change, request: dict[str, Any]) -> dict[str, Any]:
        """Send the same request again when its answer was lost, as the SDK does."""
        _uses_all_it_names(request)
        try:
            return self._write(call, key, change, request)
        except AnswerLostError:
            return self._write(call, key, change, request)

    def _write(self, call: str, key: str, change: Change, request: dict[str, Any]) -> dict[str, Any]:
        self._note(call, "before")
        with self._lock:
            try:
                self.items[key] = copy.deepcopy(change(self.items.get(key, {}), request))
            except ConditionError as error:
                if not self._returns_old:
                    error.response.pop("Item", None)
                raise
        for fault in self.faults:
            fault(call, "after")
        return {}

    def _note(self, call: str, when: str) -> None:
        self.calls.append(call)
        for fault in self.faults:
            fault(call, when)


def _uses_all_it_names(request: Mapping[str, Any]) -> None:
    """DynamoDB refuses a request with a name or a value that no expression uses, and one without what is used."""
    text = " ".join(request.get(name, "") for name in ("UpdateExpression", "ConditionExpression"))
    for name, sign in (("ExpressionAttributeNames", "#"), ("ExpressionAttributeValues", ":")):
        assert set(request.get(name, ())) == set(re.findall(rf"{sign}\w+", text))


class Bank:
    """A gateway that counts every charge, also one with a key that it knows; `faults` run before and after each."""

    key_lifetime: float | None = None

    def __init__(self) -> None:
        self.charges: dict[str, list[ChargeRequest]] = {}
        self.asked: list[str] = []
        self.since: list[float | None] = []
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
        self.since.append(since)
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
