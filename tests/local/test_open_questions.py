"""Test a function that is killed at every call: the outcome stays unknown, and the alarm rings."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.faults.kill_worker import worker_killer
from payflow_cfn.local.gateway.faults import Call
from payflow_cfn.local.gateway.gateway import FakeGateway, GatewayFault, fake_gateway
from payflow_cfn.local.gateway.proxy import TableFault, table_proxy
from payflow_cfn.local.records.notices import listen, received
from payflow_cfn.stacks.render import build_set
from scripted_faults import scripted

pytestmark = [pytest.mark.local, pytest.mark.slow]

_KILLS = scripted({"POST": [GatewayFault.CHARGE_THEN_KILL] * 20, "GET": [GatewayFault.KILL] * 20})
# One repetition of a call and one question to the gateway: each further one starts a worker only to kill it.
_SETTINGS = Settings(
    function_timeout=10,
    retry_attempts=1,
    retry_interval_seconds=1,
    reconcile_after_seconds=(30,),
    charge_quiet_seconds=1,
    clock_margin_seconds=1,
)
_PAYMENT = {
    "transaction_id": "TXN-1",
    "payment_amount": "10.00",
    "payment_method": "credit_card",
    "customer_id": "CUST-1",
}


def kill_validation(call: Call) -> TableFault | None:
    """A payment is validated once, TXN-3 never."""
    killed = call.operation == "PutItem" and (call.key == "TXN-3" or call.attempt > 1)
    return TableFault.KILL_BEFORE if killed else None


@dataclass(frozen=True, slots=True)
class Site:
    """The deployed workflow whose functions are killed, and what stands beside it."""

    clients: LocalClients
    outputs: Mapping[str, str]
    queue: str
    bank: FakeGateway

    def pay(self, transaction_id: str) -> tuple[str, str, list[dict[str, Any]]]:
        """Start an execution of its own: its status, the row's, and all messages of the topic."""
        sfn = self.clients("stepfunctions")
        payment = json.dumps({**_PAYMENT, "transaction_id": transaction_id})
        arn = sfn.start_execution(stateMachineArn=self.outputs["StateMachineArn"], input=payment)["executionArn"]
        while (ended := sfn.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            time.sleep(0.05)
        key = {"transaction_id": {"S": transaction_id}}
        row = self.clients("dynamodb").get_item(TableName=self.outputs["TransactionsTableName"], Key=key)["Item"]
        told = [json.loads(each.message) for each in received(self.clients, self.queue)]
        return ended, row.get("status", {}).get("S", "none"), told


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with (
        table_proxy(faults=kill_validation) as proxy,
        emulator(worker_environment=proxy.worker_environment()) as cloud,
        fake_gateway(faults=_KILLS, kill=worker_killer(cloud)) as bank,
    ):
        proxy.forward_to(cloud, kill=worker_killer(cloud))
        clients = local_clients(cloud)
        parameters = {"GatewayAdapter": "http", "GatewayUrl": bank.url}
        outputs = deployed(clients, build_set(_SETTINGS), parameters=parameters)
        clients("secretsmanager").put_secret_value(SecretId=outputs["GatewaySecretArn"], SecretString="key")
        yield Site(clients, outputs, listen(clients, outputs["NotificationsTopicArn"], queue="open-questions"), bank)


def attention(clients: LocalClients) -> float:
    now = datetime.now(UTC)
    answer = clients("cloudwatch").get_metric_statistics(
        Namespace="PaymentWorkflow",
        MetricName="PaymentsNeedingAttention",
        Dimensions=[{"Name": "environment", "Value": "demo"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=300,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


def statuses(told: list[dict[str, Any]]) -> list[str]:
    return [str(note["status"]) for note in told if "transaction_id" in note]


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """What the first execution of TXN-1 left: the gateway charged, and no function lived to hear of it."""

    ended: str
    row: str
    told: list[dict[str, Any]]
    attention: tuple[float, float]


@pytest.fixture(scope="module")
def open_charge(site: Site) -> OpenCharge:
    before = attention(site.clients)
    ended, row, told = site.pay("TXN-1")
    return OpenCharge(ended, row, told, (before, attention(site.clients)))


def test_a_charge_whose_function_always_dies_ends_as_unknown_with_one_notice_and_an_alarm(
    site: Site, open_charge: OpenCharge
) -> None:
    assert (open_charge.ended, open_charge.row, statuses(open_charge.told)) == ("FAILED", "PROCESSING", ["UNKNOWN"])
    assert site.bank.ledger.charged()["TXN-1"] == 1000
    before, after = open_charge.attention
    assert after == before + 1
    alarms = [
        note["NewStateValue"] for note in open_charge.told if note.get("AlarmName") == "alarm-payment-unknown-demo"
    ]
    assert alarms == (["ALARM"] if before == 0 else [])


@pytest.mark.usefixtures("open_charge")
def test_a_repeat_whose_validation_always_dies_sends_unknown_for_an_open_charge(site: Site) -> None:
    before = attention(site.clients)
    ended, row, told = site.pay("TXN-1")
    assert (ended, row, statuses(told)) == ("FAILED", "PROCESSING", ["UNKNOWN"])
    assert attention(site.clients) == before + 1


def test_a_payment_that_nobody_claimed_is_failed_and_rings_nothing(site: Site) -> None:
    before = attention(site.clients)
    ended, row, told = site.pay("TXN-3")
    assert (ended, row, statuses(told)) == ("FAILED", "none", ["FAILED"])
    assert attention(site.clients) == before
    assert "TXN-3" not in site.bank.ledger.charged()
