"""The set with events is clean, nothing of ours is replaced or lost, and each final result is an event in the queue."""

import json
import time
from collections.abc import Mapping
from typing import Any

from payflow_cfn import Settings, TemplateSet, audit_set, build_set, diff_sets
from payflow_cfn.diff import Effect, ResourceChange
from payflow_cfn.testing import Deployed, weakened

FACTS = {"payment_amount": "100.50", "payment_method": "credit_card", "customer_id": "CUST-1"}
DOWNSTREAM = {"Key", "Bus", "Queue", "DeadLetters", "QueuePolicy", "Rule", "UndeliveredAlarm"}


def test_the_set_is_clean(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_audit_notices_each_weaker_policy_of_ours(payflow_set: TemplateSet) -> None:
    for what, copy in weakened(payflow_set, extension="result_events:result_events"):
        assert audit_set(copy), what


def test_the_plain_set_gets_a_stack_and_an_alarm_and_keeps_all_it_has(payflow_set: TemplateSet) -> None:
    changes = [each for each in diff_sets(build_set(Settings()), payflow_set) if isinstance(each, ResourceChange)]
    added = {each.path[-1] for each in changes if each.action == "add"}
    assert added == {"Results", *(f"Results{each}" for each in DOWNSTREAM)}
    others = [each for each in changes if each.action != "add"]
    assert {(each.action, each.effect, each.losses) for each in others} == {("modify", Effect.NO_INTERRUPTION, ())}
    assert {each.path[-1] for each in others} >= {"PaymentWorkflow", "WorkflowRole"}


def test_an_execution_whose_event_is_lost_fails(payflow_set: TemplateSet) -> None:
    machine = json.loads(payflow_set.templates["workflow.json"])["Resources"]["PaymentWorkflow"]
    states = machine["Properties"]["Definition"]["States"]
    lost = {each["Next"] for name, state in states.items() if name.startswith("Publish") for each in state["Catch"]}
    assert lost == {"PaymentFailed"}


def events(site: Deployed) -> list[Mapping[str, Any]]:
    """The events that are in the downstream's queue, taken out of it."""
    sqs, found = site.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=site.outputs["ResultsQueueUrl"]).get("Messages"):
        for each in messages:
            found.append(json.loads(each["Body"]))
            sqs.delete_message(QueueUrl=site.outputs["ResultsQueueUrl"], ReceiptHandle=each["ReceiptHandle"])
    return found


def test_each_final_result_is_one_event(payflow_deployed: Deployed) -> None:
    amounts = {"T-paid": "100.50", "T-declined": "12.05", "T-rejected": "10000.01", "T-unknown": "12.93"}
    for name, amount in amounts.items():
        payflow_deployed.pay({**FACTS, "transaction_id": name, "payment_amount": amount})
    found = [(each["detail"]["transaction_id"], each["detail"]["status"]) for each in events(payflow_deployed)]
    statuses = ["COMPLETED", "DECLINED", "REJECTED", "UNKNOWN"]
    assert found == [*zip(amounts, statuses, strict=True)]


def test_an_event_has_only_facts_of_a_notice(payflow_deployed: Deployed) -> None:
    paid = payflow_deployed.pay({**FACTS, "transaction_id": "T-facts"})
    (event,) = events(payflow_deployed)
    assert (event["source"], event["detail-type"]) == ("payflow", "Payment result")
    facts = {"transaction_id": "T-facts", "amount": "100.50", "currency": "USD", "payment_method": "credit_card"}
    arn = event["detail"].pop("execution_arn")
    assert arn.startswith("arn:aws:states:")
    assert event["detail"] == {**facts, "status": "COMPLETED", "error": "None"}
    assert (paid.status, paid.charges, paid.notices) == ("COMPLETED", 1, ())


def test_a_second_execution_of_a_payment_sends_its_event_again(payflow_deployed: Deployed) -> None:
    payment = {**FACTS, "transaction_id": "T-again"}
    payflow_deployed.pay(payment)
    states, machine = payflow_deployed.client("stepfunctions"), payflow_deployed.outputs["StateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine, name="by-hand", input=json.dumps(payment))["executionArn"]
    while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        time.sleep(0.05)
    first, second = events(payflow_deployed)
    assert first["detail"]["status"] == second["detail"]["status"] == "COMPLETED"
    assert first["id"] != second["id"]
    assert payflow_deployed.pay(payment).charges == 1
