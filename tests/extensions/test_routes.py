"""States that call nothing: a Choice by a step's answer, and a Wait."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, add_choice, add_step, add_wait
from payflow_cfn.lint import lint_set
from payflow_cfn.stacks.render import build_set
from team_routes import reviewed_in


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> TemplateSet:
    return build_set(Settings(), [reviewed_in(tmp_path_factory.mktemp("team"))])


def workflow(templates: TemplateSet) -> Mapping[str, Any]:
    machine = json.loads(templates.templates["workflow.json"])["Resources"]["PaymentWorkflow"]
    found: Mapping[str, Any] = machine["Properties"]["Definition"]
    return found


def test_the_states_stand_in_the_order_in_which_they_were_placed(routed: TemplateSet) -> None:
    states = workflow(routed)["States"]
    assert states["RouteValidation"]["Choices"][0]["Next"] == "Score"
    assert [states[each]["Next"] for each in ("Score", "CoolDown", "Review")] == [
        "RouteScore",
        "Review",
        "ProcessPayment",
    ]
    assert states["RouteScore"] == {
        "Type": "Choice",
        "Choices": [
            {"Condition": '{% $score.band = "low" %}', "Next": "ProcessPayment"},
            {"Condition": '{% $score.band = "middle" %}', "Next": "Review"},
        ],
        "Default": "CoolDown",
    }


def test_the_execution_gets_the_time_of_the_wait(tmp_path: Path) -> None:
    def waiting(payments: Draft) -> Draft:
        return add_wait(payments, "CoolDown", seconds=600, before="ProcessPayment")

    plain, found = (workflow(build_set(Settings(), changes)) for changes in ([], [waiting]))
    assert found["TimeoutSeconds"] - plain["TimeoutSeconds"] == 600


@pytest.mark.slow
def test_lint_and_audit_find_nothing(routed: TemplateSet) -> None:
    assert [*lint_set(routed), *audit_set(routed)] == []


def test_a_step_that_is_added_later_stands_on_every_way(tmp_path: Path) -> None:
    def booked(payments: Draft) -> Draft:
        return add_step(payments, "Book", function="scoring", before="ProcessPayment")

    states = workflow(build_set(Settings(), [reviewed_in(tmp_path), booked]))["States"]
    assert states["RouteScore"]["Choices"][0]["Next"] == states["Review"]["Next"] == "Book"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"on": "score"}, "'score' is not a field of an answer: write it as"),
        ({"on": "scores.band"}, "no step keeps an answer scores: did you mean 'score'?"),
        ({"on": "payment.currency"}, "no step keeps an answer payment: known are score"),
        ({"ways": {}}, "Route has no way"),
        ({"ways": {"it's %}": "ProcessPayment"}}, "Route cannot compare with"),
        ({"ways": {"low": "PaymentComplete"}}, "Route cannot lead to PaymentComplete"),
        ({"ways": {"low": "ReconcilePayment"}}, "a choice skips only steps of extensions that follow it"),
        ({"ways": {"low": "RouteProcessing"}}, "Route cannot lead to RouteProcessing"),
        ({"ways": {"low": "Score"}}, "Route cannot lead to Score"),
        ({"before": "RouteValidation", "ways": {"low": "ProcessPayment"}}, "Route cannot lead to ProcessPayment"),
        ({"before": "Reviw"}, "the workflow has no state Reviw: did you mean 'Review'?"),
    ],
)
def test_a_choice_that_cannot_be_is_an_error(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    facts = {"on": "score.band", "ways": {"low": "ProcessPayment"}, "before": "Review", **given}
    with pytest.raises(ExtensionError) as error:
        build_set(Settings(), [reviewed_in(tmp_path), lambda payments: add_choice(payments, "Route", **facts)])
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seconds": 0}, "Pause cannot wait 0 s: use an integer from 1 to 86400"),
        ({"seconds": "{% 5 %}"}, "Pause cannot wait '{% 5 %}' s"),
        ({"before": "PaymentComplete"}, "Pause would stand after the charge"),
        ({"before": "NotifyFailure"}, "Pause would stand after the charge"),
    ],
)
def test_a_wait_that_cannot_be_is_an_error(given: dict[str, Any], message: str) -> None:
    facts = {"seconds": 5, "before": "ProcessPayment", **given}
    with pytest.raises(ExtensionError) as error:
        build_set(Settings(), [lambda payments: add_wait(payments, "Pause", **facts)])
    assert message in str(error.value)
