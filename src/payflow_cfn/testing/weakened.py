"""Copies of a set whose policies are weakened in one place each, to see that a check notices every one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.template import notes_of
from payflow_cfn.errors import ExtensionError
from payflow_cfn.jsontext import json_text
from payflow_cfn.text import nearest


def weakened(templates: TemplateSet, *, extension: str = "") -> Iterator[tuple[str, TemplateSet]]:
    """Each weakened copy with what was done: every action of its service, every resource, or no condition.

    `extension` takes only the resources of this extension ("module:function"); ExtensionError where the set has none of
    that name. `audit_set` of each copy has to find something.
    """
    applied = [each.name for each in templates.recorded.extensions]
    if extension and extension not in applied:
        raise ExtensionError(f"no extension {extension} changed the set", remedy=nearest(extension, applied))
    for file, document in templates.documents.items():
        for logical, resource in document.get("Resources", {}).items():
            if extension in ("", notes_of(resource).get("extension", "")):
                for place, statement in _statements(resource.get("Properties", {}), ()):
                    for what, weaker in _weaker(statement):
                        changed = _with(document, ("Resources", logical, "Properties", *place), weaker)
                        texts = {**templates.templates, file: json_text(changed) + "\n"}
                        where = f"{file} {logical} {statement.get('Sid', '')}"
                        yield f"{where}: {what}", replace(templates, templates=texts)


def _statements(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if value.get("Effect") == "Allow":
            yield place, value
            return
        for key, each in value.items():
            yield from _statements(each, (*place, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _statements(each, (*place, number))


def _weaker(statement: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    actions = statement.get("Action")
    services = sorted({str(each).partition(":")[0] for each in (actions if isinstance(actions, list) else [actions])})
    every = [f"{each}:*" for each in services]
    if actions not in (every, every[0]):
        yield "every action", {**statement, "Action": every}
    if statement.get("Resource") not in (None, "*", ["*"]):
        yield "every resource", {**statement, "Resource": "*"}
    if "Condition" in statement:
        yield "no condition", {key: each for key, each in statement.items() if key != "Condition"}


def _with(document: Mapping[str, Any], place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    inner: Any = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed
