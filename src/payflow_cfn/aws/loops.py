"""The transform AWS::LanguageExtensions: `Fn::ForEach` written out where its list is known.

A loop in a section whose list is not known stays one entry, which is compared as a whole. The same with `Fn::Transform`
in the place of a logical id: what a macro puts there, only CloudFormation can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from payflow_cfn.errors import CheckError

LOOP = "Fn::ForEach"
_EXTENSIONS = "AWS::LanguageExtensions"
MACRO = "Fn::Transform"
_TRACES = re.compile(r"\bTransform\b|Fn::ForEach::")
_SECTIONS = ("Conditions", "Resources", "Outputs")
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_LARGEST = 100_000  # values that the loops of a template may come to; CloudFormation takes 500 resources
Evaluate = Callable[[Any], Any]


def may_be_unread(text: str) -> bool:
    """Whether a template's text may hold what `not_looked_into` finds, before it is parsed."""
    return _TRACES.search(text) is not None


def transforms(template: Mapping[str, Any]) -> list[str]:
    """The names of the template's transforms."""
    found = template.get("Transform", [])
    each = found if isinstance(found, list) else [found]
    return [str(one.get("Name", "")) if isinstance(one, Mapping) else str(one) for one in each]


def not_looked_into(template: Mapping[str, Any]) -> list[str]:
    """What makes parts of this template that only CloudFormation sees: macros, and loops whose list is not known."""
    macros = [f"the transform {each}" for each in transforms(template) if each != _EXTENSIONS]
    entries = [key for part in _SECTIONS for key in _section(template, part)]
    loops = [f"{key}, whose list is not known" for key in entries if key.startswith(f"{LOOP}::")]
    return [*macros, *(["the transform in the place of a logical id"] if MACRO in entries else []), *loops]


def is_loop(key: str, entry: Any) -> bool:
    """Whether an entry of a section is a loop that is not written out."""
    return isinstance(entry, list) and key.startswith(f"{LOOP}::")


def is_plain(template: Mapping[str, Any]) -> bool:
    """Whether there is nothing here for `written_out` to do."""
    if _EXTENSIONS in transforms(template):
        return False
    return not any(key.startswith((LOOP, MACRO)) for part in _SECTIONS for key in _section(template, part))


def written_out(template: Mapping[str, Any], value: Evaluate) -> dict[str, Any]:
    """The template without its loops; `value` evaluates a list, with the template's parameters and mappings."""
    steps = iter(range(_LARGEST))
    parts = {name: _expanded(_section(template, name), value, steps) for name in _SECTIONS if name in template}
    return {**template, **{name: _entries(name, part) for name, part in parts.items()}}


def with_policies(template: Mapping[str, Any], value: Evaluate) -> dict[str, Any]:
    """The template with each DeletionPolicy that a function comes to, where the values say which."""
    resources = {key: _with_policies(each, value) for key, each in _section(template, "Resources").items()}
    return {**template, "Resources": resources}


def _with_policies(resource: Any, value: Evaluate) -> Any:
    if not isinstance(resource, Mapping):
        return resource
    worked = {key: value(resource[key]) for key in _POLICIES if isinstance(resource.get(key), Mapping)}
    return {**resource, **{key: each for key, each in worked.items() if isinstance(each, str)}}


def _section(template: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = template.get(name)
    return found if isinstance(found, Mapping) else {}


def _entries(section: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a section; what is still a loop or a macro becomes one entry of the section's own form."""
    made = {key: _as_entry(section, key, each) for key, each in found.items()}
    for key, each in made.items():
        if not isinstance(each, Mapping):
            raise CheckError(f"{section}/{key}, which a loop makes, is not an object", remedy="correct the loop's body")
    return made


def _as_entry(section: str, key: str, each: Any) -> Any:
    function = key if key == MACRO else LOOP if is_loop(key, each) else ""
    if not function or (isinstance(each, Mapping) and "Type" in each):
        return each
    if section == "Resources":
        return {"Type": function, "Properties": each if isinstance(each, Mapping) else {"Loop": each}}
    return {"Value": {function: each}} if section == "Outputs" else {function: each}


def _expanded(value: Any, evaluate: Evaluate, steps: Iterator[int]) -> Any:
    if next(steps, None) is None:
        raise CheckError(f"the loops of a template come to more than {_LARGEST} values", remedy="use shorter lists")
    if isinstance(value, list):
        return [_expanded(each, evaluate, steps) for each in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, each in value.items():
        rounds = _rounds(each, evaluate) if key.startswith(f"{LOOP}::") else None
        made = {key: _expanded(each, evaluate, steps)} if rounds is None else _joined(rounds, evaluate, steps)
        twice = sorted(found.keys() & made.keys())
        if twice:
            raise CheckError(f"{key} makes {twice[0]}, which is there already", remedy="give each round another name")
        found.update(made)
    return found


def _joined(rounds: list[Any], evaluate: Evaluate, steps: Iterator[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in rounds:
        found.update(_expanded(each, evaluate, steps))
    return found


def _rounds(loop: Any, evaluate: Evaluate) -> list[Any] | None:
    """The body once for each item; None where the list is not known."""
    match loop:
        case [str() as name, collection, Mapping() as body]:
            items = evaluate(collection)
            if isinstance(items, list) and all(isinstance(each, str | int) for each in items):
                return [_filled(body, name, str(each)) for each in items]
    return None


def _filled(value: Any, name: str, item: str) -> Any:
    """The value with the item in the place of the loop's variable; `&{x}` takes letters and digits only."""
    if value == {"Ref": name}:
        return item
    if isinstance(value, str):
        bare = re.sub("[^A-Za-z0-9]", "", item)
        return value.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", bare)
    if isinstance(value, list):
        return [_filled(each, name, item) for each in value]
    if isinstance(value, Mapping):
        return {_filled(key, name, item): _filled(each, name, item) for key, each in value.items()}
    return value
