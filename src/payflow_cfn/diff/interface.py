"""The root's parameters and outputs: what other people's files and stacks hold on to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.values import ABSENT, HIDDEN, Path, plain, shown, symbols_in
from payflow_cfn.diff.changes import InterfaceChange, ResourceChange
from payflow_cfn.diff.compare import same
from payflow_cfn.diff.propagation import moves, with_names
from payflow_cfn.diff.resource_diff import Resources

_RULES = ("Type", "AllowedPattern", "AllowedValues", "MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho")
_PARTS = {
    "Transform": "changed: what the macro makes of the template is not compared",
    "Rules": "changed: parameter values may be refused that were accepted",
}


def parameter_changes(before: Scope, after: Scope, given: Mapping[str, str]) -> Iterator[InterfaceChange]:
    """Parameters that came, went, were renamed, or have another default or rule; `given` are the new set's values."""
    old, new = before.part("Parameters"), after.part("Parameters")
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    for name in list(gone):
        other = next((each for each in come if _alike(old[name], new[each])), None)
        if other:
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


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get("Description")) and one == other


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
    """Other parts of the root template that decide something: what a macro makes of it, and what values it takes."""
    for part, meaning in _PARTS.items():
        old, new = before.template.get(part), after.template.get(part)
        if not same(old, new):
            yield InterfaceChange("template", part, meaning, old, new)


def output_changes(
    before: Scope, after: Scope, changes: Mapping[Path, ResourceChange], sides: tuple[Resources, Resources]
) -> Iterator[InterfaceChange]:
    """Root outputs that came, went, have another value or export, or whose value may move with a resource."""
    old, new = before.output_names(), after.output_names()
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
