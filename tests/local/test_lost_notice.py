"""Test a notice that cannot be published: its alarm rings, and running the payment again sends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.demo.scenarios import SCENARIOS
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.records.notices import listen, payment_notices, received
from payflow_cfn.workflow.execution import Execution
from payflow_cfn.workflow.run import run_payment

pytestmark = [pytest.mark.local, pytest.mark.slow]

(DECLINED,) = (each.payment for each in SCENARIOS if each.expected.row == "DECLINED")


@contextmanager
def without_topic(clients: LocalClients, outputs: dict[str, str]) -> Iterator[None]:
    """A topic that takes nothing: there is none; then there is one of the same name and ARN."""
    clients("sns").delete_topic(TopicArn=outputs["NotificationsTopicArn"])
    yield
    made = clients("sns").create_topic(Name=outputs["NotificationsTopicName"])
    assert made["TopicArn"] == outputs["NotificationsTopicArn"]


def pay(clients: LocalClients, outputs: dict[str, str], *, again: bool = False) -> Execution:
    return run_payment(clients("stepfunctions"), outputs["StateMachineArn"], DECLINED, again=again, sleep=pause)


def row_of(clients: LocalClients, table: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = clients("dynamodb").get_item(**table)["Item"]
    return found


def pause(_: float) -> None:
    time.sleep(0.05)


def test_a_lost_notice_rings_and_is_sent_by_the_next_execution() -> None:
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = dict(deployed(clients))
        table: dict[str, Any] = {
            "TableName": outputs["TransactionsTableName"],
            "Key": {"transaction_id": {"S": DECLINED["transaction_id"]}},
        }
        with without_topic(clients, outputs):
            lost = pay(clients, outputs)
        assert (lost.status, lost.error) == ("FAILED", "NoticeLost")
        row = row_of(clients, table)
        assert (row["status"]["S"], "told_at" in row, "open_shard" in row) == ("DECLINED", False, True)
        assert (row["notice_by"]["S"], "notice_until" in row) == (lost.arn, False)
        (alarm,) = clients("cloudwatch").describe_alarms(AlarmNames=[outputs["NoticesLostAlarmName"]])["MetricAlarms"]
        assert alarm["StateValue"] == "ALARM"
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="lost-notices")
        again = pay(clients, outputs, again=True)
        told = payment_notices(received(clients, queue))
        assert [(each["status"], each["execution_arn"]) for each in told] == [("DECLINED", again.arn)]
        row = row_of(clients, table)
        assert (row["told_by"]["S"], "open_shard" in row) == (again.arn, False)
