"""A template set as it is under given parameter values: conditions decided, what they leave out gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from payflow_cfn.aws.conditions import decided
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.errors import CheckError

_NO_VALUE = {"Ref": "AWS::NoValue"}


def effective(templates: ParsedSet, parameters: Mapping[str, str]) -> ParsedSet:
    """The set deployed with these root parameters (the others have their defaults)."""
    given = _with_parameters(templates, parameters)
    return replace(given, templates={stack: _decided(given, stack) for stack in given.templates})


def _with_parameters(templates: ParsedSet, values: Mapping[str, str]) -> ParsedSet:
    root = dict(templates.templates[ROOT])
    known = dict(root.get("Parameters", {}))
    for name, value in values.items():
        if name not in known:
            raise CheckError(f"the root has no parameter {name}", remedy="correct the audit's table of cases")
        known[name] = {**known[name], "Default": value}
    return replace(templates, templates={**templates.templates, ROOT: {**root, "Parameters": known}})


def _decided(templates: ParsedSet, stack: str) -> dict[str, Any]:
    template = templates.templates[stack]

    @cache
    def holds(name: str) -> bool:
        found = decided(template["Conditions"][name], value=partial(expand, templates, stack), condition=holds)
        if found is None:
            raise ValueError(f"the condition {name} cannot be decided")
        return found

    def kept(section: str) -> dict[str, Any]:
        return {
            name: _without_ifs(each, holds)
            for name, each in template.get(section, {}).items()
            if each.get("Condition") not in template.get("Conditions", {}) or holds(each["Condition"])
        }

    return {**template, "Resources": kept("Resources"), "Outputs": kept("Outputs")}


def _without_ifs(value: Any, holds: Callable[[str], bool]) -> Any:
    if isinstance(value, list):
        kept = (_without_ifs(each, holds) for each in value)
        return [each for each in kept if each != _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        name, yes, no = value["Fn::If"]
        return _without_ifs(yes if holds(name) else no, holds)
    inner = {key: _without_ifs(each, holds) for key, each in value.items()}
    return {key: each for key, each in inner.items() if each != _NO_VALUE}
