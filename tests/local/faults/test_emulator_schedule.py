"""Test the schedule of the emulator's faults: as many payments as edges meet every edge, with any seed."""

from __future__ import annotations

import random

import pytest

from payflow_cfn.local.faults.emulator_schedule import EDGES, payment_id, plans, start_of
from payflow_cfn.local.faults.lambda_functions import quiet_functions
from payflow_cfn.local.gateway.faults import Call


def first_calls(seed: int, payments: int) -> list[str]:
    """The faults of each payment's first call of each kind, as edges."""
    table, bank = plans(seed=seed, payments=payments)
    met = []
    with quiet_functions():
        from payments.gateways.protocol import idempotency_key

        for index in range(payments):
            name = payment_id(seed, index)
            met += [f"{table(Call(each, name, 1))} {each}" for each in ("PutItem", "UpdateItem")]
            met += [f"{bank(Call(each, idempotency_key(name), 1))} {each}" for each in ("POST", "GET")]
            met.append(start_of(index, random.Random(0)))
    return met


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_edge_is_aimed_at(seed: int) -> None:
    assert set(EDGES) <= set(first_calls(seed, len(EDGES)))


def test_a_charge_is_lost_where_the_gateway_has_to_be_asked() -> None:
    index = EDGES.index("hang GET")
    met = first_calls(1, index + 1)[-5:]
    assert "charge_then_drop POST" in met
    assert "hang GET" in met


def test_later_calls_follow_the_seed() -> None:
    table, _ = plans(seed=1, payments=200)
    struck = sum(table(Call("PutItem", payment_id(1, index), 2)) is not None for index in range(200))
    assert 30 < struck < 90
