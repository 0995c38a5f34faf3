"""The resources of a whole tree of stacks, with their properties evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, STACK
from payflow_cfn.aws.schemas import Schema, find_schema
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import ABSENT, Path, at, shown

_ARTIFACTS = "./artifacts/"
# In place of a logical id: a macro that makes a part of the template (AWS::Include).
TRANSFORM = "Fn::Transform"
# What of a resource's declaration is not a property and decides something; Metadata and DependsOn change no resource.
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_ATTRIBUTES = (*POLICIES, "CreationPolicy", "UpdatePolicy")
# What a nested stack has only to be followed into: shown by what is different inside, not by themselves.
_FOLLOWED = ("TemplateURL", "Parameters")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, its properties and attributes evaluated; `opaque` is a nested stack that cannot be looked into."""

    path: Path
    resource_type: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    opaque: bool = False
    region: str = "us-east-1"

    @property
    def schema(self) -> Schema | None:
        """What AWS says of its type."""
        return find_schema(self.resource_type, self.region)

    def at(self, path: Path) -> Any:
        """What is at a path of its properties; ABSENT where nothing is."""
        return at(self.properties, path)

    @property
    def name(self) -> str:
        """Its physical name, where the template gives one."""
        return shown(self.properties[key]) if (key := self.name_property) in self.properties else ""

    @property
    def name_property(self) -> str:
        """The property that names it; empty where AWS names it."""
        schema = self.schema
        return name_property(self.resource_type, schema) if schema else ""


def name_property(resource_type: str, schema: Schema) -> str:
    """The property with the name that no other resource of the type may have at the same time."""
    single = {path[0] for path in schema.create_only if len(path) == 1}
    if len(schema.identifier) == 1 and schema.identifier[0][0] in single:
        return schema.identifier[0][0]
    last = resource_type.rpartition("::")[2]
    return next((each for each in (f"{last}Name", "Name") if each in single), "")


def all_resources(scope: Scope, *, metadata: bool = False, region: str = "us-east-1") -> dict[Path, Resource]:
    """Every resource of a stack and of those nested in it, each parent before what is in it."""
    return {each.path: each for each in _walk(scope, metadata, region)}


def _walk(scope: Scope, metadata: bool, region: str) -> Iterator[Resource]:
    for logical_id in scope.resource_ids():
        if logical_id == TRANSFORM:  # what it makes is not known; interface.py compares what it is given
            continue
        declared = scope.template["Resources"][logical_id]
        child = scope.child(logical_id)
        given = scope.value(declared.get("Properties", {}))
        properties = given if isinstance(given, dict) else {"(properties)": given}
        if child:
            properties = {key: each for key, each in properties.items() if key not in _FOLLOWED}
        wanted = (*_ATTRIBUTES, "Metadata") if metadata else _ATTRIBUTES
        kind = str(declared.get("Type", ""))
        yield Resource(
            path=(*scope.path, logical_id),
            resource_type=kind,
            properties=_with_code(kind, properties, scope.source.artifacts),
            attributes=_attributes(scope, logical_id, wanted),
            opaque=kind == STACK and child is None,
            region=region,
        )
        if child:
            yield from _walk(child, metadata, region)


def _attributes(scope: Scope, logical_id: str, wanted: Iterable[str]) -> dict[str, Any]:
    declared = scope.template["Resources"][logical_id]
    found = {key: scope.value(declared[key]) for key in wanted if key in declared}
    condition = scope.open_condition(logical_id)
    return found if condition is ABSENT else {**found, "Condition": condition}


def _with_code(kind: str, properties: dict[str, Any], artifacts: Mapping[str, str]) -> dict[str, Any]:
    """A function's code as its artifact's key, where the template names it by a local path that the manifest knows."""
    code = properties.get("Code")
    if kind != FUNCTION or not isinstance(code, str):
        return properties
    name = code.removeprefix(_ARTIFACTS).removesuffix(".zip")
    return {**properties, "Code": {"Artifact": f"{name}-{artifacts[name]}.zip"}} if name in artifacts else properties


def comparable(one: Resource, other: Resource) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The properties of both; code that is packaged on one side only is compared by the last part of its key."""
    first, second = one.properties, other.properties
    codes = (first.get("Code", ABSENT), second.get("Code", ABSENT))
    if one.resource_type == FUNCTION and any(isinstance(each, dict) and "Artifact" in each for each in codes):
        return {**first, "Code": _artifact(codes[0])}, {**second, "Code": _artifact(codes[1])}
    return first, second


def _artifact(code: Any) -> Any:
    if isinstance(code, dict) and isinstance(code.get("S3Key"), str):
        return {"Artifact": code["S3Key"].rpartition("/")[2]}
    return code
