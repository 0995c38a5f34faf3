"""The fault run through the deployed workflow: real workers, a proxy and a gateway that fail and kill from outside."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from payflow_cfn.deployment import deploy_set
from payflow_cfn.local.clients import LocalClients, local_clients
from payflow_cfn.local.emulator import emulator
from payflow_cfn.local.faults import seeded
from payflow_cfn.local.gateway import FakeGateway, fake_gateway
from payflow_cfn.local.gateway_faults import GatewayFault
from payflow_cfn.local.notices import listen, payment_notices, received
from payflow_cfn.local.proxy import TableFault, table_proxy
from payflow_cfn.local.workers import worker_killer
from payflow_cfn.settings import Settings

# Hanging is left to the run in one process: here each hang would be waited for.
_POST = tuple(each for each in GatewayFault if "hang" not in each)
_GET = (GatewayFault.DROP, GatewayFault.ERROR, GatewayFault.GARBAGE)
_WRITES = ("PutItem", "UpdateItem")
EDGES = (
    *(f"{fault} {operation}" for operation in _WRITES for fault in TableFault),
    *(f"{fault} POST" for fault in _POST),
    *(f"{fault} GET" for fault in _GET),
    "parallel start",
    "duplicate start",
)
# Short waits by structure: the emulator skips them, and a dead claim is decided by the last ask.
_SETTINGS = Settings(function_timeout=10, retry_interval_seconds=1, reconcile_after_seconds=(1, 1, 1))
_RATE = 0.3
_ROUNDS = 4
_FINAL = ("COMPLETED", "DECLINED", "FAILED", "REJECTED")


@dataclass(frozen=True, slots=True)
class Seen:
    """One payment after its executions: what the row says, what was told, and how each execution ended."""

    payment: dict[str, Any]
    status: str
    endings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Site:
    """The deployed workflow, and what stands beside it."""

    clients: LocalClients
    machine: str
    table: str


def drive_emulator(*, payments: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """Drive payments through the emulator: {what is wrong: payments}, {edge: hits}."""
    table_plan = seeded(seed, {each: tuple(TableFault) for each in _WRITES}, rate=_RATE)
    bank_plan = seeded(seed, {"POST": _POST, "GET": _GET}, rate=_RATE)
    hits: Counter[str] = Counter()

    def struck(call: Any) -> GatewayFault | None:
        fault = bank_plan(call)
        hits.update([f"{fault} {call.operation}"] if fault else [])
        return fault

    with (
        table_proxy(faults=table_plan) as proxy,
        emulator(worker_environment=proxy.worker_environment()) as cloud,
        fake_gateway(faults=struck, kill=worker_killer(cloud)) as bank,
    ):
        proxy.forward_to(cloud, kill=worker_killer(cloud))
        clients = local_clients(cloud)
        outputs = _deploy(clients, bank)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="fault-notices")
        site = Site(clients, outputs["StateMachineArn"], outputs["TransactionsTableName"])
        with ThreadPoolExecutor(2) as pool:
            seen = list(pool.map(partial(_drive, site, hits, seed), range(payments)))
        seen = _started_again(site, seen)
        notices = payment_notices(received(clients, queue))
        hits.update(f"{fault} {call.operation}" for call, fault in proxy.struck if fault)
        return _compare(seen, bank, notices), hits


def _deploy(clients: LocalClients, bank: FakeGateway) -> Any:
    clients("s3").create_bucket(Bucket="fault-artifacts")
    parameters = {"Environment": "demo", "ResourceCoverage": "core", "GatewayAdapter": "http", "GatewayUrl": bank.url}
    return deploy_set(
        clients("cloudformation"),
        clients("s3"),
        _SETTINGS,
        bucket="fault-artifacts",
        prefix="payflow",
        parameters=parameters,
        on_event=lambda _: None,
    ).outputs


def _drive(site: Site, hits: Counter[str], seed: int, index: int) -> Seen:
    choice = random.Random(f"{seed}/{index}")  # noqa: S311 - a plan, no secret
    payment = {
        "transaction_id": f"fault-{seed}-{index}",
        "payment_amount": f"{choice.randint(1, 9000)}.{choice.choice((10, 10, 20, 30, 5)):02}",
        "currency": "USD",
        "payment_method": "credit_card",
        "customer_id": f"customer-{index}",
    }
    kind = choice.choice(("", "", "parallel start", "duplicate start"))
    hits.update([kind] if kind else [])
    runs = [_start(site, payment)]
    endings = [] if kind == "parallel start" else [_ended(site, runs.pop())]
    runs += [_start(site, payment)] if kind else []
    endings += [_ended(site, each) for each in runs]
    return Seen(payment, _status(site, payment), tuple(endings))


def _started_again(site: Site, seen: list[Seen]) -> list[Seen]:
    """Start what is not final again, once claims of killed attempts are over; late attempts meet no fault any more."""
    for _ in range(_ROUNDS):
        if all(each.status in _FINAL for each in seen):
            break
        time.sleep(_SETTINGS.function_timeout + 3)
        seen = [each if each.status in _FINAL else _again(site, each) for each in seen]
    return seen


def _again(site: Site, seen: Seen) -> Seen:
    ending = _ended(site, _start(site, seen.payment))
    return Seen(seen.payment, _status(site, seen.payment), (*seen.endings, ending))


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


def _compare(seen: list[Seen], bank: FakeGateway, notices: list[dict[str, Any]]) -> Counter[str]:
    charged, twice = bank.ledger.charged(), set(bank.ledger.double_charged())
    wrong: Counter[str] = Counter()
    for each in seen:
        name = each.payment["transaction_id"]
        due = round(float(each.payment["payment_amount"]) * 100)
        wrong["double_charged"] += name in twice
        wrong["lost"] += (name in charged) != (each.status == "COMPLETED")
        wrong["stuck"] += each.status not in _FINAL
        wrong["wrong_amount"] += name in charged and name not in twice and charged[name] != due
        told = Counter(_kind(note["status"], note["error"]) for note in notices if note["transaction_id"] == name)
        expected = Counter({each.status: 1}) if each.status in ("DECLINED", "FAILED", "REJECTED") else Counter[str]()
        expected["technical"] = sum(end == "FAILED" and why != "PaymentNotCharged" for end, why in each.endings)
        wrong["missing_notice"] += bool(expected - told)
        wrong["extra_notice"] += bool(told - expected)
    return wrong


def _kind(status: str, error: str) -> str:
    return status if status in ("DECLINED", "REJECTED") or error == "PaymentNotCharged" else "technical"
