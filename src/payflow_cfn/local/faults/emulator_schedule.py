"""Choose the faults for the payments of the emulator's run: each point in turn, and others by a seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

from payflow_cfn.local.faults.lambda_functions import quiet_functions
from payflow_cfn.local.gateway.faults import Call, seeded
from payflow_cfn.local.gateway.gateway import GatewayFault
from payflow_cfn.local.gateway.proxy import TableFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F")
_POST = tuple(GatewayFault)
_GET = (GatewayFault.DROP, GatewayFault.ERROR, GatewayFault.GARBAGE, GatewayFault.HANG)
_WRITES = ("PutItem", "UpdateItem")
_STARTS = ("parallel start", "duplicate start")
EDGES = (
    *(f"{fault} {operation}" for operation in _WRITES for fault in TableFault),
    *(f"{fault} POST" for fault in _POST),
    *(f"{fault} GET" for fault in _GET),
    *_STARTS,
)
_RATE = 0.3


def payment_id(seed: int, index: int) -> str:
    """The transaction id of the payment number `index` (from 0) of a run."""
    return f"fault-{seed}-{index}"


def start_of(index: int, choice: random.Random) -> str:
    """How the payment is started: an edge of its own, or "" for once."""
    wanted = EDGES[index % len(EDGES)]
    return wanted if wanted in _STARTS else choice.choice(("", "", *_STARTS))


def plans(
    *, seed: int, payments: int
) -> tuple[Callable[[Call], TableFault | None], Callable[[Call], GatewayFault | None]]:
    """The plans of the table and of the gateway: as many payments as EDGES has meet every edge."""
    table: dict[tuple[str, str], TableFault] = {}
    bank: dict[tuple[str, str], GatewayFault] = {}
    with quiet_functions():
        from payments.gateways.protocol import idempotency_key

        for index in range(payments):
            fault, _, operation = EDGES[index % len(EDGES)].rpartition(" ")
            name = payment_id(seed, index)
            key = idempotency_key(name)
            if operation in _WRITES:
                table[operation, name] = TableFault(fault)
            elif operation in ("POST", "GET"):
                # A gateway is asked only after a charge whose answer was lost.
                bank["POST", key] = GatewayFault.CHARGE_THEN_DROP
                bank[operation, key] = GatewayFault(fault)
    return (
        _aimed(table, seeded(seed, {each: tuple(TableFault) for each in _WRITES}, rate=_RATE)),
        _aimed(bank, seeded(seed, {"POST": _POST, "GET": _GET}, rate=_RATE)),
    )


def _aimed(first: Mapping[tuple[str, str], F], others: Callable[[Call], F | None]) -> Callable[[Call], F | None]:
    """A plan that strikes the first attempt of some calls, and the rest as `others` does."""

    def plan(call: Call) -> F | None:
        aimed = first.get((call.operation, call.key)) if call.attempt == 1 else None
        return others(call) if aimed is None else aimed

    return plan
