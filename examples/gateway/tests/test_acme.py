"""Acme Pay: the adapter keeps the contract, the set stays clean, and payments are charged once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from bank import Bank, open_bank

from payflow_cfn import Settings, TemplateSet, build_set, diff_sets
from payflow_cfn.diff import Effect, ResourceChange
from payflow_cfn.testing import Deployed, GatewayContract


class TestAcmePay(GatewayContract):
    def stand_in(self) -> AbstractContextManager[Bank]:
        return open_bank()

    def adapter(self, stand_in: Any) -> Any:
        # Here, because it imports the functions' packages, which the contract makes importable.
        from acme_pay import AcmePay

        return AcmePay(url=stand_in.url, secret=lambda: "key", time_left=lambda: 60.0)

    def charges(self, stand_in: Any, key: str) -> int:
        return int(stand_in.charged[key])

    def lose_next_answer(self, stand_in: Any) -> None:
        stand_in.next.append("silent")

    def refuse_next(self, stand_in: Any) -> None:
        stand_in.next.append("busy")

    def declined_request(self, request: Any) -> Any:
        return replace(request, amount_minor=10005)


@pytest.fixture(scope="session")
def bank() -> Iterator[Bank]:
    with open_bank() as found:
        yield found


@pytest.fixture(scope="session")
def payflow_parameters(bank: Bank) -> Mapping[str, str]:
    """The deployed set charges at the stand-in."""
    return {"GatewayAdapter": "acme", "GatewayUrl": bank.url}


def payment(transaction_id: str, amount: str) -> dict[str, str]:
    facts = {"payment_amount": amount, "payment_method": "credit_card", "customer_id": "C-1"}
    return {"transaction_id": transaction_id, **facts}


def test_lint_and_audit_find_nothing(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_the_adapter_is_added_and_nothing_is_replaced_or_lost(payflow_set: TemplateSet) -> None:
    found = diff_sets(build_set(Settings(), []), payflow_set)
    changes = [each for each in found if isinstance(each, ResourceChange)]
    assert [(each.resource_type, each.action, each.fate) for each in changes if each.action != "modify"] == [
        ("AWS::Lambda::Version", "add", ""),
        ("AWS::Lambda::Version", "remove", "retained"),
    ]
    changed = {each.logical_id: each.effect for each in changes if each.action == "modify"}
    assert changed == dict.fromkeys(["ProcessingAlias", "ProcessingFunction"], Effect.NO_INTERRUPTION)


def test_a_payment_is_charged_and_another_one_declined(payflow_deployed: Deployed, bank: Bank) -> None:
    paid, declined = payflow_deployed.pay(payment("T-1", "100.50")), payflow_deployed.pay(payment("T-2", "20.05"))
    assert (paid.status, paid.charges, paid.notices) == ("COMPLETED", 1, ())
    assert paid.row["gateway_reference"] == bank.books[paid.row["idempotency_key"]]["id"]
    assert (declined.status, declined.result["decline_code"]) == ("DECLINED", "insufficient_funds")
    assert [each["status"] for each in declined.notices] == ["DECLINED"]
    assert bank.charged[paid.row["idempotency_key"]] == 1
    assert bank.charged[declined.row["idempotency_key"]] == 0


def test_a_lost_answer_charges_once(payflow_deployed: Deployed, bank: Bank) -> None:
    bank.next.append("silent")
    paid = payflow_deployed.pay(payment("T-3", "30.50"))
    assert (paid.status, paid.charges, paid.notices) == ("COMPLETED", 1, ())
    assert bank.charged[paid.row["idempotency_key"]] == 1
