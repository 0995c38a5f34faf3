"""Rules about names: a parameter, an output and an alias are what they are named after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from payflow_cfn.aws.conditions import both_sides
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.aws.values import ABSENT, Attribute, Call, Either, Given, listed, scalar_text
from payflow_cfn.lint.findings import Breach, some

# What Ref gives for these is a name, an id or a URL, and no ARN.
_REF_IS_NO_ARN = (
    "AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Lambda::Function", "AWS::Logs::LogGroup",
    "AWS::S3::Bucket", "AWS::SQS::Queue",
)  # fmt: skip


def parameters_get_their_outputs(templates: ParsedSet) -> Iterator[Breach]:
    """PF006: a child's parameter with the name of a sibling's output gets that output, and no other value.

    Two ARNs of one kind have the same form, so AWS accepts the wrong one: the workflow calls the other function, or
    the table is under the topic's key. A parameter of the root that has another use is as wrong, as is a constant in
    place of the root's parameter of that name.
    """
    own = {key for logical in templates.children() for key, value in _passed(templates, logical) if value == _ref(key)}
    values = [(logical, *each) for logical in templates.children() for each in _passed(templates, logical)]
    for logical, key, value in some("value that the root passes", values):
        problem = _wrong_value(templates, logical, key, value, own)
        if problem:
            yield Breach(ROOT, f"Resources/{logical}/Properties/Parameters/{key}", problem)


def _passed(templates: ParsedSet, logical: str) -> Iterable[tuple[str, Any]]:
    return templates.passed(logical).items()


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _wrong_value(templates: ParsedSet, logical: str, key: str, value: Any, own: set[str]) -> str:
    """Why a value is not what the parameter is named after; empty where it is, or where nobody can know."""
    found = templates.scope(ROOT).value(value)
    outputs = _outputs(templates, key, but=logical)
    sides = listed([both_sides(found)])
    if outputs:
        right = any(each in outputs.values() for each in (*_branches(found), *sides))
        wrong = not right and all(_is_known_to_differ(each, key, own) for each in sides)
        return f"{' and '.join(outputs)} has the output {key}, and this is another value" if wrong else ""
    if key in templates.templates[ROOT].get("Parameters", {}):
        if isinstance(value, str | int | float):
            return f"the root has the parameter {key}, and this is always {scalar_text(value)!r}"
        others = isinstance(value, dict) and value.get("Ref") in own - {key}
        return f"the root has the parameter {key}, and this is the parameter {value['Ref']}" if others else ""
    return ""


def _branches(value: Any) -> Iterator[Any]:
    """The value, and both branches of each condition in it: one of them may be the value of a condition below."""
    yield value
    if isinstance(value, Either):
        yield from (*_branches(value.yes), *_branches(value.no))


def _outputs(templates: ParsedSet, name: str, *, but: str = "") -> dict[str, Any]:
    """The value of each nested stack's output of that name."""
    scope = templates.scope(ROOT)
    children = {each: scope.child(each) for each in templates.children() if each != but}
    found = {each: child.output(name) for each, child in children.items() if child}
    return {each: value for each, value in found.items() if value is not ABSENT}


def _is_known_to_differ(value: Any, key: str, own: set[str]) -> bool:
    if isinstance(value, Given):
        return value.name != key and value.name in own
    return not isinstance(value, Call)


def names_are_kept(templates: ParsedSet) -> Iterator[Breach]:
    """PF007: an output or a key's alias that is named after a resource of its stack is of that resource.

    The same for an output of the root with the name of a child's output. A stack that reads DynamodbKeyArn encrypts
    with the key that stands behind it.
    """
    places = [*_named_outputs(templates), *_named_aliases(templates)]
    for stack, path, name, value in some("output or alias", places):
        problem = _other_resource(templates, stack, name, value) or _other_output(templates, stack, name, value)
        if problem:
            yield Breach(stack, path, problem)
    yield from _keys_without_alias(templates)


def _named_outputs(templates: ParsedSet) -> Iterator[tuple[str, str, str, Any]]:
    for stack, template in templates.templates.items():
        for name, output in template.get("Outputs", {}).items():
            yield stack, f"Outputs/{name}", name, output.get("Value")


def _named_aliases(templates: ParsedSet) -> Iterator[tuple[str, str, str, Any]]:
    for stack, logical, alias in templates.resources("AWS::KMS::Alias"):
        path = f"Resources/{logical}/Properties/TargetKeyId"
        yield stack, path, logical, alias.get("Properties", {}).get("TargetKeyId")


def _other_resource(templates: ParsedSet, stack: str, name: str, value: Any) -> str:
    resources = templates.templates[stack].get("Resources", {})
    found, place = templates.scope(stack).value(value), templates.origin(stack, value)
    meant = max((each for each in resources if name.startswith(each)), key=len, default="")
    if not isinstance(found, Attribute) or place is None or place.stack != stack or not meant or meant == name:
        return ""
    kind = resources[meant].get("Type")
    if place.resource != meant and templates.resource(place).get("Type") == kind:
        return f"the name is that of {meant}, and this is {place.resource}"
    if name == f"{meant}Arn" and place.attribute == "Ref" and kind in _REF_IS_NO_ARN:
        return f"the name is that of an ARN, and Ref of {meant} is not an ARN"
    return ""


def _other_output(templates: ParsedSet, stack: str, name: str, value: Any) -> str:
    outputs = _outputs(templates, name) if stack == ROOT else {}
    if not outputs or templates.scope(stack).value(value) in outputs.values():
        return ""
    return f"{' and '.join(outputs)} has the output {name}, and this is another value"


def _keys_without_alias(templates: ParsedSet) -> Iterator[Breach]:
    """Two aliases of one key, where another key of the stack has none: one of them stands on the wrong key."""
    for stack, template in templates.templates.items():
        aliases = [
            (path, templates.origin(stack, value)) for at, path, _, value in _named_aliases(templates) if at == stack
        ]
        keys = {
            logical for logical, each in template.get("Resources", {}).items() if each.get("Type") == "AWS::KMS::Key"
        }
        targets = [place.resource for _, place in aliases if place]
        twice = {each for each in targets if targets.count(each) > 1}
        for path, place in aliases if keys - set(targets) else ():
            if place and place.resource in twice:
                yield Breach(stack, path, f"{place.resource} has two aliases, and another key of the stack has none")
