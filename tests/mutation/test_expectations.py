"""The definition and the alarms say what was written down about them, no more and no less."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mutation.alarms import alarm_sentences, expected_alarm_sentences
from mutation.mutant import leaves, spelled
from mutation.payloads import REMEMBERS, SENDS
from mutation.sentences import machine_sentences
from mutation.ties import TIES, expected_tie_sentences, tie_sentences
from mutation.workflow import expected_sentences
from payflow_cfn.audit.permissions.configurations import WIDEST
from payflow_cfn.audit.permissions.needs_vs_grants import set_of
from payflow_cfn.aws.parsed_set import ParsedSet


@pytest.mark.slow
def test_the_definition_is_what_was_written_down() -> None:
    found, expected = Counter(machine_sentences(set_of(WIDEST))), Counter(expected_sentences(SENDS, REMEMBERS))
    assert sorted(found - expected) == [], "facts of the definition that workflow.py or payloads.py does not have"
    assert sorted(expected - found) == [], "facts that the definition has lost"


def test_the_alarms_are_what_was_written_down() -> None:
    found, expected = Counter(alarm_sentences(set_of(WIDEST))), Counter(expected_alarm_sentences())
    assert sorted(found - expected) == [], "facts of the alarms that alarms.py does not have"
    assert sorted(expected - found) == [], "facts that the alarms have lost"


def test_the_ties_are_what_was_written_down() -> None:
    found, expected = Counter(tie_sentences(set_of(WIDEST))), Counter(expected_tie_sentences())
    assert sorted(found - expected) == [], "ties that ties.py does not have"
    assert sorted(expected - found) == [], "ties that the resources have lost"


def test_every_role_key_and_group_that_a_resource_names_is_a_tie() -> None:
    fields = {"Role", "RoleArn", "KmsKeyId", "KmsKeyArn", "KmsMasterKeyId", "KMSMasterKeyId", "LogGroup", "LogGroupArn"}
    for _, logical, resource in set_of(WIDEST).resources():
        found = {spelled(path) for path, _ in leaves(resource.get("Properties", {})) if path and path[-1] in fields}
        assert found <= set(TIES.get(logical, ())), logical


def machine(**state: Any) -> list[str]:
    definition = {"StartAt": "S", "Comment": "not a fact", "States": {"S": state}}
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": definition}}
    said = list(machine_sentences(ParsedSet({"root": {"Resources": {"M": resource}}}, {})))
    assert said[0] == "the workflow has StartAt S"
    return said[1:]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"Type": "Pass"}, ["S has Type Pass"]),
        ({"Next": "T"}, ["S goes to T"]),
        ({"Default": "T"}, ["S otherwise goes to T"]),
        ({"Choices": [{"Condition": "c", "Next": "T", "Output": 1}]}, ['S chooses 1. c: goes to T {"Output": 1}']),
        ({"Catch": [{"ErrorEquals": ["A", "B"], "Next": "T"}]}, ["S catches 1. A or B: goes to T"]),
        ({"Catch": [{"Next": "T", "Output": "x"}]}, ['S catches 1. nothing: goes to T and remembers {"Output": "x"}']),
        ({"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 2}]}, ["S repeats 1. after A with MaxAttempts 2"]),
        ({"Arguments": {"a": {"b": [1, {}]}}}, ["S sends a/b/0 = 1", "S sends a/b/1 = {}"]),
        ({"Assign": {"v": None}}, ["S remembers v = null"]),
        ({"Anything": {"new": 1}}, ['S has Anything {"new": 1}']),
    ],
)
def test_every_field_of_a_state_is_said(state: dict[str, Any], said: list[str]) -> None:
    assert machine(**state) == said
