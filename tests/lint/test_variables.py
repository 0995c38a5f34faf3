"""A variable that may be missing where it is read is found, whichever way leads there; what is bound is left alone."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.rules import apply_rules

Graph = dict[str, Any]
DONE: Graph = {"Type": "Succeed"}
GRAPH: Graph = {
    "QueryLanguage": "JSONata",
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Assign": {"facts": "{% $states.input %}", "error": "None"}, "Next": "Work"},
        "Work": {
            "Type": "Task",
            "Arguments": {"payment": ["{% $facts.id %}"]},
            "Assign": {"answer": "{% $states.result %}"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"error": "E"}, "Next": "Tell"}],
            "Next": "Ask",
        },
        "Ask": {"Type": "Choice", "Choices": [{"Condition": "{% $answer.ok %}", "Next": "Done"}], "Default": "Tell"},
        "Tell": {"Type": "Task", "Arguments": "{% $string({'id': $facts.id, 'error': $error}) %}", "Next": "Done"},
        "Done": DONE,
    },
}


def told(change: Callable[[Graph], object]) -> list[str]:
    graph = deepcopy(GRAPH)
    change(graph["States"])
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": graph}}
    templates = ParsedSet({"root": {"Resources": {"M": machine}}}, {})
    found = (each for each in apply_rules(templates, ["PF034"]) if each.severity == "error")
    return [f"{each.path.rpartition('/')[2]} {each.message.split()[0]}" for each in found]


def inside(kind: str, graph: Graph) -> Graph:
    if kind == "Parallel":
        return {"Type": "Parallel", "Branches": [graph], "Next": "Ask"}
    return {"Type": "Map", kind: graph, "Next": "Ask"}


def one(expression: str) -> Graph:
    return {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "Output": expression, "End": True}}}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda s: s["First"]["Assign"].pop("facts"), ["Work $facts", "Tell $facts"]),
        # A function of JSONata has the name too; that it is assigned somewhere makes it a variable.
        (lambda s: s["First"]["Assign"].pop("error"), ["Tell $error"]),
        (lambda s: s["Tell"].update(Arguments="{% $answer %}"), ["Tell $answer"]),
        (lambda s: s["Work"].update(Arguments="{% $answer %}"), ["Work $answer"]),
        (lambda s: s["Work"]["Catch"][0].update(Output="{% $answer %}"), ["Work $answer"]),
        (lambda s: s["Ask"].update(Default="Late"), []),
        (lambda s: s["Ask"]["Choices"][0].update(Condition="{% $other = 1 %}"), ["Ask $other"]),
        (lambda s: s["First"].update(Next="Tell"), []),
    ],
)
def test_a_variable_that_one_way_leaves_out_is_found(change: Callable[[Graph], object], found: list[str]) -> None:
    assert told(change) == found


@pytest.mark.parametrize("kind", ["Parallel", "ItemProcessor", "Iterator"])
def test_a_state_inside_reads_what_is_around_it_and_hands_nothing_out(kind: str) -> None:
    reads = one("{% $facts.id & $mine %}")
    assert told(lambda s: s.update(First={**s["First"], "Next": "Some"}, Some=inside(kind, reads))) == [
        "Inner $mine",
        "Ask $answer",
    ]


def test_a_distributed_map_reads_nothing_of_what_is_around_it() -> None:
    reads = {**one("{% $facts.id %}"), "ProcessorConfig": {"Mode": "DISTRIBUTED"}}
    found = told(lambda s: s.update(First={**s["First"], "Next": "Some"}, Some=inside("ItemProcessor", reads)))
    assert "Inner $facts" in found


@pytest.mark.parametrize(("name", "found"), [("facts", True), ("mine", False)])
def test_a_state_inside_assigns_no_variable_of_what_is_around_it(name: str, found: bool) -> None:
    graph = one("a")
    graph["States"]["Inner"]["Assign"] = {name: 1}
    lines = told(lambda s: s.update(First={**s["First"], "Next": "Some"}, Some=inside("Parallel", graph)))
    assert (f"Inner ${name}" in lines) is found


@pytest.mark.parametrize("name", ["states", "a.b", "1st", "a" * 81])
def test_a_name_that_no_variable_can_have_is_found(name: str) -> None:
    assert told(lambda s: s["First"]["Assign"].update({name: 1})) == [f"First {name}"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"id.$": "$facts.id"}, []),
        ({"id.$": "States.Format('$other {}', $facts)"}, []),
        ({"id.$": "$.id", "of.$": "$$.Execution.Id", "text": "$other"}, []),
        ({"id.$": "$other.id"}, ["Tell $other"]),
        ({"id.$": "States.Format('{}', $other)"}, ["Tell $other"]),
    ],
)
def test_a_jsonpath_state_reads_variables_too(parameters: Graph, found: list[str]) -> None:
    state = {"Type": "Task", "QueryLanguage": "JSONPath", "Parameters": parameters, "Next": "Done"}
    assert told(lambda s: s.update(Tell=state)) == found


@pytest.mark.parametrize(
    "expression",
    [
        "{% ($x := 1; $x + 1) %}",
        "{% $map($facts, function($one, $n) { $one.id }) %}",
        "{% $map($facts, $string) %}",
        "{% 'costs $x' & \"or $y\" %}",
        "{% $states.context.Execution.Id & $states.input.a %}",
        "{% $.id & $$.id %}",
        "{% $contains($facts.id, /^a$/) %}",
        "costs $x",
        "$.path",
    ],
)
def test_what_is_no_variable_of_the_workflow_is_left_alone(expression: str) -> None:
    assert told(lambda s: s["Tell"].update(Arguments=expression)) == []


def test_the_shipped_workflow_reads_only_what_is_there(broken: Callable[..., dict[str, str]]) -> None:
    from payflow_cfn.aws.parsed_set import parse_set

    def forget(sets: Any) -> None:
        states = sets["workflow"]["Resources"]["PaymentWorkflow"]["Properties"]["Definition"]["States"]
        del states["RememberFacts"]["Assign"]["result"]

    assert apply_rules(parse_set(broken(lambda sets: None)), ["PF034"]) == []
    found = apply_rules(parse_set(broken(forget)), ["PF034"])
    assert "RecordFailure" in {each.path.rpartition("/")[2] for each in found}
