"""Values of an extension as plain JSON values, and the notes that a template keeps of an extension's resources."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from payflow_cfn.errors import ExtensionError
from payflow_cfn.stacks.draft import Draft

NOTES = "payflow"


def plain(value: Any) -> Any:
    """The value without objects of troposphere and awacs; ExtensionError for what is not a JSON value."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if hasattr(value, "JSONrepr"):
        return plain(value.JSONrepr())
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ExtensionError(f"{value} cannot stand in a template", remedy="write a number of JSON")
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ExtensionError(f"a {type(value).__name__} cannot stand in a template", remedy="write texts, numbers, lists")


def noted(resource: Mapping[str, Any], **notes: Any) -> dict[str, Any]:
    """The resource with these notes in its Metadata, each merged with what is there."""
    metadata = dict(resource.get("Metadata", {}))
    found = dict(metadata.get(NOTES, {}))
    for name, value in notes.items():
        if value:
            found[name] = {**found.get(name, {}), **value} if isinstance(value, Mapping) else value
    return {**resource, "Metadata": {**metadata, NOTES: found}} if found else dict(resource)


def new_names(payments: Draft, stack: str, section: str, names: Iterable[str]) -> None:
    """ExtensionError if the stack already has one of these names in the section."""
    taken = payments.stack(stack).get(section, {})
    for each in names:
        if each in taken:
            raise ExtensionError(
                f"{stack} already has {each} among its {section}",
                remedy="choose another name, or override what is there",
            )
