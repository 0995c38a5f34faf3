"""Every own rule is silent on the shipped set and speaks on its fault; cfn-lint sees what it always sees."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.check import check_templates
from payflow_cfn.check.rules import RULES, run_rules
from payflow_cfn.render import render_templates
from payflow_cfn.settings import Settings
from payflow_cfn.stacks import build_stacks

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"}))


def _resource(templates: dict[str, Any], file: str, name: str) -> Any:
    return templates[file]["Resources"][name]["Properties"]


def _states(templates: dict[str, Any]) -> Any:
    return _resource(templates, "workflow.json", "PaymentWorkflow")["Definition"]["States"]


FAULTS: list[tuple[str, Change]] = [
    ("PF001", lambda t: _resource(t, "root.json", "Storage")["Parameters"].pop("DynamodbKeyArn")),
    ("PF001", lambda t: _resource(t, "root.json", "Storage")["Parameters"].update(Extra="1")),
    ("PF001", lambda t: t["storage.json"]["Outputs"].pop("TransactionsTableArn")),
    ("PF002", lambda t: _states(t)["ReceivePayment"].update(Next="Nowhere")),
    ("PF002", lambda t: _states(t).update(Lonely={"Type": "Succeed"})),
    ("PF002", lambda t: _states(t)["NoticeLost"].pop("Next")),
    ("PF002", lambda t: _states(t)["ProcessPayment"].pop("TimeoutSeconds")),
    ("PF002", lambda t: _states(t)["ProcessPayment"]["Catch"].reverse()),
    ("PF002", lambda t: _states(t)["ProcessPayment"]["Catch"].pop(0)),
    ("PF002", lambda t: _resource(t, "workflow.json", "PaymentWorkflow").update(DefinitionSubstitutions={"a": "b"})),
    ("PF003", lambda t: _resource(t, "workflow.json", "WorkflowLogGroup").update(LogGroupName="/aws/states/x")),
    ("PF004", lambda t: _resource(t, "encryption.json", "SnsKey")["KeyPolicy"]["Statement"].pop(1)),
    (
        "PF004",
        lambda t: _resource(t, "notifications.json", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"].pop(0),
    ),
    (
        "PF005",
        lambda t: _resource(t, "monitoring.json", "WorkflowFailuresAlarm").update(MetricName="Failed"),
    ),
    ("PF005", lambda t: _resource(t, "monitoring.json", "WorkflowFailuresAlarm")["Dimensions"][0].update(Name="Name")),
    ("PF005", lambda t: _resource(t, "monitoring.json", "WorkflowFailuresAlarm").update(Statistic="sum")),
    ("PF005", lambda t: _resource(t, "monitoring.json", "WorkflowFailuresAlarm").pop("TreatMissingData")),
    ("PF006", lambda t: _resource(t, "functions.json", "ValidationFunction").update(Role="arn:aws:iam::1:role/x")),
    (
        "PF007",
        lambda t: _resource(t, "functions.json", "ValidationRole")["Policies"][0]["PolicyDocument"]["Statement"][
            0
        ].update(Resource=["*"]),
    ),
]


def test_the_shipped_set_is_clean_for_every_rule(rendered: dict[str, str]) -> None:
    assert check_templates(rendered) == []


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eu-west-2"])
def test_the_shipped_set_is_clean_in_other_partitions(rendered: dict[str, str], region: str) -> None:
    assert check_templates(rendered, region=region) == []


@pytest.mark.parametrize(("rule", "change"), FAULTS, ids=[f"{rule}-{i}" for i, (rule, _) in enumerate(FAULTS)])
def test_a_rule_finds_its_fault(rendered: dict[str, str], rule: str, change: Change) -> None:
    templates = {name: json.loads(text) for name, text in copy.copy(rendered).items()}
    change(templates)
    assert rule in {each.rule for each in run_rules(templates)}


def test_every_rule_has_a_fault_that_it_was_seen_to_find() -> None:
    assert {rule for rule, _ in FAULTS} == set(RULES)


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"PF006"}))
def test_a_rule_with_nothing_to_look_at_says_so(rule: str) -> None:
    assert rule in {each.rule for each in run_rules({"root.json": {}})}


def test_cfn_lint_finds_an_unknown_property(rendered: dict[str, str]) -> None:
    broken = dict(rendered)
    broken["storage.json"] = broken["storage.json"].replace('"BillingMode"', '"BillingModus"')
    assert "E3002" in {each.rule for each in check_templates(broken)}
