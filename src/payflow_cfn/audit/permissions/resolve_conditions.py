"""A template set as it is under given parameter values: conditions decided, what they leave out gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.errors import CheckError
from payflow_cfn.lint.intrinsics import expand
from payflow_cfn.lint.templates import ROOT, ParsedSet

_NO_VALUE = {"Ref": "AWS::NoValue"}


def effective(templates: ParsedSet, parameters: Mapping[str, str]) -> ParsedSet:
    """The set deployed with these root parameters (the others have their defaults)."""
    given = _with_parameters(templates, parameters)
    return ParsedSet({stack: _decided(given, stack) for stack in given.templates}, given.texts)


def _with_parameters(templates: ParsedSet, values: Mapping[str, str]) -> ParsedSet:
    root = dict(templates.templates[ROOT])
    known = dict(root.get("Parameters", {}))
    for name, value in values.items():
        if name not in known:
            raise CheckError(f"the root has no parameter {name}", remedy="correct the audit's table of cases")
        known[name] = {**known[name], "Default": value}
    return ParsedSet({**templates.templates, ROOT: {**root, "Parameters": known}}, templates.texts)


def _decided(templates: ParsedSet, stack: str) -> dict[str, Any]:
    template = templates.templates[stack]
    conditions = {name: _holds(templates, stack, each) for name, each in template.get("Conditions", {}).items()}
    found = {
        logical: _without_ifs(each, conditions)
        for logical, each in template.get("Resources", {}).items()
        if conditions.get(each.get("Condition", ""), True)
    }
    outputs = {
        name: _without_ifs(each, conditions)
        for name, each in template.get("Outputs", {}).items()
        if conditions.get(each.get("Condition", ""), True)
    }
    return {**template, "Resources": found, "Outputs": outputs}


def _holds(templates: ParsedSet, stack: str, condition: Mapping[str, Any]) -> bool:
    """The condition's value; https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html."""
    ((function, given),) = condition.items()
    if function == "Condition":
        return _holds(templates, stack, templates.templates[stack]["Conditions"][given])
    if function == "Fn::Equals":
        left, right = expand(templates, stack, given)
        return str(left) == str(right)
    parts = [_holds(templates, stack, each) for each in given]
    return {"Fn::Not": lambda: not parts[0], "Fn::And": lambda: all(parts), "Fn::Or": lambda: any(parts)}[function]()


def _without_ifs(value: Any, conditions: Mapping[str, bool]) -> Any:
    if isinstance(value, list):
        kept = (_without_ifs(each, conditions) for each in value)
        return [each for each in kept if each != _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        name, yes, no = value["Fn::If"]
        return _without_ifs(yes if conditions[name] else no, conditions)
    decided = {key: _without_ifs(each, conditions) for key, each in value.items()}
    return {key: each for key, each in decided.items() if each != _NO_VALUE}
