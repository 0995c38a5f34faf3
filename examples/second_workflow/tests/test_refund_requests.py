"""A second workflow lives beside the payments: nothing of theirs changes but a key's policy, and it only reads rows."""

import json
import time
from typing import Any

from payflow_cfn import Settings, TemplateSet, audit_set, build_set, diff_sets
from payflow_cfn.diff import Effect, ResourceChange
from payflow_cfn.testing import Deployed, weakened

FACTS = {"payment_amount": "100.50", "payment_method": "credit_card", "customer_id": "CUST-1"}


def test_the_set_is_clean(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_audit_notices_each_weaker_policy_of_ours(payflow_set: TemplateSet) -> None:
    for what, copy in weakened(payflow_set, extension="refund_requests:refund_requests"):
        assert audit_set(copy), what


def test_the_plain_set_gets_a_stack_and_keeps_all_it_has(payflow_set: TemplateSet) -> None:
    changes = [each for each in diff_sets(build_set(Settings()), payflow_set) if isinstance(each, ResourceChange)]
    added = {each.path[-1] for each in changes if each.action == "add"}
    assert added == {"Refunds", "RefundsRole", "RefundsLogGroup", "RefundRequests"}
    others = [each for each in changes if each.action != "add"]
    assert {(each.action, each.effect, each.losses) for each in others} == {("modify", Effect.NO_INTERRUPTION, ())}
    assert {each.path[-1] for each in others} == {"CloudwatchKey"}


def requested(site: Deployed, transaction_id: str) -> dict[str, Any]:
    """The execution of a request, when it is over."""
    states, machine = site.client("stepfunctions"), site.outputs["RefundRequestsArn"]
    given = json.dumps({"transaction_id": transaction_id})
    arn = states.start_execution(stateMachineArn=machine, name=f"refund-{transaction_id}", input=given)["executionArn"]
    while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.05)
    return dict(found)


def test_a_charged_payment_gets_one_request_and_its_row_stays(payflow_deployed: Deployed) -> None:
    before = payflow_deployed.pay({**FACTS, "transaction_id": "T-1"})
    assert requested(payflow_deployed, "T-1")["status"] == "SUCCEEDED"
    facts = {"transaction_id": "T-1", "amount": "100.5", "currency": "USD", "status": "REFUND_REQUESTED"}
    after = payflow_deployed.pay({**FACTS, "transaction_id": "T-1"})
    assert (after.row, after.charges, after.notices) == (before.row, 1, (facts,))


def test_a_payment_that_was_not_charged_or_is_not_there_gets_none(payflow_deployed: Deployed) -> None:
    payflow_deployed.pay({**FACTS, "transaction_id": "T-2", "payment_amount": "12.05"})
    assert [requested(payflow_deployed, each)["error"] for each in ("T-2", "T-0")] == ["NotCharged", "NotCharged"]
    found = [each["status"] for name in ("T-2", "T-0") for each in payflow_deployed.notices(name)]
    assert found == ["DECLINED"]
