"""The fields of the functions' answers are those that the real functions answer with, whatever becomes of a payment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.stand_ins import Context, Table
from payflow_cfn.artifacts.answers import ANSWERS, ROUTED, STEPS
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates
from payments import clients
from payments.statuses import ERRORS
from processing import handler as processing
from processing.job import STEPS as ALL_STEPS
from validation import handler as validation

EXECUTION = {"arn": "arn:aws:states:eu-west-2:1:execution:m:e", "started_at": "2026-11-25T10:00:00.000Z"}
RULES = {"limits": "USD 10000 5000", "risk_threshold": "50"}
GATEWAY = {"adapter": "simulated", "url": "", "secret_arn": ""}
PAYMENT = {"transaction_id": "T", "payment_method": "credit_card", "customer_id": "C"}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    stand_in = Table()
    monkeypatch.setattr("payments.clients.dynamodb", lambda: stand_in)
    monkeypatch.setenv("TABLE_NAME", "dynamodb-transactions-dev")
    clients.ledger.cache_clear()
    yield stand_in
    clients.ledger.cache_clear()


def fits(answer: dict[str, Any], fields: Any) -> bool:
    """Whether the answer has these fields and no other; null stands for an object of any fields."""
    inside = [(answer.get(name), inner) for name, inner in fields.items()]
    return set(answer) == set(fields) and all(
        value in inner if isinstance(inner, frozenset) else fits(value, inner)
        for value, inner in inside
        if inner is not None and value is not None
    )


def answers(amount: str, execution: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    event: dict[str, Any] = {"payment": {**PAYMENT, "payment_amount": amount}, "rules": RULES, "execution": execution}
    answer = json.loads(json.dumps(validation.handle(event, Context())))
    yield "validation.handler.handle", answer
    if answer["outcome"] == "VALIDATED":
        event = {"payment": answer["payment"], "gateway": GATEWAY, "execution": execution, "quiet_seconds": 0}
        for step in ("process", "reconcile"):
            step_event = {**event, "step": step, "last": step == "reconcile", "clock_margin_seconds": 0}
            yield "processing.handler.handle", json.loads(json.dumps(processing.handle(step_event, Context())))


@pytest.mark.parametrize(
    ("amount", "outcomes"),
    [
        ("100.50", {"VALIDATED", "COMPLETED"}),
        ("1.05", {"VALIDATED", "DECLINED"}),
        ("1.93", {"VALIDATED", "UNKNOWN"}),
        ("1.95", {"VALIDATED", "UNKNOWN", "FAILED"}),
        ("999999", {"REJECTED"}),
        ("much", {"REJECTED"}),
    ],
)
def test_every_answer_has_its_fields_and_no_other(table: Table, amount: str, outcomes: set[str]) -> None:
    given = [*answers(amount, EXECUTION), *answers(amount, {**EXECUTION, "arn": "another"})]
    assert {answer["outcome"] for _, answer in given} >= outcomes
    assert [answer for handler, answer in given if not fits(answer, ANSWERS[handler])] == []


def test_a_conflict_has_them_too(table: Table) -> None:
    assert list(answers("1.05", EXECUTION))
    ((handler, answer),) = answers("2.00", {**EXECUTION, "arn": "another"})
    assert answer["outcome"] == "CONFLICT"
    assert fits(answer, ANSWERS[handler])


def test_the_outcomes_are_all_that_the_functions_know() -> None:
    assert {answer["outcome"] for answer in ANSWERS.values()} == {frozenset(ERRORS)}


def test_the_steps_are_those_that_the_workflow_asks_for_and_the_function_knows() -> None:
    asked = {"processing.handler.handle": {"step": {"process", "reconcile"}}}
    assert asked == {handler: {name: set(each) for name, each in fields.items()} for handler, fields in STEPS.items()}
    assert STEPS["processing.handler.handle"]["step"] < set(ALL_STEPS)


@pytest.mark.parametrize(
    ("choice", "handler"),
    [
        ("RouteValidation", "validation.handler.handle"),
        ("RouteProcessing", "processing.handler.handle"),
        ("RouteReconciliation", "processing.handler.handle"),
    ],
)
def test_the_routed_outcomes_are_those_that_the_workflow_has_a_way_for(choice: str, handler: str) -> None:
    rendered = render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"}))
    machine = json.loads(rendered["workflow.json"])["Resources"]["PaymentWorkflow"]["Properties"]["Definition"]
    conditions = " ".join(each["Condition"] for each in machine["States"][choice]["Choices"])
    assert set(re.findall(r"'([A-Z]+)'", conditions)) == ROUTED[handler] <= ANSWERS[handler]["outcome"]


def test_the_handlers_are_those_of_the_set() -> None:
    rendered = render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"}))
    resources = json.loads(rendered["functions.json"])["Resources"].values()
    handlers = {each["Properties"]["Handler"] for each in resources if each["Type"] == "AWS::Lambda::Function"}
    assert handlers == set(ANSWERS)
