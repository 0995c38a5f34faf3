"""What the functions' roles really call: every scenario on the embedded AWS with IAM enforced, read from the record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payflow_cfn.deployment import deploy_set
from payflow_cfn.errors import LocalError
from payflow_cfn.local.calls import RecordedCall, recorded_calls
from payflow_cfn.local.clients import LocalClients, local_clients
from payflow_cfn.local.demo import PARAMETERS, deployed
from payflow_cfn.local.effects import observe
from payflow_cfn.local.emulator import emulator
from payflow_cfn.local.gateway import FakeGateway, fake_gateway
from payflow_cfn.local.notices import listen
from payflow_cfn.local.scenarios import SCENARIOS
from payflow_cfn.run import run_payment
from payflow_cfn.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_RULES = {"limit": "10000", "risk_threshold": "50"}
_EXECUTION = {"arn": "arn:aws:states:us-east-1:000000000000:execution:observed:1", "started_at": "2026-01-01T00:00:00Z"}

# The field of a request that names what it is about.
_RESOURCE_FIELDS = ("TableName", "SecretId", "TopicArn", "QueueUrl", "FunctionName", "logGroupName")


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One thing that a role did: its physical name, the action, the resource as the request named it."""

    role: str
    action: str
    resource: str


def observed_uses() -> frozenset[Use]:
    """Run the demo's scenarios, then the HTTP gateway with its secret, and the payment whose row is gone.

    Takes seconds; LocalError when a scenario did not go as it should, because then nothing is shown.
    """
    return _simulated() | _over_http()


def _simulated() -> frozenset[Use]:
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients, lambda _: None)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="observed-notices")
        wrong = [each.name for each in SCENARIOS if observe(clients, outputs, queue, each) != each.expected]
        if wrong:
            raise LocalError(f"not as expected: {', '.join(wrong)}", remedy="see `payflow local demo`")
        return _uses(recorded_calls(clients))


def _over_http() -> frozenset[Use]:
    with emulator() as cloud, fake_gateway() as bank:
        clients = local_clients(cloud)
        outputs = _deployed_over_http(clients, bank)
        for scenario in SCENARIOS[:3]:
            run_payment(clients("stepfunctions"), outputs["StateMachineArn"], dict(scenario.payment))
        _lose_row(clients, outputs, bank)
        return _uses(recorded_calls(clients))


def _deployed_over_http(clients: LocalClients, bank: FakeGateway) -> Mapping[str, str]:
    clients("s3").create_bucket(Bucket="observed-artifacts")
    return deploy_set(
        clients("cloudformation"),
        clients("s3"),
        Settings(),
        bucket="observed-artifacts",
        prefix="payflow",
        parameters={**PARAMETERS, "GatewayAdapter": "http", "GatewayUrl": bank.url},
        on_event=lambda _: None,
    ).outputs


def _lose_row(clients: LocalClients, outputs: Mapping[str, str], bank: FakeGateway) -> None:
    """A validated payment whose row is deleted before it is processed: the refused write has no row to show."""
    payment = {**SCENARIOS[0].payment, "transaction_id": "TXN-lost"}
    payload = {"payment": payment, "rules": _RULES, "execution": _EXECUTION}
    validated = _invoke(clients, outputs["ValidationFunctionName"], payload)
    clients("dynamodb").delete_item(
        TableName=outputs["TransactionsTableName"], Key={"transaction_id": {"S": "TXN-lost"}}
    )
    gateway = {"adapter": "http", "url": bank.url, "secret_arn": outputs["GatewaySecretArn"]}
    job = {"payment": validated["payment"], "gateway": gateway, "execution": _EXECUTION, "step": "process"}
    _invoke(clients, outputs["ProcessingFunctionName"], job)


def _invoke(clients: LocalClients, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    answer = clients("lambda").invoke(FunctionName=function, Qualifier="live", Payload=json.dumps(payload))
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


def _uses(calls: list[RecordedCall]) -> frozenset[Use]:
    found = (Use(each.role, each.action, _resource(each)) for each in calls if each.role != "root")
    return frozenset(found)


def _resource(call: RecordedCall) -> str:
    named = (str(call.parameters[field]) for field in _RESOURCE_FIELDS if field in call.parameters)
    return next(named, "unknown")
