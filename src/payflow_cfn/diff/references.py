"""References whose value the templates give: a resource's name, its ARN, or another property of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.intrinsics import ARNS
from payflow_cfn.aws.values import ABSENT, Attribute, Call, Either, Path, Pseudo, Text, text_of
from payflow_cfn.diff.resources import Resource

Resources = Mapping[Path, Resource]
# These ARNs name no region, and a bucket's no account.
_GLOBAL = {
    "AWS::IAM::Role": ("RoleName", "iam", "role"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam", "policy"),
    "AWS::IAM::User": ("UserName", "iam", "user"),
}
# The partition where no region is given, and so no other partition.
_PARTITION = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_DEEPEST = 20  # references from name to name


def resolved(value: Any, resources: Resources, *, depth: int = 0) -> Any:
    """The value with names, ARNs and properties of the templates in place of references; other symbols in one form."""
    match value:
        case dict():
            return {key: resolved(each, resources, depth=depth) for key, each in value.items()}
        case list():
            return [resolved(each, resources, depth=depth) for each in value]
        case Attribute() if depth < _DEEPEST:
            return _attribute(value, resources, depth + 1)
        case Pseudo():
            return _PARTITION.get(value.name, value)
        case Text():
            return text_of(resolved(each, resources, depth=depth) for each in value.parts)
        case Call():
            return Call(value.function, resolved(value.argument, resources, depth=depth), value.choices)
        case Either():
            parts = (resolved(each, resources, depth=depth) for each in (value.condition, value.yes, value.no))
            return Either(*parts)
    return value


def followed(symbol: Attribute, resources: Resources) -> Path:
    """The property whose value an attribute of a resource has, as a path; empty where it follows none."""
    resource = resources.get(symbol.path)
    if resource is None:
        return ()
    path = tuple(_attribute_name(symbol.name, resource).split("."))
    schema = resource.schema
    is_own = schema is None or path not in schema.read_only
    return path if is_own and resource.at(path) is not ABSENT else ()


def _attribute_name(name: str, resource: Resource) -> str:
    """The attribute that a Ref returns: the identifier of a resource that has a single one."""
    schema = resource.schema
    if name != "Ref" or schema is None or len(schema.identifier) != 1:
        return name
    return ".".join(schema.identifier[0])


def _attribute(symbol: Attribute, resources: Resources, depth: int) -> Any:
    resource = resources.get(symbol.path)
    if resource is None:
        return symbol
    path = followed(symbol, resources)
    if path:
        return resolved(resource.at(path), resources, depth=depth)
    name = _attribute_name(symbol.name, resource)
    if name in ("Arn", f"{resource.resource_type.rpartition('::')[2]}Arn", "PolicyArn"):
        return _arn(resource, resources, depth) or Attribute(symbol.path, name)
    return Attribute(symbol.path, name)


def _arn(resource: Resource, resources: Resources, depth: int) -> Any:
    """The ARN of a resource with a name of its own; nothing for a type whose ARNs are not known."""
    kind = resource.resource_type
    key, service, before = ARNS.get(kind) or _GLOBAL.get(kind) or ("", "", "")
    name = resource.properties.get(key)
    if name is None:
        return None
    is_global = kind in _GLOBAL
    region = "" if is_global else Pseudo("AWS::Region")
    path = resource.properties.get("Path", "/") if is_global else ""
    end = ":*" if kind == "AWS::Logs::LogGroup" else ""
    parts = ["arn:", Pseudo("AWS::Partition"), f":{service}:", region, ":", Pseudo("AWS::AccountId"), ":", before]
    return resolved(text_of([*parts, path, name, end]), resources, depth=depth)
