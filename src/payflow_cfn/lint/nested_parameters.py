"""The rule about the values that the root hands to its children."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, reference
from payflow_cfn.aws.values import Attribute, Text, scalar_text
from payflow_cfn.lint.findings import Breach, some

Parameter = Mapping[str, Any]
_CLASS = re.compile(r"\[((?:\\.|[^\]\\])*)\]")
_PART = re.compile(r"\\.|.-[^\\]|.")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def values_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF005: the values that the root passes have the type of the child's parameter and meet its constraints.

    Otherwise the root accepts a value at once, and the child refuses it after other stacks were created
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).
    """
    parameters = templates.templates[ROOT].get("Parameters", {})
    for path, value, child in some("value that the root passes", _passed(templates)):
        for problem in _problems(templates, parameters, value, child):
            yield Breach(ROOT, path, problem)


def _passed(templates: ParsedSet) -> Iterator[tuple[str, Any, Parameter]]:
    """Path and value of each parameter that the root passes, and what the child says of it."""
    for logical, child in templates.children().items():
        takes = templates.templates.get(child, {}).get("Parameters", {})
        gives = templates.passed(logical)
        for key in sorted(set(takes) & set(gives)):
            yield f"Resources/{logical}/Properties/Parameters/{key}", gives[key], takes[key]


def _problems(templates: ParsedSet, parameters: Mapping[str, Parameter], value: Any, child: Parameter) -> Iterator[str]:
    kind, target = reference(value)
    if isinstance(value, dict) and "Fn::If" in value:
        for each in value["Fn::If"][1:]:
            yield from _problems(templates, parameters, each, child)
    elif kind == "Ref" and target in parameters:
        yield from _parameter_problems(parameters[target], child)
    elif isinstance(value, list) or value is None:
        yield f"{value!r} is not text: a nested stack takes texts and numbers"
    elif not isinstance(value, dict):
        yield from _literal_problems(scalar_text(value), child)
    elif child.get("Type") == "Number" and _is_text(templates.scope(ROOT).value(value)):
        yield "the child wants a Number, and what is passed is a text"


def _is_text(value: Any) -> bool:
    """Whether an evaluated value cannot be a number, whatever the deploy makes of it."""
    if isinstance(value, Attribute):
        return value.name.endswith(("Ref", "Arn", "Name", "Id", "Url"))
    return isinstance(value, Text) or (isinstance(value, str) and not _NUMBER.fullmatch(value))


def _is_of_aws(kind: str) -> bool:
    """Whether it is a type whose values are ids or names of one kind of resource."""
    return kind.startswith("AWS::") and not kind.startswith("AWS::SSM::")


def _parameter_problems(own: Parameter, child: Parameter) -> Iterator[str]:
    given, wants = str(own.get("Type")), str(child.get("Type"))
    if "List" in given:
        yield f"a {given} cannot be passed as it is: join it to a text"
    elif (wants == "Number" and given == "String") or (_is_of_aws(given) and _is_of_aws(wants) and given != wants):
        yield f"the child wants a {wants}, the parameter that is passed is a {given}"
    allowed, wanted = own.get("AllowedValues"), child.get("AllowedValues")
    if wanted is not None and (allowed is None or not set(map(scalar_text, allowed)) <= set(map(scalar_text, wanted))):
        yield "the parameter that is passed allows values that the child refuses"
    patterns = [_plain_pattern(each.get("AllowedPattern", "")) for each in (own, child)]
    if patterns[1] not in ("", patterns[0]) and allowed is None and not _is_of_aws(given):
        yield "the child has another AllowedPattern than the parameter that is passed"
    for field, least in (("MinValue", True), ("MinLength", True), ("MaxValue", False), ("MaxLength", False)):
        if field in child and allowed is None and not _within(own.get(field), child[field], least=least):
            yield f"the child's {field} {child[field]} is not kept by the parameter that is passed"


def _plain_pattern(pattern: Any) -> str:
    """A pattern with the parts of each character class in order: [0-9a-z] allows what [a-z0-9] does."""
    return _CLASS.sub(lambda found: f"[{''.join(sorted(_PART.findall(found[1])))}]", str(pattern))


def _within(own: Any, child: Any, *, least: bool) -> bool:
    if own is None:
        return False
    return float(own) >= float(child) if least else float(own) <= float(child)


def _literal_problems(text: str, child: Parameter) -> Iterator[str]:
    kind, pattern = str(child.get("Type")), child.get("AllowedPattern", ".*")
    for each in text.split(",") if "List" in kind else (text,):
        if "Number" in kind and not _NUMBER.fullmatch(each.strip()):
            yield f"the child wants a Number, not {each!r}"
        elif "AllowedValues" in child and each not in map(scalar_text, child["AllowedValues"]):
            yield f"the child does not allow {each!r}"
        elif not _matches(pattern, each):
            yield f"{each!r} does not match the child's AllowedPattern"


def _matches(pattern: str, text: str) -> bool:
    try:
        return bool(re.fullmatch(pattern, text, re.DOTALL))
    except re.error:  # CloudFormation's patterns are Java's
        return True
