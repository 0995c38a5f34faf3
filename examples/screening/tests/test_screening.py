"""Screening: the set stays clean, nothing of payflow's is lost, and payments have their effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payflow_cfn import Settings, build_set, diff_sets, run_payment
from payflow_cfn.diff import Effect, ResourceChange

if TYPE_CHECKING:
    from payflow_cfn import TemplateSet
    from payflow_cfn.testing import Deployed


def payment(transaction_id: str, customer_id: str = "C-1") -> dict[str, str]:
    facts = {"payment_amount": "100.50", "payment_method": "credit_card"}
    return {"transaction_id": transaction_id, "customer_id": customer_id, **facts}


def store_list(site: Deployed) -> None:
    bucket = site.outputs["ScreeningBucketName"]
    site.client("s3").put_object(Bucket=bucket, Key="refused.txt", Body=b"BAD-1\nBAD-2\n")


@pytest.fixture(scope="module")
def plain() -> TemplateSet:
    return build_set(Settings(), [])


def test_lint_and_audit_find_nothing(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_the_step_is_added_and_nothing_is_replaced_or_lost(plain: TemplateSet, payflow_set: TemplateSet) -> None:
    changes = [each for each in diff_sets(plain, payflow_set) if isinstance(each, ResourceChange)]
    added = {each.resource_type.removeprefix("AWS::") for each in changes if each.action == "add"}
    function = {"Lambda::Function", "Lambda::Version", "Lambda::Alias", "IAM::Role", "Logs::LogGroup"}
    assert added == {"S3::Bucket", "CloudWatch::Alarm", *function}
    changed = {each.logical_id: each.effect for each in changes if each.action != "add"}
    # The step, and the policies that name the new function, log group and alarms.
    assert changed == dict.fromkeys(
        [
            "CloudwatchKey",
            "NotificationsTopicPolicy",
            "PaymentHealthAlarm",
            "PaymentWorkflow",
            "SnsKey",
            "WorkflowRole",
        ],
        Effect.NO_INTERRUPTION,
    )


def test_without_a_list_nothing_is_charged_until_the_payment_is_sent_again(payflow_deployed: Deployed) -> None:
    failed = payflow_deployed.pay(payment("T-early"))
    assert (failed.row["status"], failed.charges) == ("VALIDATED", 0)
    # UNKNOWN: another execution of the payment may charge it, and the notice has to stay true.
    assert [each["status"] for each in failed.notices] == ["UNKNOWN"]
    store_list(payflow_deployed)
    machine = payflow_deployed.outputs["StateMachineArn"]
    run_payment(payflow_deployed.client("stepfunctions"), machine, payment("T-early"), again=True)
    paid = payflow_deployed.pay(payment("T-early"))
    assert (paid.status, paid.charges, len(paid.notices)) == ("COMPLETED", 1, 1)


def test_a_listed_customer_is_declined_and_another_one_is_charged(payflow_deployed: Deployed) -> None:
    store_list(payflow_deployed)
    refused, paid = payflow_deployed.pay(payment("T-1", "BAD-2")), payflow_deployed.pay(payment("T-2"))
    assert (refused.status, refused.result["decline_code"]) == ("DECLINED", "refused_before_charge")
    assert (refused.row["gateway_reference"], refused.charges) == ("refused: listed", 0)
    assert [each["status"] for each in refused.notices] == ["DECLINED"]
    assert (paid.status, paid.charges, paid.notices) == ("COMPLETED", 1, ())
