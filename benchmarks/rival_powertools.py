"""Powertools for AWS Lambda: a payment function under its idempotency decorator, invoked asynchronously.

https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/ (its example is a payment)
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html (two retries, then a destination)
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from botocore.exceptions import ClientError
from rival_world import RivalWorld

from payflow_cfn.local.faults.memory_table import ConditionError
from payflow_cfn.local.faults.simulation import START_SECONDS

_RETRY_SECONDS = (60.0, 120.0)
# What holds a time in a record or a request, and how many of its units are a second.
_TIMES = {"expiration": 1, ":now": 1, ":expiry": 1, "in_progress_expiration": 1000, ":now_in_millis": 1000}


@dataclass(slots=True)
class PowertoolsWorld(RivalWorld):
    """One function, one idempotency record; the record is what remains of a payment."""

    running: bool = False
    refused: int = 0

    def execute(self) -> str:
        """Deliver the event. A delivery that comes while another one runs is repeated after it, as all failed ones."""
        self.started += 1
        handler, context = payment_function(self)

        def attempt() -> bool:
            return self.invoke(lambda: handler(self.payment, context)) is None

        if self.running:
            self.refused += not attempt()
            return "delivered"
        self.running = True
        delivered = attempt()
        self.running = False
        self.refused += not delivered
        while self.refused:
            self.refused -= 1
            self._repeat(attempt)
        return "delivered"

    def _repeat(self, attempt: Callable[[], bool]) -> None:
        for wait in _RETRY_SECONDS:
            self.passed(wait)
            if attempt():
                return
        with contextlib.suppress(Exception):
            self.notify("UNKNOWN")

    def status(self) -> str:
        """Return the stored result's outcome."""
        kept = next((each["data"]["S"] for each in self.table.items.values() if "data" in each), None)
        outcome = json.loads(kept)["outcome"] if kept else "open"
        return "COMPLETED" if outcome == "SUCCEEDED" else str(outcome)


class PowertoolsWithoutKey(PowertoolsWorld):
    """As the example on the page: the key guards the function, the bank does not get one."""

    __slots__ = ()

    def charge(self, key: str) -> str:
        """Ask without a key."""
        self.sends_key = False
        return PowertoolsWorld.charge(self, key)


def payment_function(world: PowertoolsWorld) -> tuple[Any, Any]:
    """Return the decorated handler and its context."""
    config = IdempotencyConfig(event_key_jmespath="transaction_id")
    store = DynamoDBPersistenceLayer("idempotency", key_attr="transaction_id", boto3_client=RecordTable(world))

    @idempotent(config=config, persistence_store=store)
    def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
        outcome = world.charge(event["transaction_id"])
        if outcome == "DECLINED":
            world.notify("DECLINED")
        return {"outcome": outcome}

    seconds = int(world.function_seconds)
    return handler, SimpleNamespace(aws_request_id="local", get_remaining_time_in_millis=lambda: seconds * 1000)


@dataclass(slots=True)
class RecordTable:
    """DynamoDB's client for the records; moves their times, which Powertools reads from the machine, to the world's."""

    world: RivalWorld
    meta: Any = field(default_factory=lambda: SimpleNamespace(events=SimpleNamespace(register=lambda *_, **__: None)))

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write a record under its condition."""
        moved = {name: self._moved(request[name]) for name in ("Item", "ExpressionAttributeValues")}
        try:
            return self.world.write(lambda: self.world.table.put_item(**{**request, **moved}))
        except ConditionError as error:
            old = self._moved(error.response.get("Item", {}), back=True)
            raise ClientError({**error.response, "Item": old}, "PutItem") from error

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Complete a record."""
        values = self._moved(request["ExpressionAttributeValues"])
        return self.world.write(
            lambda: self.world.table.update_item(**{**request, "ExpressionAttributeValues": values})
        )

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read a record."""
        found = self.world.table.get_item(**request)
        return {name: self._moved(item, back=True) for name, item in found.items()}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        """Remove the record of a function that raised."""
        items = self.world.table.items
        self.world.write(lambda: items.pop(request["Key"]["transaction_id"]["S"], None))
        return {}

    def _moved(self, values: dict[str, Any], *, back: bool = False) -> dict[str, Any]:
        passed = (self.world.now - START_SECONDS) * (-1 if back else 1)
        times = {name: int(int(each["N"]) + passed * _TIMES[name]) for name, each in values.items() if name in _TIMES}
        return {**values, **{name: {"N": str(number)} for name, number in times.items()}}
