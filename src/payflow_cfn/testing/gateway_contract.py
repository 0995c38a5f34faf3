"""The tests that an adapter of a gateway has to pass: what the money code relies on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.artifacts.shipped import shipped_packages

if TYPE_CHECKING:
    from payments.gateways.protocol import ChargeRequest, Gateway


class GatewayContract:
    """Subclass it as TestAcme, and give the adapter and its gateway's stand-in; pytest runs the tests.

    The stand-in is any server of yours on loopback. Each test gets a new pair from `stand_in`.
    """

    def stand_in(self) -> AbstractContextManager[Any]:
        """A context with the adapter's gateway; the other methods get what it yields."""
        raise NotImplementedError

    def adapter(self, stand_in: Any) -> Gateway:
        """The adapter that charges at the stand-in."""
        raise NotImplementedError

    def charges(self, stand_in: Any, key: str) -> int:
        """How often the stand-in has charged under this idempotency key."""
        raise NotImplementedError

    def lose_next_answer(self, stand_in: Any) -> None:
        """Let the stand-in charge at the next request, and not answer."""
        raise NotImplementedError

    def refuse_next(self, stand_in: Any) -> None:
        """Let the stand-in answer the next request that it is too busy, without a charge."""
        raise NotImplementedError

    def declined_request(self, request: ChargeRequest) -> ChargeRequest:
        """The request, changed so that the stand-in declines it."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _functions(self) -> Iterator[None]:
        """Make the functions' packages importable, as in Lambda."""
        with shipped_packages():
            yield

    def _request(self, **facts: Any) -> ChargeRequest:
        from payments.gateways.protocol import ChargeRequest

        given = {"transaction_id": "T-1", "amount_minor": 10050, "currency": "USD", "payment_method": "credit_card"}
        return ChargeRequest(**{**given, "customer_id": "C-1", **facts})

    def test_a_repeated_key_charges_once(self) -> None:
        """The same key again returns the first charge."""
        with self.stand_in() as stand_in:
            gateway, request = self.adapter(stand_in), self._request()
            answers = [gateway.charge(request, idempotency_key="key-1") for _ in range(3)]
            assert {(each.status, each.reference) for each in answers} == {("SUCCEEDED", answers[0].reference)}
            assert self.charges(stand_in, "key-1") == 1

    def test_a_charge_is_found_by_its_key(self) -> None:
        """Find returns what charge returned, and charges nothing."""
        with self.stand_in() as stand_in:
            gateway, request = self.adapter(stand_in), self._request()
            charged = gateway.charge(request, idempotency_key="key-1")
            found = gateway.find(request, idempotency_key="key-1")
            assert (found.status, found.reference) == (charged.status, charged.reference)
            assert self.charges(stand_in, "key-1") == 1

    def test_a_key_that_the_gateway_never_saw_is_not_found(self) -> None:
        """Only then may the payment be charged again."""
        with self.stand_in() as stand_in:
            assert self.adapter(stand_in).find(self._request(), idempotency_key="key-2").status == "NOT_FOUND"
            assert self.charges(stand_in, "key-2") == 0

    def test_a_lost_answer_is_an_unknown_outcome_and_is_found_later(self) -> None:
        """The charge may have happened: OutcomeUnknown, never a decline, and find knows it."""
        from payments.gateways.protocol import OutcomeUnknown

        with self.stand_in() as stand_in:
            gateway, request = self.adapter(stand_in), self._request()
            self.lose_next_answer(stand_in)
            with pytest.raises(OutcomeUnknown):
                gateway.charge(request, idempotency_key="key-1")
            assert gateway.find(request, idempotency_key="key-1").status == "SUCCEEDED"
            assert gateway.charge(request, idempotency_key="key-1").status == "SUCCEEDED"
            assert self.charges(stand_in, "key-1") == 1

    def test_a_busy_gateway_has_charged_nothing(self) -> None:
        """GatewayUnavailable says that nothing was charged, so the step may be repeated at once."""
        from payments.gateways.protocol import GatewayUnavailable, OutcomeUnknown

        with self.stand_in() as stand_in:
            gateway, request = self.adapter(stand_in), self._request()
            self.refuse_next(stand_in)
            with pytest.raises((GatewayUnavailable, OutcomeUnknown)) as failure:
                gateway.charge(request, idempotency_key="key-1")
            assert failure.type is OutcomeUnknown or self.charges(stand_in, "key-1") == 0
            assert gateway.charge(request, idempotency_key="key-1").status == "SUCCEEDED"
            assert self.charges(stand_in, "key-1") == 1

    def test_a_decline_is_an_answer_with_a_known_code(self) -> None:
        """A decline is a result, not an exception; its code is one of the money code's."""
        from payments.gateways.outcomes import DECLINE_CODES

        with self.stand_in() as stand_in:
            gateway, request = self.adapter(stand_in), self.declined_request(self._request())
            answers = [gateway.charge(request, idempotency_key="key-1"), gateway.find(request, idempotency_key="key-1")]
            assert [each.status for each in answers] == ["DECLINED", "DECLINED"]
            assert {each.decline_code for each in answers} <= DECLINE_CODES
