"""The contract that adapters are held to: our http adapter passes it, and broken ones do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from payflow_cfn.local.gateway.faults import Call
from payflow_cfn.local.gateway.gateway import FakeGateway, GatewayFault, fake_gateway
from payflow_cfn.testing import GatewayContract
from payments.gateways.http import HttpGateway
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, Gateway


class Bank:
    """The fake gateway, with the fault of the next request."""

    def __init__(self) -> None:
        self.next: list[GatewayFault] = []
        self.gateway: FakeGateway

    def fault(self, _: Call) -> GatewayFault | None:
        return self.next.pop() if self.next else None


class TestHttp(GatewayContract):
    @contextmanager
    def stand_in(self) -> Iterator[Bank]:
        bank = Bank()
        with fake_gateway(faults=bank.fault) as bank.gateway:
            yield bank

    def adapter(self, stand_in: Any) -> Gateway:
        return HttpGateway(url=stand_in.gateway.url, secret=lambda: "", time_left=lambda: 5.0)

    def charges(self, stand_in: Any, key: str) -> int:
        return int(key in {each.key for each in stand_in.gateway.ledger.charges()})

    def lose_next_answer(self, stand_in: Any) -> None:
        stand_in.next.append(GatewayFault.CHARGE_THEN_DROP)

    def refuse_next(self, stand_in: Any) -> None:
        stand_in.next.append(GatewayFault.THROTTLE)

    def declined_request(self, request: ChargeRequest) -> ChargeRequest:
        return replace(request, amount_minor=10005)


class Careless:
    """An adapter that charges whenever it is called, and calls every fault a decline."""

    key_lifetime = None

    def __init__(self) -> None:
        self.charged: list[str] = []

    def charge(self, _: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        self.charged.append(idempotency_key)
        return ChargeAnswer(ChargeStatus.SUCCEEDED, reference=f"r-{len(self.charged)}")

    def find(self, _: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer:
        return ChargeAnswer(ChargeStatus.SUCCEEDED)


class _Broken(TestHttp):
    __test__ = False

    @contextmanager
    def stand_in(self) -> Iterator[Any]:
        yield Careless()

    def adapter(self, stand_in: Any) -> Gateway:
        found: Gateway = stand_in
        return found

    def charges(self, stand_in: Any, key: str) -> int:
        return int(stand_in.charged.count(key))

    def lose_next_answer(self, stand_in: Any) -> None:
        pass

    refuse_next = lose_next_answer


@pytest.mark.parametrize(
    "fact",
    [
        "test_a_repeated_key_charges_once",
        "test_a_charge_is_found_by_its_key",
        "test_a_key_that_the_gateway_never_saw_is_not_found",
        "test_a_lost_answer_is_an_unknown_outcome_and_is_found_later",
        "test_a_busy_gateway_has_charged_nothing",
        "test_a_decline_is_an_answer_with_a_known_code",
    ],
)
def test_a_careless_adapter_fails_each_fact(fact: str) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(_Broken(), fact)()
