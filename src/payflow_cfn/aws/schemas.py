"""AWS's resource schemas: the properties that can only be set at creation, and the identifiers.

From the resource schemas that cfn-lint carries (CloudFormation's own registry, createOnlyProperties and the rest:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html). Their files are read where
they lie, since importing cfn-lint costs a second; where they lie elsewhere, cfn-lint is asked.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.aws.values import Path

_DATA = ("data", "schemas")
_PROPERTIES = "/properties/"


@dataclass(frozen=True, slots=True)
class Schema:
    """One resource type; every property is a path of names, without the items of lists.

    `create_only` replaces the resource, `conditional` perhaps does; `read_only` is what only AWS sets; `identifier` is
    what makes up its primary identifier; `delete_first` whether AWS takes the old one away before it makes the new one.
    `document` is the schema itself, for what it says of one property.
    """

    create_only: tuple[Path, ...]
    conditional: tuple[Path, ...]
    read_only: tuple[Path, ...]
    identifier: tuple[Path, ...]
    delete_first: bool = False
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def parts(self, path: Path) -> Iterator[Mapping[str, Any]]:
        """The schema's parts that describe what is at a path; several where it allows alternatives."""
        found = [self.document]
        for step in path:
            if not step.startswith("["):
                found = [part for each in found for part in self._below(each, step)]
        for each in found:
            yield from self._alternatives(each)

    def _below(self, part: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
        for each in self._alternatives(part):
            if name in each.get("properties", {}):
                yield each["properties"][name]
            elif "items" in each:
                yield from self._below(each["items"], name)

    def _alternatives(self, part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The part with what it refers to, or allows instead."""
        yield part
        if "$ref" in part:
            found: Any = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found.get(step, {})
            yield from self._alternatives(found)
        for key in ("oneOf", "anyOf", "allOf"):
            for each in part.get(key, ()):
                yield from self._alternatives(each)


@functools.cache
def find_schema(resource_type: str, region: str = "us-east-1") -> Schema | None:
    """The schema of a type in a region, or None where AWS publishes none (a custom resource, a macro's own)."""
    document = _document(resource_type, region)
    return None if document is None else parse_schema(document)


def _document(resource_type: str, region: str) -> Mapping[str, Any] | None:
    if not resource_type.startswith("AWS::"):
        return None
    top = schema_folder()
    return _from_cfnlint(resource_type, region) if top is None else _from_files(top, resource_type, region)


def tags_type(resource_type: str) -> str:
    """How a type takes its Tags: "array", "object", or empty where it has none."""
    document = _document(resource_type, "us-east-1") or {}
    found = _resolved(document.get("properties", {}).get("Tags", {}), document)
    kind = found.get("type", "")
    return str(kind if isinstance(kind, str) else next(iter(kind), ""))


def property_names(resource_type: str, path: Path = ()) -> frozenset[str] | None:
    """The properties that a type has below a path of names and list items; None where its schema names none."""
    document = _document(resource_type, "us-east-1")
    if document is None:
        return None
    found: Mapping[str, Any] = document
    for step in path:
        found = found.get("items", {}) if str(step).isdecimal() else found.get("properties", {}).get(step, {})
        found = _resolved(found, document)
    return frozenset(found["properties"]) if found.get("properties") else None


def _resolved(found: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(found.get("$ref", "")).removeprefix("#/definitions/")
    resolved: Mapping[str, Any] = document.get("definitions", {}).get(name, {}) if name else found
    return resolved


def parse_schema(document: Mapping[str, Any]) -> Schema:
    """What this comparison needs of a resource schema."""
    return Schema(
        create_only=_paths(document.get("createOnlyProperties")),
        conditional=_paths(document.get("conditionalCreateOnlyProperties")),
        read_only=_paths(document.get("readOnlyProperties")),
        identifier=_paths(document.get("primaryIdentifier")),
        delete_first=document.get("replacementStrategy") == "delete_then_create",
        document=document,
    )


def _paths(pointers: Iterable[str] | None) -> tuple[Path, ...]:
    steps = (pointer.removeprefix(_PROPERTIES).split("/") for pointer in pointers or ())
    return tuple(tuple(step for step in each if step not in ("*", "properties", "items")) for each in steps)


@functools.cache
def schema_folder() -> str | None:
    """Where the schema files lie, found without importing cfn-lint."""
    found = importlib.util.find_spec("cfnlint")
    places = found.submodule_search_locations if found else None
    for place in places or ():
        top = os.path.join(place, *_DATA)
        if os.path.isfile(os.path.join(top, "providers", "us-east-1.json")):
            return top
    return None


@functools.cache
def _hashes(top: str, region: str) -> Mapping[str, str]:
    """{type: name of its schema file} of a region; a region that is not known has what us-east-1 has."""
    path = os.path.join(top, "providers", f"{region}.json")
    path = path if os.path.isfile(path) else os.path.join(top, "providers", "us-east-1.json")
    with open(path, encoding="utf-8") as file:
        found: Mapping[str, str] = json.load(file)
    return found


def _from_files(top: str, resource_type: str, region: str) -> Mapping[str, Any] | None:
    name = _hashes(top, region).get(resource_type)
    if name is None:
        return None
    with open(os.path.join(top, "resources", f"{name}.json"), encoding="utf-8") as file:
        found: Mapping[str, Any] = json.load(file)
    return found


def _from_cfnlint(resource_type: str, region: str) -> Mapping[str, Any] | None:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

    try:
        found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, resource_type).schema
    except ResourceNotFoundError:
        return None
    return found
