"""Split every policy statement of a set into single grants, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.aws import grants
from payflow_cfn.aws.grants import Except
from payflow_cfn.aws.values import ABSENT, Attribute, Path, shown, symbols_in
from payflow_cfn.diff.principals import Resources, name_of, party, thing_of
from payflow_cfn.diff.resources import Resource

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one thing for one party; `conditions` are (operator, key, values), sorted.

    `who` and `what` are words. `path` is the resource that holds the statement, `about` are the resources that it is
    about. Neither counts in a comparison.
    """

    path: Path
    effect: str
    who: str
    action: str
    what: str
    conditions: Conditions = ()
    about: frozenset[Path] = field(default=frozenset(), compare=False)

    @property
    def key(self) -> tuple[str, str, str, str, Conditions]:
        """What makes two grants the same wherever they are written."""
        return (self.effect, self.who, self.action, self.what, self.conditions)


def all_grants(resources: Resources, names: Resources) -> list[Grant]:
    """Every grant of a set; a statement whose form is not understood gives none (its property still shows).

    `names` has the resources by which parties and things are called: those of the later set for both sides, so that a
    grant stays the same when what it speaks of is only renamed.
    """
    return [grant for each in resources.values() for grant in _of(each, names)]


def _of(resource: Resource, names: Resources) -> Iterator[Grant]:
    for policy in grants.policies(resource.resource_type, resource.properties):
        for each in policy.grants():
            held = policy.kind == "identity"
            if each.action is not ABSENT and (held or each.principal is not ABSENT):
                owner = Attribute(resource.path, "Ref") if policy.owner is ABSENT else policy.owner
                who = name_of(owner, names) if held else party(each.principal, names)
                what = _what(policy.kind, owner, each.resource, names)
                yield Grant(
                    resource.path,
                    _said(each.effect),
                    who,
                    _action(each.action),
                    what,
                    _conditions(each.conditions),
                    frozenset(_paths((owner, each.principal, each.action, each.resource), names)),
                )


def _paths(values: Any, names: Resources) -> Iterator[Path]:
    for value in values:
        inside = value.values if isinstance(value, Except) else value
        for each in symbols_in(list(inside) if isinstance(inside, tuple) else inside):
            if isinstance(each, Attribute) and each.path in names:
                yield each.path


def _what(kind: str, owner: Any, resource: Any, names: Resources) -> str:
    if kind == "trust":
        return f"the role {name_of(owner, names)}"
    if kind not in ("identity", "logs"):
        return thing_of(owner, names)  # in a policy of the resource itself, `*` and its own ARN both mean that resource
    if isinstance(resource, Except):
        return f"everything but {', '.join(thing_of(each, names) for each in resource.values)}"
    return "" if resource is ABSENT else thing_of(resource, names)


def _action(value: Any) -> str:
    if isinstance(value, Except):
        return f"do everything but {', '.join(map(shown, value.values))}"
    return shown(value)


def _said(value: Any) -> str:
    return "" if value is ABSENT else shown(value)


def _conditions(given: grants.Conditions) -> Conditions:
    """Conditions with their values in one order: they are sets."""
    return tuple(sorted((operator, key, tuple(sorted(map(shown, values)))) for operator, key, values in given))
