"""Payments through a set whose names have an organisation's prefix, on the embedded AWS, and the commands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import find_collisions
from payflow_cfn.extensions import name_prefix
from payflow_cfn.local.emulator.admin import reset
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.stacks.render import build_set
from payflow_cfn.testing.deployed import deploy
from sessions import always
from team_extension import screening_in, write_screening

if TYPE_CHECKING:
    from pathlib import Path

    from payflow_cfn.extensions import Draft
    from payflow_cfn.local.emulator.emulator import Emulator

pytestmark = pytest.mark.local


def acme(payments: Draft) -> Draft:
    return name_prefix(payments, "acme-")


def test_payments_and_commands_work_with_a_prefix(
    shared_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset(shared_emulator)
    clients = local_clients(shared_emulator)
    site = deploy(clients, build_set(Settings(), [acme, screening_in(write_screening(tmp_path))]), {})
    assert site.outputs["TransactionsTableName"].startswith("acme-dynamodb-transactions-")
    facts = {"payment_amount": "100.50", "payment_method": "credit_card", "customer_id": "C-1"}
    paid = site.pay({"transaction_id": "T-1", **facts})
    assert (paid.status, paid.row["status"], paid.charges) == ("COMPLETED", "COMPLETED", 1)
    unpaid = site.pay({"transaction_id": "T-2", **facts, "customer_id": "BAD-1"})
    assert [each["status"] for each in unpaid.notices] == ["DECLINED"]
    monkeypatch.chdir(tmp_path)
    environment = site.outputs["TransactionsTableName"].rpartition("transactions-")[2]
    every = (["status"], ["diagnose"], ["payments", "--open"], ["payment", "T-1"])
    assert [main([*each, "--env", environment], always(clients)) for each in every] == [0, 0, 0, 0]
    assert find_collisions(clients, environment=environment, stack_name="other").collisions == ()
