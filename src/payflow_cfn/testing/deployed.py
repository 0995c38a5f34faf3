"""A set that is deployed to the embedded AWS, and what became of a payment there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.local.demo.effects import pay
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.local.records.notices import listen, payment_notices, received

_QUEUE = "payflow-testing-notices"


@dataclass(frozen=True, slots=True)
class Paid:
    """What one payment did.

    `status` is in the execution's output, or the error of a failed execution; `row` the payment's attributes as plain
    texts; `notices` the messages that the topic sent for it; `charges` how often its history says it was charged.
    """

    status: str
    result: Mapping[str, Any]
    row: Mapping[str, str]
    notices: tuple[Mapping[str, Any], ...]
    charges: int


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed set: `client(service)` is a boto3 client of its AWS, `outputs` are root's."""

    client: LocalClients
    outputs: Mapping[str, str]
    queue: str
    _seen: list[Mapping[str, Any]] = field(default_factory=list)

    def pay(self, payment: Mapping[str, Any]) -> Paid:
        """Run a payment to its end and read what it did; waits of the workflow are skipped."""
        execution = pay(self.client("stepfunctions"), self.outputs["StateMachineArn"], payment)
        result = json.loads(execution.output) if execution.status == "SUCCEEDED" else {}
        item = self._item(str(payment.get("transaction_id")))
        moves = item.get("history", {}).get("L", ())
        return Paid(
            status=str(result.get("status") or execution.error),
            result=result,
            row={name: str(next(iter(value.values()))) for name, value in item.items() if name != "history"},
            notices=tuple(self.notices(str(payment.get("transaction_id")))),
            charges=sum(each["M"]["status"]["S"] == "COMPLETED" for each in moves),
        )

    def notices(self, transaction_id: str = "") -> list[Mapping[str, Any]]:
        """Every notice so far, or those of one payment."""
        self._seen.extend(payment_notices(received(self.client, self.queue)))
        return [each for each in self._seen if transaction_id in ("", each["transaction_id"])]

    def _item(self, transaction_id: str) -> Mapping[str, Any]:
        key = {"transaction_id": {"S": transaction_id}}
        table = self.outputs["TransactionsTableName"]
        found = self.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
        item: Mapping[str, Any] = found.get("Item", {})
        return item


def deploy(clients: LocalClients, templates: Any, parameters: Mapping[str, str]) -> Deployed:
    """Package and deploy the set to the embedded AWS, and listen to its topic."""
    outputs = deployed(clients, templates, parameters=parameters)
    return Deployed(clients, outputs, listen(clients, outputs["NotificationsTopicArn"], queue=_QUEUE))
