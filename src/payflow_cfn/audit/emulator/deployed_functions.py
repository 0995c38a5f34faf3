"""Both functions on the embedded AWS with the HTTP gateway, called one by one: validate, process, lose a row."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payflow_cfn.config.settings import Settings
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.gateway.gateway import fake_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RULES = {"limits": "USD 10000 5000", "risk_threshold": "50", "card_search_exemptions": ""}
_EXECUTION = {"arn": "arn:aws:states:us-east-1:000000000000:execution:direct:1", "started_at": "2026-01-01T00:00:00Z"}
_TIMES = {
    "quiet_seconds": Settings().charge_quiet_seconds,
    "clock_margin_seconds": Settings().clock_margin_seconds,
}


@dataclass(frozen=True, slots=True)
class Functions:
    """The deployed functions: `outputs` of the root stack, and the gateway's address."""

    clients: LocalClients
    outputs: Mapping[str, str]
    gateway_url: str

    def validate(self, transaction_id: str) -> dict[str, Any]:
        """The validation's answer about a payment that is right; an error has `errorType` and `errorMessage`."""
        payment = {
            "transaction_id": transaction_id,
            "payment_amount": "100.50",
            "payment_method": "credit_card",
            "customer_id": "CUST-123",
        }
        return self._invoke("Validation", {"payment": payment, "rules": _RULES, "execution": _EXECUTION})

    def process(self, validated: Mapping[str, Any]) -> dict[str, Any]:
        """The processing's answer about what the validation handed on."""
        gateway = {"adapter": "http", "url": self.gateway_url, "secret_arn": self.outputs["GatewaySecretArn"]}
        job = {"payment": validated["payment"], "gateway": gateway, "execution": _EXECUTION, "step": "process"}
        return self._invoke("Processing", {**job, **_TIMES})

    def lose_row(self, transaction_id: str) -> None:
        """Delete the payment's row, as somebody with the rights to might."""
        key = {"transaction_id": {"S": transaction_id}}
        self.clients("dynamodb").delete_item(TableName=self.outputs["TransactionsTableName"], Key=key)

    def _invoke(self, title: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.clients("lambda").invoke(
            FunctionName=self.outputs[f"{title}FunctionName"], Qualifier="live", Payload=json.dumps(payload)
        )
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found


@contextmanager
def functions_site() -> Iterator[Functions]:
    """Deploy to a fresh emulator for as long as the block lasts."""
    with emulator() as cloud, fake_gateway() as bank:
        clients = local_clients(cloud)
        outputs = deployed(clients, parameters={"GatewayAdapter": "http", "GatewayUrl": bank.url})
        yield Functions(clients, outputs, bank.url)
