"""Read the handler permissions of the set's resource types, without those that the set does not need.

The schemas are those that cfn-lint carries; they say which permissions each handler of a type uses
(https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.aws.schemas import find_schema
from payflow_cfn.iam.grants import parse_actions
from payflow_cfn.iam.unneeded import ALSO, FOR_PROPERTY, NEVER

# Not the list handler: it serves the search for resources that no stack has.
_HANDLERS = ("create", "read", "update", "delete")


def children_of(templates: TemplateSet) -> tuple[str, ...]:
    """The logical ids of the nested stacks, sorted."""
    kinds = ((name, each["Type"]) for name, each in _resources(templates))
    return tuple(sorted(name for name, kind in kinds if kind == STACK))


def permissions(templates: TemplateSet) -> dict[str, frozenset[str]]:
    """{resource type: actions} of a set, everything in it created; none for a type that cfn-lint does not know."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for _, resource in _resources(templates):
        found.setdefault(resource["Type"], []).append(resource)
    return {kind: _needed(kind, resources) for kind, resources in sorted(found.items())}


def _resources(templates: TemplateSet) -> Iterator[tuple[str, Any]]:
    for each in templates.documents.values():
        yield from each.get("Resources", {}).items()


def _needed(kind: str, resources: list[Mapping[str, Any]]) -> frozenset[str]:
    found = find_schema(kind)  # that of one region for all: cfn-lint does not carry each type for each of them
    schema = found.document if found else {}
    if not schema.get("handlers"):
        return frozenset()
    handlers = {name: set(schema["handlers"].get(name, {}).get("permissions", ())) for name in _HANDLERS}
    if all(_stays(each) for each in resources):
        del handlers["delete"]
    wanted = set().union(*handlers.values())
    if any("Tags" in each.get("Properties", {}) for each in resources):
        wanted |= set(schema.get("tagging", {}).get("permissions", ()))
    by_path = FOR_PROPERTY.get(kind, {})
    used = {path for path in by_path if any(_has(each.get("Properties", {}), path) for each in resources)}
    absent = _all(by_path[path] for path in by_path.keys() - used) - _all(by_path[path] for path in used)
    unneeded = absent | _all(NEVER.get(kind, {}))
    return frozenset((wanted - unneeded) | _all(ALSO.get(kind, {})))


def _stays(resource: Mapping[str, Any]) -> bool:
    """Whether no stack ever deletes it, nor the old resource after a replacement."""
    return all(resource.get(each) == "Retain" for each in ("DeletionPolicy", "UpdateReplacePolicy"))


def _has(properties: Any, path: str) -> bool:
    first, _, rest = path.partition(".")
    if isinstance(properties, list):
        return any(_has(each, path) for each in properties)
    if not isinstance(properties, Mapping) or first not in properties:
        return False
    return _has(properties[first], rest) if rest else True


def _all(texts: Iterable[str]) -> set[str]:
    return {action for text in texts for action in parse_actions(text)}
