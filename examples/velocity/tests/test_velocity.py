"""Velocity: the set stays clean, nothing of payflow's is lost, and a customer's limit holds for each payment once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from payflow_cfn import Settings, build_set, diff_sets
from payflow_cfn.diff import Effect, ResourceChange

if TYPE_CHECKING:
    from payflow_cfn import TemplateSet
    from payflow_cfn.testing import Deployed

LIMIT = 2
REJECTION = ["velocity: the customer has made too many payments in this period"]


@pytest.fixture(scope="session")
def payflow_parameters() -> Mapping[str, str]:
    """A small limit, and a period of a century: it is number 0, and does not end while a test runs."""
    return {"VelocityLimit": str(LIMIT), "VelocitySeconds": str(100 * 366 * 86400)}


def payment(transaction_id: str, customer_id: str) -> dict[str, str]:
    facts = {"payment_amount": "100.50", "payment_method": "credit_card"}
    return {"transaction_id": transaction_id, "customer_id": customer_id, **facts}


def test_lint_and_audit_find_nothing(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_the_table_is_added_and_nothing_is_replaced_or_lost(payflow_set: TemplateSet) -> None:
    plain = build_set(Settings(), [])
    changes = [each for each in diff_sets(plain, payflow_set) if isinstance(each, ResourceChange)]
    added = {each.logical_id: each.resource_type for each in changes if each.action == "add"}
    # A new version of the validation function; the old one is kept for a rollback.
    assert sorted(added.values()) == ["AWS::DynamoDB::Table", "AWS::Lambda::Version"]
    assert [each.fate for each in changes if each.action == "remove"] == ["retained"]
    changed = {each.logical_id: each.effect for each in changes if each.action == "modify"}
    ours = ["ValidationAlias", "ValidationFunction", "ValidationRole"]
    assert changed == dict.fromkeys(ours, Effect.NO_INTERRUPTION)


def test_a_payment_beyond_the_limit_is_rejected(payflow_deployed: Deployed) -> None:
    paid = [payflow_deployed.pay(payment(f"T-{number}", "C-1")) for number in range(LIMIT + 1)]
    assert [(each.status, each.charges) for each in paid] == [*[("COMPLETED", 1)] * LIMIT, ("REJECTED", 0)]
    assert (paid[-1].row["status"], paid[-1].result["errors"]) == ("REJECTED", REJECTION)
    assert [each["status"] for each in paid[-1].notices] == ["REJECTED"]
    assert payflow_deployed.pay(payment("T-other", "C-2")).status == "COMPLETED"


def test_a_payment_is_counted_once_when_the_rule_runs_again(payflow_deployed: Deployed) -> None:
    # An earlier attempt of R-1 ran the rule, and died before the payment had a row.
    counted = {"period": {"S": "C-3 0"}, "payments": {"SS": ["R-0", "R-1"]}}
    table, dynamodb = payflow_deployed.outputs["VelocityTableName"], payflow_deployed.client("dynamodb")
    dynamodb.put_item(TableName=table, Item=counted)
    assert payflow_deployed.pay(payment("R-1", "C-3")).status == "COMPLETED"
    assert payflow_deployed.pay(payment("R-2", "C-3")).status == "REJECTED"
    item = dynamodb.get_item(TableName=table, Key={"period": {"S": "C-3 0"}})["Item"]
    assert sorted(item["payments"]["SS"]) == ["R-0", "R-1"]
