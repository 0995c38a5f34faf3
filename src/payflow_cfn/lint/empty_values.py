"""The rule about conditions on an empty parameter: what it makes does not use that parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.functions import VARIABLE
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach

Names = frozenset[str]
_NONE: Names = frozenset()


def empty_values_are_not_used(templates: ParsedSet) -> Iterator[Breach]:
    """PF086: what is made only while a parameter is empty does not use that parameter.

    Such a condition is the wrong way round. The resource or property is missing when the parameter has a value, and is
    made with an empty text when it has none
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html).
    """
    for stack, template in templates.templates.items():
        conditions = template.get("Conditions", {})
        for section in ("Resources", "Outputs"):
            for logical, made in template.get(section, {}).items():
                empty = _empty_when({"Condition": made.get("Condition", "")}, True, conditions)
                for name in sorted(set(_used(made, empty, conditions))):
                    yield Breach(stack, f"{section}/{logical}", f"it uses {name} only where {name} is empty")


def _empty_when(test: Any, holds: bool, conditions: Mapping[str, Any], depth: int = 0) -> Names:
    """The parameters that are empty where a condition holds, or does not."""

    def inner(each: Any, wanted: bool) -> Names:
        return _empty_when(each, wanted, conditions, depth + 1) if depth < len(conditions) + 20 else _NONE

    match test:
        case {"Condition": str() as name}:
            return inner(conditions.get(name), holds)
        case {"Fn::Not": [only]}:
            return inner(only, not holds)
        case {"Fn::And": list() as parts} if holds:
            return _NONE.union(*(inner(each, True) for each in parts))
        case {"Fn::Or": list() as parts} if not holds:
            return _NONE.union(*(inner(each, False) for each in parts))
        case {"Fn::Equals": [{"Ref": str() as name}, ""]} | {"Fn::Equals": ["", {"Ref": str() as name}]} if holds:
            return frozenset([name])
    return _NONE


def _used(value: Any, empty: Names, conditions: Mapping[str, Any]) -> Iterator[str]:
    """The names among these that a value reads, with what the conditions in it say of its parts."""
    match value:
        case {"Fn::If": [str() as name, yes, no]}:
            for part, holds in ((yes, True), (no, False)):
                yield from _used(part, empty | _empty_when({"Condition": name}, holds, conditions), conditions)
        case {"Ref": str() as name} if len(value) == 1:
            yield from empty & {name}
        case {"Fn::Sub": str() | [str(), dict()] as text}:
            yield from _used_in_text(text, empty, conditions)
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from _used(each, empty, conditions)


def _used_in_text(argument: Any, empty: Names, conditions: Mapping[str, Any]) -> Iterator[str]:
    text, own = argument if isinstance(argument, list) else (argument, {})
    yield from (empty - set(own)) & {each.strip() for each in VARIABLE.findall(text)}
    yield from _used(list(own.values()), empty, conditions)
