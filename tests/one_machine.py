"""One state machine in a set of one template, and what a rule says of it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.rules import apply_rules

Fields = dict[str, Any]
DONE: Fields = {"Type": "Succeed"}


def machine(states: Fields, *, language: str = "JSONata", kind: str = "STANDARD", **resources: Fields) -> ParsedSet:
    """A set with a machine of these states, which begins with the first, and with other resources."""
    definition = {"QueryLanguage": language, "StartAt": next(iter(states)), "States": deepcopy(states)}
    properties = {"Definition": definition, "StateMachineType": kind}
    workflow = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return ParsedSet({"root": {"Resources": {"Workflow": workflow, **resources}}}, {"root": ""})


def told(rule: str, templates: ParsedSet) -> list[str]:
    """Where below the states and what, a line for each finding."""
    return [f"{each.path.partition('/States/')[2]}: {each.message}" for each in apply_rules(templates, [rule])]


def told_of(rule: str, state: Fields, *, language: str = "JSONata", **others: Fields) -> list[str]:
    """What the rule says of one state, named State."""
    return told(rule, machine({"State": state, **others, "Done": DONE}, language=language))
