"""Change or remove what is in the set, by its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from payflow_cfn.aws.schemas import property_names
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.plain import plain
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.text import nearest

# What stands beside the properties of a resource
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html).
ATTRIBUTES = (
    *("Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata"),
    *("UpdatePolicy", "UpdateReplacePolicy"),
)
_GONE = object()


def override(payments: Draft, path: str, value: Any) -> Draft:
    """Set a property, an attribute or a root parameter's field to a value, or to what a function makes of the old one.

    Paths: "Storage/TransactionsTable/TableClass", "Storage/TransactionsTable/DeletionPolicy",
    "Root/Parameters/RiskThreshold/Default"; a list's items by number. ExtensionError for a path that is not there and
    that the type of the resource does not have; it names the nearest.
    """
    return _changed(payments, path, value)


def remove(payments: Draft, path: str) -> Draft:
    """Remove a resource ("Storage/TransactionsTable") with the outputs that refer to it, or a property of one."""
    stack, _, rest = path.partition("/")
    if not rest:
        raise ExtensionError(f"{path!r} names no resource", remedy="write STACK/RESOURCE, or STACK/RESOURCE/PROPERTY")
    if "/" in rest:
        return _changed(payments, path, _GONE)
    template = payments.stack(stack)
    _known(rest, template["Resources"], path)
    kept = {name: each for name, each in template["Resources"].items() if name != rest}
    outputs = {name: each for name, each in template.get("Outputs", {}).items() if not _refers(each, rest)}
    return payments.with_stack(stack, {**template, "Resources": kept, "Outputs": outputs}).claimed(path)


def _refers(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        target = value.get("Fn::GetAtt")
        first = target[0] if isinstance(target, list) else str(target or "").partition(".")[0]
        return name in (value.get("Ref"), first) or any(_refers(each, name) for each in value.values())
    return isinstance(value, list) and any(_refers(each, name) for each in value)


def _changed(payments: Draft, path: str, value: Any) -> Draft:
    stack, *steps = path.split("/")
    if stack.lower() == "root":
        if len(steps) != 3 or steps[0] != "Parameters":
            raise ExtensionError(
                f"{path}: of root, only Root/Parameters/NAME/FIELD can be set", remedy="correct the path"
            )
        _known(steps[1], payments.parameters, path)
        parameters = _set(payments.parameters, steps[1:], value, path, "", ())
        payments = _in_stacks(replace(payments, parameters=parameters), steps[1], steps[2])
        return payments.claimed(path)
    if len(steps) < 2:
        raise ExtensionError(f"{path} names no property", remedy="write STACK/RESOURCE/PROPERTY")
    template = payments.stack(stack)
    resource = template["Resources"][_known(steps[0], template["Resources"], path)]
    own = steps[1] in ATTRIBUTES
    tree = resource if own else resource.get("Properties", {})
    kind = "" if own else resource["Type"]
    made = _set(tree, steps[1:], value, path, kind, ())
    changed = made if own else {**resource, "Properties": made}
    return payments.with_section(stack, "Resources", {steps[0]: changed}).claimed(path)


def _in_stacks(payments: Draft, name: str, field: str) -> Draft:
    """The draft whose nested stacks hold the parameter to the same constraint as root."""
    of_root = payments.parameters[name]
    for stack, template in payments.stacks.items():
        facts = template.get("Parameters", {}).get(name, {})
        if field in facts:
            followed = {key: each for key, each in facts.items() if key != field}
            followed |= {field: of_root[field]} if field in of_root else {}
            payments = payments.with_section(stack, "Parameters", {name: followed})
    return payments


def _known(name: str, entries: Mapping[str, Any], path: str) -> str:
    if name not in entries:
        raise ExtensionError(f"{path}: there is no {name}", remedy=nearest(name, entries))
    return name


def _set(tree: Any, steps: list[str], value: Any, path: str, kind: str, passed: tuple[str, ...]) -> Any:
    """The tree with the value at the end of the steps; `passed` are the names on the way, for the type's schema."""
    first, *rest = steps
    if isinstance(tree, list):
        if not first.isdecimal() or int(first) >= len(tree):
            raise ExtensionError(f"{path}: the list has no item {first}", remedy=_items(tree))
        items, old = list(tree), tree[int(first)]
        items[int(first)] = _set(old, rest, value, path, kind, (*passed, first)) if rest else _new(old, value)
        return [each for each in items if each is not _GONE]
    if not isinstance(tree, Mapping):
        raise ExtensionError(f"{path}: nothing is below {passed[-1] if passed else first}", remedy="shorten the path")
    if rest and rest[0].isdecimal() and first not in tree:
        raise ExtensionError(f"{path}: there is no list {first}", remedy=f"set {first} to a list")
    if first not in tree:
        known = property_names(kind, passed) if kind else ATTRIBUTES
        if (known is not None and first not in known) or value is _GONE:
            raise ExtensionError(f"{path}: there is no {first}", remedy=nearest(first, {*tree, *(known or ())}))
    inner = tree.get(first, {} if rest else None)
    made = _set(inner, rest, value, path, kind, (*passed, first)) if rest else _new(inner, value)
    return {key: each for key, each in {**tree, first: made}.items() if each is not _GONE}


def _items(items: Sequence[Any]) -> str:
    return f"it has items 0 to {len(items) - 1}" if items else "it is empty: set the list itself"


def _new(old: Any, value: Any) -> Any:
    if value is None:
        raise ExtensionError("None cannot stand in a template", remedy="use remove(payments, path)")
    return value if value is _GONE else plain(value(old) if callable(value) else value)
