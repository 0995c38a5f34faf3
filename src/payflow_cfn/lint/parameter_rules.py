"""The rule about the Rules of a template: each assertion refuses some values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.aws.values import scalar_text
from payflow_cfn.lint.findings import Breach

_MOST = 5000
# A text that no template compares with.
_OTHER = "another-value"


class _UnknownError(Exception):
    """A function whose value depends on the account."""


def rules_refuse_something(templates: ParsedSet) -> Iterator[Breach]:
    """PF087: a rule of a template asserts something, and there are values that it refuses.

    A rule without assertions, one whose condition no allowed value meets, and an assertion that holds for every allowed
    value guard nothing, such as an environment with a production name
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html).
    """
    for stack, template in templates.templates.items():
        for name, rule in template.get("Rules", {}).items():
            for problem in _problems(rule, template.get("Parameters", {})):
                yield Breach(stack, f"Rules/{name}", problem)


def _problems(rule: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[str]:
    assertions = rule.get("Assertions", [])
    if not assertions:
        yield "the rule asserts nothing"
    worlds = list(islice(_worlds(rule, parameters), _MOST + 1))
    if len(worlds) > _MOST:
        return
    try:
        met = [each for each in worlds if "RuleCondition" not in rule or _holds(rule["RuleCondition"], each)]
    except _UnknownError:
        return
    if not met:
        yield "no allowed values meet the RuleCondition"
        return
    for number, each in enumerate(assertions):
        try:
            if all(_holds(each.get("Assert"), world) for world in met):
                yield f"assertion {number} holds for all allowed values"
        except _UnknownError:
            continue


def is_refused(template: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Whether a rule of the template refuses these values of parameters; the others have their defaults."""
    declared = template.get("Parameters", {})
    world = {**{name: scalar_text(each.get("Default", "")) for name, each in declared.items()}, **values}
    return any(_refuses(rule, world) for rule in template.get("Rules", {}).values())


def _refuses(rule: Mapping[str, Any], world: Mapping[str, str]) -> bool:
    try:
        is_met = "RuleCondition" not in rule or _holds(rule["RuleCondition"], world)
        return is_met and not all(_holds(each.get("Assert"), world) for each in rule.get("Assertions", []))
    except _UnknownError:
        return False


def _worlds(rule: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The values of the rule's parameters that can make a difference: those it names, and another one."""
    values = list(walk(rule))
    named = {value["Ref"] for _, value in values if isinstance(value, dict) and isinstance(value.get("Ref"), str)}
    constants = {"", _OTHER, *(scalar_text(value) for _, value in values if isinstance(value, str | int | bool))}
    names = sorted(named)
    choices = [sorted(_allowed(parameters.get(name, {}), constants)) for name in names]
    return (dict(zip(names, each, strict=True)) for each in product(*choices))


def _allowed(parameter: Mapping[str, Any], constants: set[str]) -> set[str]:
    if isinstance(parameter.get("AllowedValues"), list):
        return {scalar_text(each) for each in parameter["AllowedValues"]}
    pattern = parameter.get("AllowedPattern")
    default = {scalar_text(parameter["Default"])} if "Default" in parameter else set()
    try:
        fitting = {each for each in constants if not isinstance(pattern, str) or re.fullmatch(pattern, each)}
    except re.error:  # CloudFormation's patterns are Java's
        fitting = constants
    # Which other values a pattern allows is not known, but that it allows some.
    return fitting | default | {_OTHER}


def _holds(test: Any, world: Mapping[str, str]) -> bool:
    match test:
        case {"Fn::And": list() as parts}:
            return all(_holds(each, world) for each in parts)
        case {"Fn::Or": list() as parts}:
            return any(_holds(each, world) for each in parts)
        case {"Fn::Not": [only]}:
            return not _holds(only, world)
        case {"Fn::Equals": [one, other]}:
            return _text(one, world) == _text(other, world)
        case {"Fn::Contains": [list() as values, wanted]}:
            return _text(wanted, world) in [_text(each, world) for each in values]
        case {"Fn::EachMemberEquals": [list() as values, wanted]}:
            return all(_text(each, world) == _text(wanted, world) for each in values)
        case {"Fn::EachMemberIn": [list() as values, list() as others]}:
            return {_text(each, world) for each in values} <= {_text(each, world) for each in others}
    raise _UnknownError


def _text(value: Any, world: Mapping[str, str]) -> str:
    match value:
        case str() | int() | float():
            return scalar_text(value)
        case {"Ref": str() as name} if not name.startswith("AWS::"):
            return world[name]
    raise _UnknownError
