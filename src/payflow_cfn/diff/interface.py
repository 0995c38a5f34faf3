"""The root's parameters and outputs: what other people's files and stacks hold on to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import ABSENT, HIDDEN, Path, at, plain, shown, symbols_in
from payflow_cfn.diff.changes import InterfaceChange, ResourceChange
from payflow_cfn.diff.compare import same
from payflow_cfn.diff.propagation import moves, with_names
from payflow_cfn.diff.resource_diff import Resources
from payflow_cfn.diff.resources import TRANSFORM

_RULES = ("Type", "AllowedPattern", "AllowedValues", "MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho")
_PARTS = {
    "Transform": "changed: what the macro makes of the template is not compared",
    "Rules": "changed: parameter values may be refused that were accepted",
    "Hooks": "changed: a deploy may shift traffic in another way",
}
_SECTIONS = ("Resources", "Outputs", "Conditions", "Mappings")


def parameter_changes(before: Scope, after: Scope, given: Mapping[str, str]) -> Iterator[InterfaceChange]:
    """Parameters that came, went, were renamed, or have another default or rule; `given` are the new set's values."""
    old, new = before.part("Parameters"), after.part("Parameters")
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    for name in list(gone):
        other = next((each for each in come if new[each] == old[name]), None)
        if other and old[name].get("Description"):
            gone.remove(name)
            come.remove(other)
            yield InterfaceChange("parameter", name, f"renamed to {other}", name, other, breaking=True)
    for name in gone:
        yield InterfaceChange("parameter", name, "removed", _default(old[name]), None, breaking=True)
    for name in come:
        yield _new(name, new[name], given)
    for name in old:
        if name in new:
            yield from _other_default(name, old[name], new[name], given)
            yield from _other_rules(name, old[name], new[name])


def _default(declared: Mapping[str, Any]) -> Any:
    if str(declared.get("NoEcho", "")).lower() == "true":
        return HIDDEN
    return declared.get("Default")


def _new(name: str, declared: Mapping[str, Any], given: Mapping[str, str]) -> InterfaceChange:
    needs = "Default" not in declared and name not in given
    text = "new, and needs a value" if needs else "new"
    return InterfaceChange("parameter", name, text, None, _default(declared), breaking=needs)


def _other_default(
    name: str, one: Mapping[str, Any], other: Mapping[str, Any], given: Mapping[str, str]
) -> Iterator[InterfaceChange]:
    if same(one.get("Default", ABSENT), other.get("Default", ABSENT)):
        return
    text = "default changed"
    if name in given and "Default" in other:
        text += ", of no effect here: a value is given"
    breaking = "Default" not in other and name not in given
    yield InterfaceChange(
        "parameter",
        name,
        f"{text}, and it needs a value" if breaking else text,
        _default(one),
        _default(other),
        breaking,
    )


def _other_rules(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[InterfaceChange]:
    for rule in _RULES:
        before, after = one.get(rule), other.get(rule)
        if not same(before, after):
            # Whether a value that was good still is depends on the value; another type is another parameter.
            yield InterfaceChange("parameter", name, f"{rule} changed", before, after, breaking=rule == "Type")


def template_changes(before: Scope, after: Scope) -> Iterator[InterfaceChange]:
    """Other parts of a template that decide something, in every stack: macros, rules for values, hooks, exports.

    And the findings of lint that it accepts: a reviewer has to see a new one.
    """
    old_stacks, new_stacks = (dict(_stacks(each)) for each in (before, after))
    for path, new in new_stacks.items():
        if path in old_stacks:
            yield from _other_parts(old_stacks[path], new)
    yield from _others("export", _exports(old_stacks), _exports(new_stacks), is_breaking=True)
    yield from _others("accepted finding", _accepted(old_stacks), _accepted(new_stacks))


def _stacks(scope: Scope) -> Iterator[tuple[Path, Scope]]:
    yield scope.path, scope
    for logical_id in scope.resource_ids():
        child = scope.child(logical_id)
        if child:
            yield from _stacks(child)


def _other_parts(before: Scope, after: Scope) -> Iterator[InterfaceChange]:
    one, other = dict(_parts(before)), dict(_parts(after))
    for part in dict.fromkeys((*one, *other)):
        if not same(one.get(part), other.get(part)):
            meaning = _PARTS[part if part in _PARTS else "Transform"]
            name = "/".join((*after.path, part))
            yield InterfaceChange("template", name, meaning, one.get(part), other.get(part))


def _parts(scope: Scope) -> Iterator[tuple[str, Any]]:
    yield from ((part, scope.template[part]) for part in _PARTS if part in scope.template)
    for section in _SECTIONS:
        if TRANSFORM in scope.part(section):
            yield f"{section}/{TRANSFORM}", scope.part(section)[TRANSFORM]


def _others(
    kind: str, old: Mapping[str, Any], new: Mapping[str, Any], *, is_breaking: bool = False
) -> Iterator[InterfaceChange]:
    """What came, went or has another value, by name; it breaks a user where it is gone or another."""
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, ABSENT), new.get(name, ABSENT)
        if not same(one, other):
            text = "new" if one is ABSENT else "removed" if other is ABSENT else "has another value"
            before, after = (None if each is ABSENT else plain(each) for each in (one, other))
            yield InterfaceChange(kind, name, text, before, after, breaking=is_breaking and one is not ABSENT)


def _exports(stacks: Mapping[Path, Scope]) -> dict[str, Any]:
    """The values that nested stacks export, by the export's name; the root's are listed with its outputs."""
    found = {}
    for path, scope in stacks.items():
        for name in scope.output_names() if path else ():
            exported = _export(scope, name)
            if exported is not ABSENT:
                found[shown(exported)] = scope.output(name)
    return found


def _accepted(stacks: Mapping[Path, Scope]) -> dict[str, str]:
    found = {}
    for scope in stacks.values():
        for logical_id in scope.resource_ids():
            accepted = at(scope.part("Resources")[logical_id], ("Metadata", "payflow", "accept"))
            for rule, reason in accepted.items() if isinstance(accepted, Mapping) else ():
                found[f"{rule} of {'/'.join((*scope.path, logical_id))}"] = str(reason)
    return found


def output_changes(
    before: Scope, after: Scope, changes: Mapping[Path, ResourceChange], sides: tuple[Resources, Resources]
) -> Iterator[InterfaceChange]:
    """Root outputs that came, went, have another value or export, or whose value may move with a resource."""
    old, new = ([name for name in each.output_names() if name != TRANSFORM] for each in (before, after))
    for name in old:
        if name not in new:
            yield InterfaceChange("output", name, "removed", shown(before.output(name)), None, breaking=True)
    for name in new:
        value = after.output(name)
        if name not in old:
            yield InterfaceChange("output", name, "new", None, plain(value))
            continue
        yield from _other_value(name, before.output(name), value)
        yield from _other_export(name, before, after)
        if same(before.output(name), value) and any(moves(each, changes, sides[1]) for each in symbols_in(value)):
            was, comes = (plain(with_names(value, each)) for each in sides)
            text = "may come to another value" if was == comes else "comes to another value"
            yield InterfaceChange("output", name, text, was, comes)


def _other_value(name: str, before: Any, after: Any) -> Iterator[InterfaceChange]:
    if not same(before, after):
        yield InterfaceChange("output", name, "has another value", plain(before), plain(after))


def _other_export(name: str, before: Scope, after: Scope) -> Iterator[InterfaceChange]:
    old, new = (_export(each, name) for each in (before, after))
    if not same(old, new):
        shown_old, shown_new = (None if each is ABSENT else plain(each) for each in (old, new))
        yield InterfaceChange("output", name, "export changed", shown_old, shown_new, breaking=old is not ABSENT)


def _export(scope: Scope, name: str) -> Any:
    declared = scope.part("Outputs")[name].get("Export")
    return scope.value(declared["Name"]) if isinstance(declared, Mapping) and "Name" in declared else ABSENT
