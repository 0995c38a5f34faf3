"""Drives payments through the workflow while faults strike, and compares the gateway's ledger with the table."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from payflow_cfn.asl import Parts, Timing
from payflow_cfn.definition import definition
from payflow_cfn.errors import LocalError
from payflow_cfn.local.fault_plan import EDGES, Strikes, plan_faults
from payflow_cfn.local.fault_world import World
from payflow_cfn.local.faults_report import FINAL, NOT_CHARGED, FaultLine, FaultTotals, notice_kind, totals_of
from payflow_cfn.local.shipped import call_function, quiet_functions

_TIMING = Timing(
    function_timeout=300, attempts=3, interval=2, backoff=2.0, max_delay=30, reconcile_after=(30, 120, 600), quiet=300
)


def run_faults(*, payments: int, seed: int, emulator: bool = False) -> FaultTotals:
    """Drive `payments` payments under the faults that `seed` chooses: in this process, or through the emulator.

    LocalError for a number of payments that is not positive, and where the emulator cannot run.
    """
    if payments < 1:
        raise LocalError(f"{payments} payments are none", remedy="give a number from 1")
    if emulator:
        from payflow_cfn.local import faults_aims, faults_emulator

        lines = faults_emulator.drive_emulator(payments=payments, seed=seed)
        return totals_of(lines, faults_aims.EDGES)
    machine = _machine()
    with quiet_functions():
        worlds = [_world(machine, index, random.Random(f"{seed}/{index}")) for index in range(payments)]  # noqa: S311
        return totals_of([_line(world, drive(world)) for world in worlds], EDGES)


def _line(world: World, wrong: set[str]) -> FaultLine:
    accepted = [line for line in world.book() if line.accepted]
    return FaultLine(
        transaction_id=world.payment["transaction_id"],
        amount=f"{world.payment['payment_amount']} {world.payment['currency']}",
        faults=tuple(world.strikes.struck),
        status=world.status(),
        charges=tuple(f"{line.amount_minor / 100:.2f} {line.currency}" for line in accepted),
        notices=tuple(str(each["status"]) for each in world.notices),
        wrong=frozenset(wrong),
    )


def _machine() -> dict[str, Any]:
    parts = Parts(
        invoke="invoke",
        publish="publish",
        update_item="update_item",
        put_metric="put_metric",
        namespace="PaymentWorkflow",
        validation="validation",
        processing="processing",
        topic="topic",
        table="payments",
        environment="local",
        limit="10000",
        risk_threshold="50",
        exemptions="",
        gateway="simulated",
        gateway_url="",
        gateway_secret="",
    )
    return definition(parts, _TIMING)


def _world(machine: dict[str, Any], index: int, choice: random.Random) -> World:
    faults = plan_faults(index, choice)
    too_much = choice.random() < 0.05
    needs_decline = "throttled before notice" in faults
    payment = {
        "transaction_id": f"fault-{index}",
        "payment_amount": "20000.00" if too_much else f"{choice.randint(1, 9000)}.{choice.randint(0, 99):02}",
        "currency": choice.choice(("USD", "EUR", "GBP")),
        "payment_method": "credit_card",
        "customer_id": f"customer-{index % 97}",
    }
    return World(
        machine=machine,
        call=call_function,
        strikes=Strikes(pending=faults),
        declines=needs_decline or choice.random() < 0.2,
        payment=payment,
    )


def drive(world: World) -> set[str]:
    """Run one payment to its end and name what is wrong with it, as the totals do."""
    world.execute()
    if world.strikes.at("after end"):
        world.execute()
    wrong = set()
    if world.status() not in FINAL:
        if "PaymentFailed" not in [ending for ending, _ in world.endings]:
            wrong.add("stuck")
        # A person was told and starts the payment again, without faults and after every claim is over.
        world.strikes.pending.clear()
        world.passed(world.function_seconds + 3)
        world.execute()
    return wrong | _books(world) | _notices(world)


def _books(world: World) -> set[str]:
    """Compare the bank's ledger with the row."""
    status, wrong = world.status(), set()
    accepted = [line for line in world.book() if line.accepted]
    if len(world.book()) > 1:
        wrong.add("double_charged")
    if bool(accepted) != (status == "COMPLETED"):
        wrong.add("lost")
    if status not in FINAL:
        wrong.add("stuck")
    payment = world.payment
    due = (round(float(payment["payment_amount"]) * 100), payment["currency"], payment["customer_id"])
    if any((line.amount_minor, line.currency, line.customer_id) != due for line in world.book()):
        wrong.add("wrong_amount")
    return wrong


def _notices(world: World) -> set[str]:
    """Compare the notices with the endings: a decision is told once a payment, a technical failure once an execution.

    Another execution that only repeats a decision is silent.
    """
    told = Counter(notice_kind(each["status"], each["error"]) for each in world.notices)
    failures = [error for ending, error in world.endings if ending == "PaymentFailed"]
    due = {status: int(world.status() == status) for status in ("DECLINED", "REJECTED", "FAILED")}
    due["technical"] = sum(error != NOT_CHARGED for error in failures)
    wrong = set()
    if any(told[kind] < number for kind, number in due.items()) or not _open_questions_counted(world):
        wrong.add("missing_notice")
    if any(told[kind] > due.get(kind, 0) for kind in told) or any(_contradicts(each) for each in world.notices):
        wrong.add("extra_notice")
    return wrong


def _contradicts(notice: Mapping[str, Any]) -> bool:
    """FAILED says that nothing was charged: no row that was claimed may stand beside it."""
    return bool(notice["status"] == "FAILED" and notice["row"] in ("PROCESSING", "UNKNOWN", "COMPLETED"))


def _open_questions_counted(world: World) -> bool:
    """The alarm's metric has a point for each notice that says UNKNOWN."""
    return world.counted == [each["status"] for each in world.notices].count("UNKNOWN")
