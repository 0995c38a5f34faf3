"""Run one payment of the demo and read its effects: its execution, its row, its notices."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from payflow_cfn.aws.client_types import SFNClient
from payflow_cfn.local.demo.scenarios import Effects, Scenario
from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.local.records.notices import payment_notices, received
from payflow_cfn.workflow.execution import Execution, follow_payment
from payflow_cfn.workflow.run import run_payment


def observe(clients: LocalClients, outputs: Mapping[str, str], queue: str, scenario: Scenario) -> Effects:
    """Send the scenario's payment and read what it did: its execution, its row, its notices."""
    execution = _sent(clients("stepfunctions"), outputs["StateMachineArn"], scenario)
    key = {"transaction_id": {"S": scenario.payment["transaction_id"]}}
    row = clients("dynamodb").get_item(TableName=outputs["TransactionsTableName"], Key=key, ConsistentRead=True)
    item = row.get("Item", {})
    notices = payment_notices(received(clients, queue))
    ours = [each for each in notices if each["transaction_id"] == scenario.payment["transaction_id"]]
    return Effects(
        execution=execution.status,
        result=json.loads(execution.output)["status"] if execution.status == "SUCCEEDED" else str(execution.error),
        row=item.get("status", {}).get("S", ""),
        amount=f"{Decimal(item['amount']['N']):.2f}" if "amount" in item else "",
        notices=len(ours) if len(ours) == len(notices) else -1,
        charges=sum(each["M"]["status"]["S"] == "COMPLETED" for each in item.get("history", {}).get("L", ())),
    )


def pay(sfn: SFNClient, machine_arn: str, payment: Mapping[str, Any]) -> Execution:
    """As `run_payment`, with shorter pauses: the emulator is on this machine and does not throttle."""
    return run_payment(sfn, machine_arn, dict(payment), sleep=_briefly)


def _briefly(seconds: float) -> None:
    time.sleep(min(seconds, 0.03))


def _sent(sfn: SFNClient, machine_arn: str, scenario: Scenario) -> Execution:
    if not scenario.past_our_client:
        return pay(sfn, machine_arn, scenario.payment)
    name = f"{scenario.payment['transaction_id']}-{scenario.name}"
    begun = sfn.start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(dict(scenario.payment)))
    running = Execution(begun["executionArn"], name, "RUNNING", "", "", "", replayed=False)
    return follow_payment(sfn, running, sleep=_briefly)
