"""Payments through a set whose extension routes by a step's answer, on the embedded AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.local.emulator.admin import reset
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.stacks.render import build_set
from payflow_cfn.testing.deployed import deploy
from team_routes import reviewed_in

if TYPE_CHECKING:
    from pathlib import Path

    from payflow_cfn.local.emulator.emulator import Emulator
    from payflow_cfn.testing import Deployed

pytestmark = pytest.mark.local


def entered(site: Deployed, transaction_id: str) -> list[str]:
    """The team's states that the payment's execution entered."""
    states, machine = site.client("stepfunctions"), site.outputs["StateMachineArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{transaction_id}"
    events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    names = [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]
    return [each for each in names if each in ("Score", "RouteScore", "CoolDown", "Review", "ProcessPayment")]


def test_an_answer_chooses_the_way(shared_emulator: Emulator, tmp_path: Path) -> None:
    reset(shared_emulator)
    site = deploy(local_clients(shared_emulator), build_set(Settings(), [reviewed_in(tmp_path)]), {})
    facts = {"payment_amount": "100.50", "payment_method": "credit_card"}
    paid = {
        customer: site.pay({"transaction_id": f"T-{customer}", "customer_id": customer, **facts})
        for customer in ("LOW", "MIDDLE", "HIGH", "NONE")
    }
    ways = {customer: entered(site, f"T-{customer}")[2:-1] for customer in paid}
    assert ways == {"LOW": [], "MIDDLE": ["Review"], "HIGH": ["CoolDown", "Review"], "NONE": ["CoolDown", "Review"]}
    assert {customer: (each.status, each.charges, len(each.notices)) for customer, each in paid.items()} == {
        "LOW": ("COMPLETED", 1, 0),
        **dict.fromkeys(("MIDDLE", "HIGH", "NONE"), ("DECLINED", 0, 1)),
    }
    assert [paid[each].row["gateway_reference"] for each in ("MIDDLE", "NONE")] == [
        "refused: band middle",
        "refused: band none",
    ]
