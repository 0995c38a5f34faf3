"""Run payments through the workflow while injecting faults, and compare the gateway's ledger with the table."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import LocalError
from payflow_cfn.local.faults.lambda_functions import call_function, quiet_functions
from payflow_cfn.local.faults.report import (
    FINAL,
    NOT_CHARGED,
    NOTICE_LOST,
    FaultLine,
    FaultTotals,
    notice_kind,
    totals_of,
)
from payflow_cfn.local.faults.schedule import EDGES, TELLING, Strikes, plan_faults
from payflow_cfn.local.faults.simulation import STOPPED, World
from payflow_cfn.stacks.workflow import timing
from payflow_cfn.workflow.definition import definition
from payflow_cfn.workflow.states import Parts, notice_seconds

# The first ask comes when a charge may still be on its way, the last one when none is.
_TIMING = timing(Settings(retry_max_delay_seconds=30, reconcile_after_seconds=(60, 900, 900)))
_CURRENCIES = ("USD", "EUR", "GBP")
# Half of the banks charge a key as often as it comes; the others keep it for a day, or for ever.
_KEY_LIFETIMES = (0.0, 0.0, 86_400.0, None)
# The notices that the row remembers.
_TOLD = ("DECLINED", "FAILED")


def run_faults(*, payments: int, seed: int, emulator: bool = False) -> FaultTotals:
    """Drive `payments` payments under the faults that `seed` chooses: in this process, or through the emulator.

    LocalError for a number of payments that is not positive, and where the emulator cannot run.
    """
    if payments < 1:
        raise LocalError(f"cannot run {payments} payments", remedy="give a number from 1")
    if emulator:
        from payflow_cfn.local.faults import emulator_run, emulator_schedule

        lines = emulator_run.drive_emulator(payments=payments, seed=seed)
        return totals_of(lines, emulator_schedule.EDGES)
    machine = local_machine()
    with quiet_functions():
        worlds = [planned_world(machine, index, random.Random(f"{seed}/{index}")) for index in range(payments)]  # noqa: S311
        return totals_of([_line(world, drive(world)) for world in worlds], EDGES)


def _line(world: World, wrong: set[str]) -> FaultLine:
    accepted = [line for line in world.charges if line.accepted]
    return FaultLine(
        transaction_id=world.payment["transaction_id"],
        amount=f"{world.payment['payment_amount']} {world.payment['currency']}",
        faults=tuple(world.strikes.struck),
        status=world.status(),
        charges=tuple(f"{line.amount_minor / 100:.2f} {line.currency}" for line in accepted),
        notices=tuple(str(each["status"]) for each in world.notices),
        wrong=frozenset(wrong),
    )


def local_machine() -> dict[str, Any]:
    """The shipped definition, whose parts this process stands for."""
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
        limits=", ".join(f"{each} 10000 5000" for each in _CURRENCIES),
        risk_threshold="50",
        exemptions="",
        gateway="simulated",
        gateway_url="",
        gateway_secret="",
        runbook="payment-needs-attention.md",
    )
    return definition(parts, _TIMING)


def planned_world(machine: dict[str, Any], index: int, choice: random.Random) -> World:
    """The world of the payment number `index`, with its faults."""
    faults = plan_faults(index, choice)
    needs_decline = any(each.endswith(tuple(f" {what}" for what in TELLING)) for each in faults)
    too_much = choice.random() < 0.05 and not needs_decline
    payment = {
        "transaction_id": f"fault-{index}",
        "payment_amount": "20000.00" if too_much else f"{choice.randint(1, 9000)}.{choice.randint(0, 99):02}",
        "currency": choice.choice(_CURRENCIES),
        "payment_method": "credit_card",
        "customer_id": f"customer-{index % 97}",
    }
    return World(
        machine=machine,
        call=call_function,
        strikes=Strikes(pending=faults),
        declines=needs_decline or choice.random() < 0.2,
        key_lifetime=choice.choice(_KEY_LIFETIMES),
        function_seconds=_TIMING.function_timeout,
        quiet_seconds=_TIMING.quiet,
        payment=payment,
    )


def drive(world: World) -> set[str]:
    """Run one payment to its end and name what is wrong with it, as the totals do."""
    world.execute()
    if world.strikes.at("after end"):
        world.execute()
    wrong = set()
    if _is_open(world):
        if not world.cut and not {"PaymentFailed", STOPPED} & _names(world):
            wrong.add("stuck")
        # A person got the notice and starts the payment again, without faults, after every claim is over and the
        # payment that a failure has closed is open.
        world.strikes.pending.clear()
        world.passed(max(world.function_seconds + 3, notice_seconds(_TIMING) + 1))
        world.execute()
    # What is on its way arrives: it has to be right too.
    world.passed(world.quiet_seconds)
    return wrong | _books(world) | _notices(world)


def _is_open(world: World) -> bool:
    """Return whether the payment is not final, or no notice of its end was sent."""
    status = world.status()
    return status not in FINAL or (status in _TOLD and world.told() != status)


def _books(world: World) -> set[str]:
    status, wrong = world.status(), set()
    accepted = [line for line in world.charges if line.accepted]
    if len(world.charges) > 1:
        wrong.add("double_charged")
    if bool(accepted) != (status == "COMPLETED"):
        wrong.add("lost")
    if _is_open(world):
        wrong.add("stuck")
    payment = world.payment
    due = (round(float(payment["payment_amount"]) * 100), payment["currency"], payment["customer_id"])
    if any((line.amount_minor, line.currency, line.customer_id) != due for line in world.charges):
        wrong.add("wrong_amount")
    return wrong


def _notices(world: World) -> set[str]:
    """Compare the notices with the endings: one for each decided payment, one for each technical failure.

    Another execution that only repeats a decision is silent. A notice that was lost has its alarm; one that was sent
    and could not be marked may be sent again; the execution that wrote a rejection sends its notice, or by nobody when
    that was stopped.
    """
    told = Counter(notice_kind(each["status"], each["error"]) for each in world.notices)
    due = {status: int(world.status() == status) for status in ("DECLINED", "REJECTED", "FAILED")}
    failures = [error for ending, error in world.endings if ending == "PaymentFailed"]
    due["technical"] = sum(error not in (NOT_CHARGED, NOTICE_LOST) for error in failures)
    wrong = set()
    least = due | {"REJECTED": int(due["REJECTED"] and not {NOTICE_LOST, STOPPED} & {*failures, *_names(world)})}
    if any(told[kind] < number for kind, number in least.items()) or not _alarms_rang(world, failures):
        wrong.add("missing_notice")
    most = {kind: number + world.cut for kind, number in due.items()}
    if any(told[kind] > most.get(kind, 0) for kind in told) or any(_contradicts(world, each) for each in world.notices):
        wrong.add("extra_notice")
    return wrong


def _names(world: World) -> set[str]:
    return {ending for ending, _ in world.endings}


def _contradicts(world: World, notice: Mapping[str, Any]) -> bool:
    """Check that FAILED is true: nothing was charged before, nor by an execution that had started by then."""
    if notice["status"] != "FAILED":
        return False
    open_row = notice["row"] in ("VALIDATED", "PROCESSING", "UNKNOWN", "COMPLETED")
    return open_row or any(line.run <= world.denied for line in world.charges if line.accepted)


def _alarms_rang(world: World, failures: list[str]) -> bool:
    """Each metric of an alarm has a point for each notice that says UNKNOWN, and for each notice that was lost."""
    unknown = [each["status"] for each in world.notices].count("UNKNOWN")
    counted = world.counted.get("PaymentsNeedingAttention", 0)
    lost = world.counted.get("NoticesLost", 0)
    return counted >= unknown and lost == failures.count(NOTICE_LOST)
