"""Test each scenario on one deployed workflow: the table, the topic, the log and the history."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from payflow_cfn.errors import RunError
from payflow_cfn.local.demo.effects import observe
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.demo.scenarios import SCENARIOS, Effects
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.records.logs import log_events
from payflow_cfn.local.records.metrics import log_metrics
from payflow_cfn.local.records.notices import listen, payment_notices, received
from payflow_cfn.workflow.run import run_payment
from payments.rows import OPEN_SHARDS

pytestmark = [pytest.mark.local, pytest.mark.slow]

NAMES = tuple(each.name for each in SCENARIOS)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the whole run left: effects by scenario, the table's rows by id, processing's log lines."""

    effects: Mapping[str, Effects]
    rows: Mapping[str, Mapping[str, Mapping[str, str]]]
    processed: tuple[Mapping[str, object], ...]
    executions: int


@dataclass(frozen=True, slots=True)
class Live:
    """The deployed workflow after the scenarios, for more payments."""

    clients: LocalClients
    outputs: Mapping[str, str]
    queue: str
    seen: Seen


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="workflow-notices")
        effects = {each.name: observe(clients, outputs, queue, each) for each in SCENARIOS}
        yield Live(clients, outputs, queue, _seen(clients, outputs, effects))


@pytest.fixture(scope="module")
def seen(live: Live) -> Seen:
    return live.seen


def _seen(clients: LocalClients, outputs: Mapping[str, str], effects: Mapping[str, Effects]) -> Seen:
    items = clients("dynamodb").scan(TableName=outputs["TransactionsTableName"])["Items"]
    lines = log_events(clients, outputs["ProcessingLogGroupName"])
    executions = clients("stepfunctions").list_executions(stateMachineArn=outputs["StateMachineArn"])["executions"]
    return Seen(
        effects=effects,
        rows={item["transaction_id"]["S"]: item for item in items},
        processed=tuple(line for line in lines if line.get("event") == "payment_processed"),
        executions=len(executions),
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_payment_has_exactly_its_effects(seen: Seen, name: str) -> None:
    assert seen.effects[name] == next(each.expected for each in SCENARIOS if each.name == name)


def test_only_a_payment_that_people_have_to_look_at_is_listed_as_open(live: Live) -> None:
    ask = partial(
        live.clients("dynamodb").query,
        TableName=live.outputs["TransactionsTableName"],
        IndexName="open-payments",
        KeyConditionExpression="open_shard = :shard",
    )
    shards = [ask(ExpressionAttributeValues={":shard": {"S": str(each)}})["Items"] for each in range(OPEN_SHARDS)]
    found = {item["transaction_id"]["S"]: item for items in shards for item in items}
    assert set(found) == {key for key, row in live.seen.rows.items() if row["status"]["S"] == "UNKNOWN"} != set()
    for item in found.values():
        assert {"amount", "currency", "gateway", "idempotency_key", "execution"} <= set(item)


def test_a_repeated_payment_starts_no_second_execution_and_makes_no_second_row(seen: Seen) -> None:
    distinct = {each.payment["transaction_id"] for each in SCENARIOS}
    assert set(seen.rows) == distinct
    past = sum(each.past_our_client for each in SCENARIOS)
    assert seen.executions == len(distinct) + past


def test_only_completed_payments_are_recorded_as_charged(seen: Seen) -> None:
    completed = {key for key, row in seen.rows.items() if row["status"]["S"] == "COMPLETED"}
    assert completed == {"TXN-1", "TXN-4"}
    assert all(seen.rows[key]["gateway_reference"]["S"] for key in completed)


def test_a_failed_payment_names_its_failure_on_its_row(seen: Seen) -> None:
    failed = {each.payment["transaction_id"] for each in SCENARIOS if each.expected.execution == "FAILED"}
    assert {key for key, row in seen.rows.items() if {"failure_error", "failure_code"} & row.keys()} >= failed


def test_each_processed_payment_logs_one_line_with_its_duration(seen: Seen) -> None:
    assert len(seen.processed) == 4
    assert all(isinstance(line["duration_ms"], int | float) for line in seen.processed)


def test_only_payments_that_did_not_wait_for_the_gateway_s_word_have_a_duration_point(live: Live) -> None:
    points = log_metrics(live.clients, live.outputs["ProcessingLogGroupName"])
    named = [each.name for each in points]
    assert named.count("PaymentDuration-demo") == sum(each.timed for each in SCENARIOS) == 2
    sets = ("{environment}", "{environment, currency}", "{environment, service, method, currency}")
    assert named.count("PaymentDuration") == 2 * len(sets)


def test_an_id_with_other_facts_is_a_conflict_and_leaves_the_row_alone(live: Live) -> None:
    other = {**SCENARIOS[0].payment, "payment_amount": "200.50"}
    with pytest.raises(RunError, match="exists with other facts"):
        run_payment(live.clients("stepfunctions"), live.outputs["StateMachineArn"], other)
    # The same under another execution's name: the row's own condition refuses it, and the state machine tells so.
    sfn = live.clients("stepfunctions")
    started = sfn.start_execution(
        stateMachineArn=live.outputs["StateMachineArn"], name="another-name", input=json.dumps(other)
    )
    ended = _ended(sfn, started["executionArn"])
    assert (ended["status"], json.loads(ended["output"])["status"]) == ("SUCCEEDED", "CONFLICT")
    notices = [each["transaction_id"] for each in payment_notices(received(live.clients, live.queue))]
    assert notices == ["TXN-1"]
    key = {"transaction_id": {"S": "TXN-1"}}
    row = live.clients("dynamodb").get_item(TableName=live.outputs["TransactionsTableName"], Key=key)["Item"]
    assert row == live.seen.rows["TXN-1"]


def _ended(sfn: Any, arn: str) -> Any:
    while (described := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.05)
    return described
