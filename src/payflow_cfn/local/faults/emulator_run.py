"""Run payments through the deployed workflow, while a proxy and a gateway inject faults and kill real workers."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from payflow_cfn.config.names import GATEWAY_SECRET
from payflow_cfn.config.settings import Settings
from payflow_cfn.local.demo.local_deploy import PARAMETERS, deployed
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.faults.emulator_schedule import payment_id, plans, start_of
from payflow_cfn.local.faults.kill_worker import worker_killer
from payflow_cfn.local.faults.reconciliation import Seen, faults_of, line_of
from payflow_cfn.local.faults.report import FINAL, FaultLine
from payflow_cfn.local.gateway.gateway import FakeGateway, fake_gateway
from payflow_cfn.local.gateway.proxy import table_proxy
from payflow_cfn.local.records.notices import listen, payment_notices, received
from payflow_cfn.stacks.render import build_set

# A function of 10 s gives a request two thirds of that, so that is what a hang costs. The emulator skips waits: asks
# come at once, and what may still arrive then is decided by the next execution. All clocks are this machine's.
_SETTINGS = Settings(
    function_timeout=10,
    retry_interval_seconds=1,
    reconcile_after_seconds=(30, 30, 30),
    charge_quiet_seconds=1,
    clock_margin_seconds=1,
)
# After it, whatever a killed attempt may have sent has arrived.
_QUIET_SECONDS = _SETTINGS.function_timeout + _SETTINGS.clock_margin_seconds + _SETTINGS.charge_quiet_seconds + 1
# What the gateway decides: mostly success, a decline, and two that are pending until they are asked about.
_CENTS = ("10", "10", "20", "30", "05", "94", "97")
_API_KEY = "fault-run"
_ROUNDS = 4
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Site:
    """The deployed workflow: its state machine, its table and the clients."""

    clients: LocalClients
    machine: str
    table: str


def drive_emulator(*, payments: int, seed: int) -> list[FaultLine]:
    """Drive payments through the emulator, and compare each one with the gateway's book and the notices."""
    table_plan, bank_plan = plans(seed=seed, payments=payments)
    with (
        table_proxy(faults=table_plan) as proxy,
        emulator(worker_environment=proxy.worker_environment()) as cloud,
        fake_gateway(faults=bank_plan, secret=_API_KEY, kill=worker_killer(cloud)) as bank,
    ):
        proxy.forward_to(cloud, kill=worker_killer(cloud))
        clients = local_clients(cloud)
        outputs = _deploy(clients, bank)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="fault-notices")
        site = Site(clients, outputs["StateMachineArn"], outputs["TransactionsTableName"])
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            seen = list(pool.map(partial(_drive, site, seed), range(payments)))
            seen = _started_again(pool, site, seen)
        notices = payment_notices(received(clients, queue))
        found = faults_of(seen, proxy.struck, bank.struck)
        return [line_of(each, tuple(found[each.name]), bank.ledger.charges(), notices) for each in seen]


def _deploy(clients: LocalClients, bank: FakeGateway) -> Mapping[str, str]:
    outputs = deployed(clients, build_set(_SETTINGS), parameters={"GatewayAdapter": "http", "GatewayUrl": bank.url})
    # As a deployer does: the secret is made with a placeholder.
    secret = GATEWAY_SECRET.text(PARAMETERS["Environment"])
    clients("secretsmanager").put_secret_value(SecretId=secret, SecretString=_API_KEY)
    return outputs


def _drive(site: Site, seed: int, index: int) -> Seen:
    choice = random.Random(f"{seed}/{index}")  # noqa: S311 - a plan, no secret
    payment = {
        "transaction_id": payment_id(seed, index),
        "payment_amount": f"{choice.randint(1, 9000)}.{choice.choice(_CENTS)}",
        "currency": "USD",
        "payment_method": "credit_card",
        "customer_id": f"customer-{index}",
    }
    kind = start_of(index, choice)
    runs = [_start(site, payment)]
    endings = [] if kind == "parallel start" else [_ended(site, runs.pop())]
    runs += [_start(site, payment)] if kind else []
    endings += [_ended(site, each) for each in runs]
    return Seen(payment, kind, _status(site, payment), tuple(endings))


def _started_again(pool: ThreadPoolExecutor, site: Site, seen: list[Seen]) -> list[Seen]:
    """Start what is not final again, once all that was sent has arrived; late attempts meet no fault any more."""
    for _ in range(_ROUNDS):
        if all(each.status in FINAL for each in seen):
            break
        time.sleep(_QUIET_SECONDS)
        seen = list(pool.map(partial(_again, site), seen))
    return seen


def _again(site: Site, seen: Seen) -> Seen:
    if seen.status in FINAL:
        return seen
    ending = _ended(site, _start(site, seen.payment))
    return replace(seen, status=_status(site, seen.payment), endings=(*seen.endings, ending))


def _start(site: Site, payment: dict[str, Any]) -> str:
    started = site.clients("stepfunctions").start_execution(stateMachineArn=site.machine, input=json.dumps(payment))
    return str(started["executionArn"])


def _ended(site: Site, arn: str) -> tuple[str, str]:
    while (found := site.clients("stepfunctions").describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.02)
    return str(found["status"]), str(found.get("error") or "")


def _status(site: Site, payment: dict[str, Any]) -> str:
    key = {"transaction_id": {"S": payment["transaction_id"]}}
    answer = site.clients("dynamodb").get_item(TableName=site.table, Key=key, ConsistentRead=True)
    return str(answer.get("Item", {}).get("status", {}).get("S", "none"))
