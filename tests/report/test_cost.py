"""Test the estimate: the ways of payments through the workflow, their requests, and the sums."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payflow_cfn.report import Request, Subject, prices
from payflow_cfn.report.cost import estimate, predicted
from payflow_cfn.report.ways import WAYS, Requests, requests_of, states_of


def test_the_shares_are_all_payments() -> None:
    assert sum(each.share for each in WAYS) == 1


def test_the_described_workflow_has_every_way(subject: Subject) -> None:
    assert [way for way, _ in predicted(subject)] == list(WAYS)


def test_the_requests_of_a_completed_payment(subject: Subject) -> None:
    assert requests_of(subject.machine, WAYS[0]) == Requests(transitions=7, invocations=2, writes=3)


def test_a_step_between_two_states_counts(subject: Subject) -> None:
    states = dict(subject.machine["States"])
    states["Screen"] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "ProcessPayment"}
    choices = [
        {**each, "Next": "Screen"} if each["Next"] == "ProcessPayment" else each
        for each in states["RouteValidation"]["Choices"]
    ]
    states["RouteValidation"] = {**states["RouteValidation"], "Choices": choices}
    found = requests_of({**subject.machine, "States": states}, WAYS[0])
    assert found == Requests(transitions=8, invocations=3, writes=3)


@pytest.mark.parametrize("without", ["ProcessPayment", "PaymentComplete"])
def test_a_workflow_without_a_state_has_no_such_way(subject: Subject, without: str) -> None:
    states = {name: each for name, each in subject.machine["States"].items() if name != without}
    assert states_of({**subject.machine, "States": states}, WAYS[0]) is None


def test_a_state_that_leads_nowhere_ends_the_way(subject: Subject) -> None:
    states = {**subject.machine["States"], "RouteProcessing": {"Type": "Choice", "Choices": []}}
    assert states_of({**subject.machine, "States": states}, WAYS[0]) is None


def test_twice_the_payments_cost_twice(subject: Subject) -> None:
    def sums(payments: int) -> dict[str, Decimal]:
        asked = subject._replace(request=Request("prod", "", payments))
        return {each.item: each.dollars for each in estimate(asked)}

    one, two = sums(1000), sums(2000)
    assert two["Step Functions"] == 2 * one["Step Functions"] > 0
    assert two["KMS keys"] == one["KMS keys"] == 5


def test_a_line_is_quantity_times_price(subject: Subject) -> None:
    (line,) = [each for each in estimate(subject) if each.item == "Step Functions"]
    mean = sum(way.share * each.transitions for way, each in predicted(subject))
    assert line.quantity == 2000 * 30 * mean
    assert line.dollars == line.quantity * prices.TRANSITIONS.dollars / 1000
