"""Values of the new set that equal the old ones in another form, put into the form of the old ones.

Then the comparison finds only what differs. The forms are: a default that is written out, a list in another order where
the order means nothing, a reference (Ref, Fn::GetAtt, the ARN itself), and in a policy one value or a list of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from payflow_cfn.aws.schemas import Schema
from payflow_cfn.aws.values import ABSENT, Path
from payflow_cfn.diff.compare import item_steps, same
from payflow_cfn.diff.default_values import default_attribute, default_value
from payflow_cfn.diff.references import Resources, resolved
from payflow_cfn.diff.resources import Resource

_SETS = frozenset(
    {"Tags", "AttributeDefinitions", "SecurityGroupIds", "SubnetIds", "VPCSecurityGroups", "ManagedPolicyArns"}
    | {"AlarmActions", "OKActions", "InsufficientDataActions"}
)
_TYPED = frozenset({"Definition"})  # of a state machine: its lists have an order, and a number differs from its text


def in_old_form(before: Resources, after: Resources) -> dict[Path, Resource]:
    """The new resources, with each value that equals the old one in the form of the old one."""
    return {
        path: _Pair(before[path], resource, before, after).rewritten() if path in before else resource
        for path, resource in after.items()
    }


@dataclass(frozen=True, slots=True)
class _Pair:
    """A resource of both sets, and the resources that each side's references lead to."""

    old: Resource
    new: Resource
    before: Resources
    after: Resources

    def rewritten(self) -> Resource:
        if self.old == self.new or self.old.resource_type != self.new.resource_type:
            return self.new
        attributes = _Form(self, is_attribute=True).of_map(self.old.attributes, self.new.attributes, ())
        properties = _Form(self).of_map(self.old.properties, self.new.properties, ())
        return replace(self.new, properties=properties, attributes=attributes)


@dataclass(frozen=True, slots=True)
class _Form:
    """How values are rewritten; in a policy every list is a set, and may be a single value."""

    pair: _Pair
    is_attribute: bool = False
    in_policy: bool = False

    def of(self, one: Any, other: Any, path: Path) -> Any:
        typed = path[:1] and path[0] in _TYPED
        if same(one, other, typed=bool(typed)):
            return one
        if one is ABSENT or other is ABSENT:
            return one if self._is_default(other if one is ABSENT else one, path) else other
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            form = self if self.in_policy or "Statement" not in one else replace(self, in_policy=True)
            return form.of_map(one, other, path)
        if self.in_policy and isinstance(one, list) != isinstance(other, list):
            return self._alone(one, other, path)
        if isinstance(one, list) and isinstance(other, list):
            return self._of_lists(one, other, path)
        pair = self.pair
        is_same = same(resolved(one, pair.before), resolved(other, pair.after), typed=bool(typed))
        return one if is_same else other

    def of_map(self, one: Mapping[str, Any], other: Mapping[str, Any], path: Path) -> dict[str, Any]:
        found = {
            key: self.of(one.get(key, ABSENT), other.get(key, ABSENT), (*path, key))
            for key in dict.fromkeys((*other, *one))
        }
        return {key: each for key, each in found.items() if each is not ABSENT}

    def _alone(self, one: Any, other: Any, path: Path) -> Any:
        """A single value against a list, which in a policy are the same where the list has that value alone."""
        old, new = (each if isinstance(each, list) else [each] for each in (one, other))
        return one if same(self._of_sets(old, new, path), old) else other

    def _of_lists(self, one: list[Any], other: list[Any], path: Path) -> list[Any]:
        if self.in_policy or self._is_set(path):
            return self._of_sets(one, other, path)
        if len(one) == len(other):
            return [self.of(a, b, (*path, "[]")) for a, b in zip(one, other, strict=True)]
        return [self._known(one, each, path) for each in other]

    def _known(self, items: list[Any], value: Any, path: Path) -> Any:
        return next((each for each in items if same(self.of(each, value, (*path, "[]")), each)), value)

    def _of_sets(self, one: list[Any], other: list[Any], path: Path) -> list[Any]:
        """The items in the order of the old ones: those that are equal or have the same name, and then the rest."""
        left = dict(enumerate(other))
        named = {step: number for number, step in enumerate(item_steps(other)) if "=" in step}
        found: list[Any] = []
        for step, item in zip(item_steps(one), one, strict=True):
            number = named.get(step, -1)
            if number not in left:
                number = next((each for each, value in left.items() if self._equals(item, value, path)), -1)
            found.append(self.of(item, left.pop(number), (*path, "[]")) if number in left else ABSENT)
        rest = iter(left.values())  # in the places of those that are gone, so that a changed item stays where it was
        filled = [next(rest, ABSENT) if each is ABSENT else each for each in found]
        return [each for each in (*filled, *rest) if each is not ABSENT]

    def _equals(self, one: Any, other: Any, path: Path) -> bool:
        return same(self.of(one, other, (*path, "[]")), one)

    def _is_set(self, path: Path) -> bool:
        return (bool(path) and path[-1] in _SETS) or is_set(self.pair.new.schema, path)

    def _is_default(self, value: Any, path: Path) -> bool:
        kind, schema = self.pair.new.resource_type, self.pair.new.schema
        if self.is_attribute:
            return len(path) == 1 and same(value, default_attribute(kind, path[0]))
        names = tuple(step for step in path if not step.startswith("["))
        # CloudFormation replaces for a value that may only be set at creation, whatever the service would have taken.
        if schema and names in schema.create_only:
            return False
        return same(value, default_value(kind, schema, path))


def is_set(schema: Schema | None, path: Path) -> bool:
    """Whether the order of a list means nothing, by its schema."""
    parts = list(schema.parts(path)) if schema else []
    return any(each.get("insertionOrder") is False or str(each.get("format", "")).endswith(".Ids") for each in parts)
