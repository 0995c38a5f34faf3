"""Weakened copies are noticed, and the count is honest: a blind judge lets mutants survive.

Each thirtieth mutant is made here; `tox -e mutation` makes all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mutation.equivalents import EQUIVALENT
from mutation.kill import judge, tally
from mutation.mutant import Mutant, changed, drop, leaves, put
from mutation.mutate_alarms import alarm_mutants
from mutation.mutate_machine import machine_mutants
from mutation.mutate_policies import policy_mutants
from mutation.mutate_ties import tie_mutants, wiring_mutants
from mutation.whole import mutation
from payflow_cfn.audit.permissions.configurations import CASES, WIDEST, Case
from payflow_cfn.audit.permissions.needs_vs_grants import set_of
from payflow_cfn.aws.grants import policies_of
from payflow_cfn.aws.parsed_set import ParsedSet

MAKERS = (policy_mutants, machine_mutants, alarm_mutants, tie_mutants, wiring_mutants)


@pytest.mark.slow
def test_no_mutant_of_the_sample_survives() -> None:
    found = mutation(set_of(WIDEST), every=30)
    assert found.survivors == ()
    assert found.killed == found.total == sum(each.total for each in found.by_kind.values()) > 60
    assert set(found.by_killer) == {"comparison", "rules", "expectation"}


@pytest.mark.slow
def test_every_equivalent_mutant_is_still_one_that_is_made() -> None:
    made = {str(each) for make in MAKERS for each in make(set_of(WIDEST))}
    assert set(EQUIVALENT) <= made


def test_the_page_has_the_number_of_mutants() -> None:
    made = sum(1 for make in MAKERS for _ in make(set_of(WIDEST))) - len(EQUIVALENT)
    assert f"{made:,} mutants" in (Path(__file__).parents[2] / "docs" / "security.md").read_text()


def test_every_action_condition_and_statement_of_every_policy_has_a_mutant() -> None:
    templates = set_of(WIDEST)
    made = {each.where for each in policy_mutants(templates)}
    for policy in policies_of(templates):
        for statement in policy.document["Statement"]:
            place = f"{policy.name} {statement['Sid']}"
            assert place in made
            many = len(statement["Action"]) > 1
            assert all(f"{place}/Action/{n}" in made for n, _ in enumerate(statement["Action"]) if many)
            assert f"{place}/Condition" in made or "Condition" not in statement


@pytest.mark.slow
def test_what_any_case_grants_the_mutated_case_grants_too() -> None:
    def statements(case: Case) -> set[tuple[str, str]]:
        templates = set_of(case)
        return {
            (each.name, statement["Sid"]) for each in policies_of(templates) for statement in each.document["Statement"]
        }

    assert set().union(*map(statements, CASES)) == statements(WIDEST)


def test_a_judge_that_notices_the_original_is_a_survivor() -> None:
    empty = ParsedSet({}, {})
    mutants = [Mutant("kind", "here", "seen", lambda: empty)]
    found = tally(judge(empty, mutants, {"always": lambda _: True}), {})
    assert found.survivors == ("unchanged set: always: noticed although nothing is changed",)


@pytest.mark.slow
def test_a_state_that_nobody_wrote_down_is_a_survivor() -> None:
    templates = set_of(WIDEST)
    states = ("workflow", "Resources", "PaymentWorkflow", "Properties", "Definition", "States")
    more = changed(templates, (*states, "NoticeLost", "Assign", "spare"), "1")
    assert "unchanged set: expectation: noticed although nothing is changed" in mutation(more, every=1000).survivors


def test_a_mutant_that_nobody_notices_survives_and_an_equivalent_one_is_not_counted() -> None:
    empty = ParsedSet({}, {})
    mutants = [Mutant("kind", "here", each, lambda: empty) for each in ("seen", "unseen", "same")]
    seen = iter((False, True, False, False))
    found = tally(judge(empty, mutants, {"eye": lambda _: next(seen)}), {"kind: here: same": "it is"})
    assert (found.total, found.killed, found.survivors) == (2, 1, ("kind: here: unseen",))
    assert found.equivalent == {"kind: here: same": "it is"}
    assert found.by_killer == {"eye": 1}


@pytest.mark.parametrize("mutants", MAKERS)
def test_a_mutant_differs_and_leaves_the_set_as_it_was(mutants: Callable[[ParsedSet], Iterable[Mutant]]) -> None:
    templates = set_of(WIDEST)
    before = json.dumps(templates.templates)
    assert all(each.make().templates != templates.templates for each in mutants(templates))
    assert json.dumps(templates.templates) == before


def test_every_catch_retry_bound_and_choice_of_every_state_is_removed_and_redirected() -> None:
    templates = set_of(WIDEST)
    made = {(each.where, each.change == "removed") for each in machine_mutants(templates)}
    states = templates.templates["workflow"]["Resources"]["PaymentWorkflow"]["Properties"]["Definition"]["States"]
    for name, state in states.items():
        for field in ("Catch", "Choices"):
            for index, _ in enumerate(state.get(field, [])):
                assert (f"States/{name}/{field}/{index}", True) in made
                assert (f"States/{name}/{field}/{index}/Next", False) in made
            for index, entry in enumerate(state.get(field, [])):
                assert "Output" not in entry or (f"States/{name}/{field}/{index}/Output", True) in made
        assert "Retry" not in state or (f"States/{name}/Retry/0", True) in made
        assert len(state.get("Retry", [])) < 2 or (f"States/{name}/Retry", False) in made
        assert "TimeoutSeconds" not in state or (f"States/{name}/TimeoutSeconds", True) in made


def test_every_alarm_loses_its_metric_its_dimension_its_threshold_and_its_action() -> None:
    templates = set_of(WIDEST)
    made = {each.where for each in alarm_mutants(templates) if each.change == "removed"}
    for stack, logical, alarm in templates.resources("AWS::CloudWatch::Alarm"):
        for field in {"MetricName", "Namespace", "Statistic", "Threshold", "Dimensions", "AlarmActions"} & set(
            alarm["Properties"]
        ):
            assert f"{stack}/Resources/{logical}/Properties/{field}" in made


def test_values_are_put_and_dropped_in_copies() -> None:
    value = {"a": [1, {"b": 2}], "c": 3}
    assert put(value, ("a", 1, "b"), 5) == {"a": [1, {"b": 5}], "c": 3}
    assert drop(value, ("a", 0)) == {"a": [{"b": 2}], "c": 3}
    assert drop(value, ("a", 1, "b")) == {"a": [1, {}], "c": 3}
    assert value == {"a": [1, {"b": 2}], "c": 3}
    assert dict(leaves({"a": [1, {"Ref": "X"}]})) == {("a", 0): 1, ("a", 1): {"Ref": "X"}}
