"""Grants, one for each purpose, and their IAM statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Conditions = Mapping[str, Mapping[str, "str | list[str]"]]


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources under conditions; `sid` names the purpose, and grants of one purpose add up."""

    sid: str
    actions: frozenset[str]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)

    def statement(self) -> dict[str, Any]:
        """The IAM statement, in a fixed order."""
        found: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
        }
        if self.conditions:
            found["Condition"] = {key: dict(value) for key, value in sorted(self.conditions.items())}
        return found


def grant(sid: str, actions: str, resources: str | Iterable[str], conditions: Conditions | None = None) -> Grant:
    """A grant from text: `actions` is `service:One Two`, several services parted by `;`."""
    wide = (resources,) if isinstance(resources, str) else tuple(resources)
    return Grant(sid, frozenset(parse_actions(actions)), wide, conditions or {})


def parse_actions(text: str) -> list[str]:
    """`service:One Two; other:Three` as a list of actions."""
    found = []
    for part in text.split(";"):
        service, _, words = part.strip().partition(":")
        found += [f"{service}:{each}" for each in words.split()]
    return found


def merged(grants: Iterable[Grant]) -> list[Grant]:
    """The grants, merged by sid, in the order of each sid's first grant."""
    found: dict[str, Grant] = {}
    for each in grants:
        first = found.setdefault(each.sid, each)
        if first.conditions != each.conditions:
            raise ValueError(f"{each.sid} is used for two conditions")
        resources = dict.fromkeys((*first.resources, *each.resources))
        found[each.sid] = replace(first, actions=first.actions | each.actions, resources=tuple(resources))
    return [each for each in found.values() if each.actions]


def under(conditions: Conditions, grants: Iterable[Grant]) -> list[Grant]:
    """The grants with further conditions, all of which have to be met."""
    return [replace(each, conditions=both(each.conditions, conditions)) for each in grants]


def both(one: Conditions, other: Conditions) -> dict[str, dict[str, str | list[str]]]:
    """Two blocks of conditions as one."""
    return {key: {**one.get(key, {}), **other.get(key, {})} for key in sorted({*one, *other})}
