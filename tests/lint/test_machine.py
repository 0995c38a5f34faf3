"""Rules about the state machine's graph, wherever in it the fault is: at the top, in a branch, in a map."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import ParsedSet, parse_set
from payflow_cfn.lint import check_set
from payflow_cfn.lint.rules import RULES, apply_rules

GRAPH_RULES = ("PF010", "PF011", "PF012", "PF013", "PF014", "PF015")
TASK: dict[str, Any] = {
    "Type": "Task",
    "TimeoutSeconds": 30,
    "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}],
    "Catch": [
        {"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Bad"},
        {"ErrorEquals": ["States.ALL"], "Next": "Bad"},
    ],
    "Next": "Ask",
}
GRAPH: dict[str, Any] = {
    "StartAt": "Work",
    "States": {
        "Work": TASK,
        "Ask": {"Type": "Choice", "Choices": [{"Condition": "c", "Next": "Good"}], "Default": "Bad"},
        "Good": {"Type": "Succeed"},
        "Bad": {"Type": "Fail"},
    },
}
Graph = dict[str, Any]


def top(graph: Graph) -> Graph:
    return graph | {"TimeoutSeconds": 300}


def branch(graph: Graph) -> Graph:
    both = {"Type": "Parallel", "Branches": [deepcopy(GRAPH), graph], "End": True}
    return {"StartAt": "Both", "States": {"Both": both}, "TimeoutSeconds": 300}


def items(graph: Graph) -> Graph:
    each = {"Type": "Map", "ItemProcessor": graph, "End": True}
    return {"StartAt": "Each", "States": {"Each": each}, "TimeoutSeconds": 300}


def old_items(graph: Graph) -> Graph:
    each = {"Type": "Map", "Iterator": graph, "End": True}
    return {"StartAt": "Each", "States": {"Each": each}, "TimeoutSeconds": 300}


def items_in_branch(graph: Graph) -> Graph:
    return branch(items(graph))


PLACES = pytest.mark.parametrize("place", [top, branch, items, old_items, items_in_branch])


def found(definition: Graph) -> set[str]:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": definition}}
    templates = ParsedSet({"root": {"Description": "payflow 1.1", "Resources": {"M": machine}}}, {"root": ""})
    return {each.rule for each in apply_rules(templates, (*GRAPH_RULES, "PF019"))}


def endless(graph: Graph) -> None:
    for name in ("Good", "Bad"):
        graph["States"][name] = {"Type": "Pass", "Next": "Work"}


BREACHES: list[tuple[str, str, Callable[[Graph], object]]] = [
    ("PF010", "start", lambda g: g.update(StartAt="Nowhere")),
    ("PF010", "next", lambda g: g["States"]["Work"].update(Next="Nowhere")),
    ("PF010", "default", lambda g: g["States"]["Ask"].update(Default="Nowhere")),
    ("PF010", "choice", lambda g: g["States"]["Ask"]["Choices"].append({"Condition": "d", "Next": "Nowhere"})),
    ("PF010", "catch", lambda g: g["States"]["Work"]["Catch"][0].update(Next="Nowhere")),
    ("PF011", "island", lambda g: g["States"].update(Island={"Type": "Succeed"})),
    ("PF011", "two islands", lambda g: g["States"].update(A={"Next": "B"}, B={"Next": "A"})),
    ("PF012", "endless", endless),
    ("PF013", "catch all first", lambda g: g["States"]["Work"]["Catch"].reverse()),
    ("PF013", "catch all among others", lambda g: g["States"]["Work"]["Catch"][1]["ErrorEquals"].append("Mine")),
    ("PF013", "retry all first", lambda g: g["States"]["Work"]["Retry"].append({"ErrorEquals": ["Mine"]})),
    ("PF014", "no timeout", lambda g: g["States"]["Work"].pop("TimeoutSeconds")),
    ("PF015", "too much data", lambda g: g["States"]["Work"]["Catch"].pop(0)),
    ("PF015", "no catch", lambda g: g["States"]["Work"].pop("Catch")),
]  # fmt: skip


@PLACES
def test_a_graph_in_order_breaks_no_rule_and_no_attempts_are_allowed(place: Callable[[Graph], Graph]) -> None:
    assert found(place(deepcopy(GRAPH))) == set()


@PLACES
@pytest.mark.parametrize(
    ("rule", "breach"), [(rule, breach) for rule, _, breach in BREACHES], ids=[f"{a} {b}" for a, b, _ in BREACHES]
)
def test_a_breach_is_found_by_its_rule(
    rule: str, breach: Callable[[Graph], object], place: Callable[[Graph], Graph]
) -> None:
    graph = deepcopy(GRAPH)
    breach(graph)
    assert rule in found(place(graph))


def test_every_rule_of_the_graph_has_a_breach() -> None:
    assert {rule for rule, _, _ in BREACHES} == set(GRAPH_RULES) <= set(RULES)


@pytest.mark.parametrize("timeout", [{"TimeoutSeconds": "{% 10 + 20 %}"}, {"TimeoutSecondsPath": "$.seconds"}])
def test_a_timeout_that_is_computed_is_one(timeout: dict[str, str]) -> None:
    graph = deepcopy(GRAPH)
    graph["States"]["Work"].pop("TimeoutSeconds")
    graph["States"]["Work"] |= timeout
    assert "PF014" not in found(graph)


@pytest.mark.slow
def test_each_function_of_the_shipped_set_bounds_its_tasks(broken: Callable[..., dict[str, str]]) -> None:
    def slower(sets: Any) -> None:
        for title in ("Validation", "Processing"):
            sets["functions"]["Resources"][f"{title}Function"]["Properties"]["Timeout"] = 900

    short = [each.path.rpartition("/")[2] for each in check_set(parse_set(broken(slower))) if each.rule == "PF014"]
    assert sorted(short) == ["ProcessPayment", "ReconcilePayment", "ValidatePayment"]


INSIDE: dict[str, Callable[[dict[str, Any]], Graph]] = {
    "branch": lambda task: {"Type": "Parallel", "Branches": [{"States": {"Inner": task}}]},
    "map": lambda task: {"Type": "Map", "ItemProcessor": {"States": {"Inner": task}}},
}


@pytest.mark.parametrize("where", INSIDE)
def test_what_a_step_inside_calls_and_counts_is_seen(where: str, broken: Callable[..., dict[str, str]]) -> None:
    def move(sets: Any) -> None:
        states = sets["workflow"]["Resources"]["PaymentWorkflow"]["Properties"]["Definition"]["States"]
        for name in ("CountUnknown", "CountLostNotice"):
            states[name] = INSIDE[where](states[name])

    def forbid(sets: Any) -> None:
        move(sets)
        role = sets["workflow"]["Resources"]["WorkflowRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        role["Statement"] = [each for each in role["Statement"] if "cloudwatch:PutMetricData" not in each["Action"]]

    # The alarm's metric is still put, and the role has to allow it.
    assert apply_rules(parse_set(broken(move)), ["PF029", "PF030"]) == []
    assert [each.rule for each in apply_rules(parse_set(broken(forbid)), ["PF029"])] == ["PF029"] * 2
