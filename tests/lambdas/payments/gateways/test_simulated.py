"""Tests for payments.gateways.simulated: the amount decides, the same way at every ask."""

from __future__ import annotations

import pytest

from payments.gateways.outcomes import DECLINE_CODES
from payments.gateways.protocol import ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.simulated import SCRIPTS, SimulatedGateway


def request(minor: int) -> ChargeRequest:
    return ChargeRequest(
        transaction_id="T", amount_minor=minor, currency="USD", payment_method="credit_card", customer_id="C"
    )


@pytest.mark.parametrize("ending", range(100))
def test_each_ending_does_what_the_table_says(ending: int) -> None:
    gateway, asked = SimulatedGateway(), request(1200 + ending)
    script = SCRIPTS.get(ending)
    charge = script.charge if script else ChargeStatus.SUCCEEDED
    if isinstance(charge, ChargeStatus):
        answers = [gateway.charge(asked, idempotency_key="k") for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0].status is charge
    else:
        with pytest.raises(charge):
            gateway.charge(asked, idempotency_key="k")
    assert gateway.find(asked, idempotency_key="k").status is (script.find if script else ChargeStatus.SUCCEEDED)


def test_the_table_covers_every_way_a_gateway_can_answer() -> None:
    assert {script.charge for script in SCRIPTS.values()} >= {
        ChargeStatus.DECLINED,
        ChargeStatus.PENDING,
        GatewayUnavailable,
        OutcomeUnknown,
    }
    assert {script.find for script in SCRIPTS.values()} == set(ChargeStatus)
    assert {script.decline_code for script in SCRIPTS.values() if script.decline_code} <= DECLINE_CODES


def test_a_charge_has_a_reference_made_from_its_key() -> None:
    gateway = SimulatedGateway()
    first, second = (gateway.charge(request(100), idempotency_key=key).reference for key in ("a", "b"))
    assert first.startswith("sim-")
    assert first != second
    assert gateway.find(request(100), idempotency_key="a").reference == first
