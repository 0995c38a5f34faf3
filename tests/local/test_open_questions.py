"""On the emulator: a function that is killed at every call leaves an open question, and the alarm sees it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from payflow_cfn.local.clients import LocalClients, local_clients
from payflow_cfn.local.emulator import emulator
from payflow_cfn.local.faults import scripted
from payflow_cfn.local.faults_emulator import _deploy
from payflow_cfn.local.gateway import fake_gateway
from payflow_cfn.local.gateway_faults import GatewayFault
from payflow_cfn.local.notices import listen, received
from payflow_cfn.local.workers import worker_killer
from payflow_cfn.run import run_payment

pytestmark = [pytest.mark.local, pytest.mark.slow]

_KILLS = scripted({"POST": [GatewayFault.CHARGE_THEN_KILL] * 20, "GET": [GatewayFault.KILL] * 20})
_PAYMENT = {
    "transaction_id": "TXN-1",
    "payment_amount": "10.00",
    "payment_method": "credit_card",
    "customer_id": "CUST-1",
}


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


def test_a_charge_whose_function_always_dies_is_unknown_told_once_and_alarmed() -> None:
    with emulator() as cloud, fake_gateway(faults=_KILLS, kill=worker_killer(cloud)) as bank:
        clients = local_clients(cloud)
        outputs = _deploy(clients, bank)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="open-questions")
        execution = run_payment(clients("stepfunctions"), outputs["StateMachineArn"], _PAYMENT)
        key = {"transaction_id": {"S": "TXN-1"}}
        row = clients("dynamodb").get_item(TableName=outputs["TransactionsTableName"], Key=key)["Item"]
        told = [json.loads(each.message) for each in received(clients, queue)]
        assert execution.status == "FAILED"
        assert row["status"]["S"] == "PROCESSING"
        assert [note["status"] for note in told if note.get("transaction_id") == "TXN-1"] == ["UNKNOWN"]
        assert attention(clients) == 1
        assert bank.ledger.charged() == {"TXN-1": 1000}
        assert [note["NewStateValue"] for note in told if note.get("AlarmName") == "alarm-payment-unknown-demo"] == [
            "ALARM"
        ]
