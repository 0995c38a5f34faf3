"""The rule about the values that the root hands to its children."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, reference
from payflow_cfn.lint.findings import Breach, some

Parameter = Mapping[str, Any]


def values_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF005: the values that the root passes have the type of the child's parameter and meet its constraints.

    Otherwise the root accepts a value at once, and the child refuses it after other stacks were created.
    """
    parameters = templates.templates[ROOT].get("Parameters", {})
    for path, value, child in some("value that the root passes", _passed(templates)):
        for problem in _problems(parameters, value, child):
            yield Breach(ROOT, path, problem)


def _passed(templates: ParsedSet) -> Iterator[tuple[str, Any, Parameter]]:
    """Path and value of each parameter that the root passes, and what the child says of it."""
    for logical, child in templates.children().items():
        takes = templates.templates.get(child, {}).get("Parameters", {})
        gives = templates.passed(logical)
        for key in sorted(set(takes) & set(gives)):
            yield f"Resources/{logical}/Properties/Parameters/{key}", gives[key], takes[key]


def _problems(parameters: Mapping[str, Parameter], value: Any, child: Parameter) -> Iterator[str]:
    kind, target = reference(value)
    if isinstance(value, dict) and "Fn::If" in value:
        for each in value["Fn::If"][1:]:
            yield from _problems(parameters, each, child)
    elif kind == "Ref" and target in parameters:
        yield from _parameter_problems(parameters[target], child)
    elif isinstance(value, (list, bool)) or value is None:
        yield f"{value!r} is not text: a nested stack takes texts and numbers"
    elif not isinstance(value, dict):
        yield from _literal_problems(str(value), child)
    elif child.get("Type") == "Number":
        yield "the child wants a Number, and what is passed is a text"


def _parameter_problems(own: Parameter, child: Parameter) -> Iterator[str]:
    if "List" in own.get("Type", ""):
        yield f"a {own['Type']} cannot be passed as it is: join it to a text"
    elif own.get("Type") != child.get("Type") and "List" not in child.get("Type", ""):
        yield f"the child wants a {child.get('Type')}, the parameter that is passed is a {own.get('Type')}"
    allowed, wanted = own.get("AllowedValues"), child.get("AllowedValues")
    if wanted is not None and (allowed is None or not set(map(str, allowed)) <= set(map(str, wanted))):
        yield "the parameter that is passed allows values that the child refuses"
    if child.get("AllowedPattern", own.get("AllowedPattern")) != own.get("AllowedPattern") and allowed is None:
        yield "the child has another AllowedPattern than the parameter that is passed"
    for field, least in (("MinValue", True), ("MinLength", True), ("MaxValue", False), ("MaxLength", False)):
        if field in child and allowed is None and not _within(own.get(field), child[field], least=least):
            yield f"the child's {field} {child[field]} is not kept by the parameter that is passed"


def _within(own: Any, child: Any, *, least: bool) -> bool:
    if own is None:
        return False
    return float(own) >= float(child) if least else float(own) <= float(child)


def _literal_problems(text: str, child: Parameter) -> Iterator[str]:
    if child.get("Type") == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        yield f"the child wants a Number, not {text!r}"
    elif "AllowedValues" in child and text not in map(str, child["AllowedValues"]):
        yield f"the child does not allow {text!r}"
    elif not re.fullmatch(child.get("AllowedPattern", ".*"), text, re.DOTALL):
        yield f"{text!r} does not match the child's AllowedPattern"
