"""Needed against granted: what is missing, unused, wider or narrower, or denied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from payflow_cfn.audit.permissions import terms
from payflow_cfn.audit.permissions.configurations import FACTS, Case
from payflow_cfn.audit.permissions.derived_needs import invoked
from payflow_cfn.audit.permissions.grants import Grant, declared_grants, grants_of
from payflow_cfn.audit.permissions.needs import NEEDS
from payflow_cfn.audit.permissions.resolve_conditions import effective
from payflow_cfn.audit.permissions.terms import GIVEN, TEXTS, Need
from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, Place, parse_set
from payflow_cfn.aws.template import notes_of, prefix_of, version_of
from payflow_cfn.aws.values import listed
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.config.names import prefixed
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

# Which code the set refers to decides no permission, so nothing is hashed for an audit.
_IDENTITIES = {"validation": "audited", "processing": "audited"}


KINDS = ("missing", "narrowed", "denied", "widened", "unused")


@dataclass(frozen=True, slots=True, order=True)
class Deviation:
    """One grant that is `missing`, `unused` (also: there twice), `widened`, `narrowed`, or a denial that none asks for.

    `needed` is what the grant should be where it is widened or narrowed, and what a denial may take; of a missing one
    `grant` is what is needed.
    """

    kind: str
    grant: Grant
    needed: Grant | None = None

    def __str__(self) -> str:
        if self.needed is None:
            return str(self.grant)
        if self.kind == "denied":
            return f"{self.grant}; it may take what is needed: {self.needed}"
        return f"{self.grant}: {self.needed.changed(self.grant)}"


def set_of(case: Case) -> ParsedSet:
    """The case's set as it is deployed: rendered, its conditions decided."""
    rendered = parse_set(render_templates(build_stacks(case.settings, _IDENTITIES)))
    return effective(rendered, {"Environment": WORLD.environment, **case.parameters})


def needs_of(templates: ParsedSet) -> list[Need]:
    """The table's lines that hold for this set, whose parameters are decided, and what its state machine calls."""
    return [*(each for each in NEEDS if FACTS[each.when](templates)), *invoked(templates, WORLD)]


def compare(granted: Iterable[Grant], needed: Iterable[Grant]) -> tuple[Deviation, ...]:
    """The difference between two lists of grants; in `needed` each counts once."""
    has, wants = _by_key(granted), {each.key: each for each in needed}
    left = [each for key, found in has.items() for each in (found[1:] if key in wants else found)]
    missing = [need for key, need in wants.items() if key not in has]
    found = [each for need in missing for each in _pairs(need, left)]
    met = {(each.needed, each.grant) for each in found}
    lone = [need for need in missing if need not in {need for need, _ in met}]
    extra = [each for each in left if each not in {grant for _, grant in met}]
    found += [Deviation("missing", need) for need in lone]
    found += [_unasked(each, wants.values()) for each in extra]
    return tuple(sorted(found, key=lambda each: (KINDS.index(each.kind), each.grant, str(each))))


def _by_key(grants: Iterable[Grant]) -> dict[tuple[str, ...], list[Grant]]:
    found: dict[tuple[str, ...], list[Grant]] = {}
    for each in grants:
        found.setdefault(each.key, []).append(each)
    return found


def _pairs(need: Grant, granted: Iterable[Grant]) -> Iterator[Deviation]:
    """The grants that are this need with another resource, action, principal or condition."""
    wider = [each for each in granted if each.covers(need)]
    narrower = [each for each in granted if need.covers(each)] if not wider else []
    yield from (Deviation("widened", each, need) for each in wider[:1])
    yield from (Deviation("narrowed", each, need) for each in narrower)


def _unasked(grant: Grant, needed: Iterable[Grant]) -> Deviation:
    if grant.effect != "Deny":
        return Deviation("unused", grant)
    taken = (each for each in needed if each.effect == "Allow" and grant.meets(each))
    return Deviation("denied", grant, next(taken, None))


def compare_case(case: Case) -> tuple[Deviation, ...]:
    """The difference in a case."""
    templates = set_of(case)
    return compare(grants_of(templates, WORLD), needed_grants(templates, needs_of(templates)))


def needed_grants(templates: ParsedSet, needs: Iterable[Need]) -> list[Grant]:
    """The needs in the same words as the grants, with those of the resources of extensions."""
    return [*(each for need in needs for each in _as_grants(templates, need)), *declared_grants(templates)]


# A condition that lists resources of the set. An extension adds those of the type whose property names the target.
_LISTS = {
    terms.OUR_ALARMS: ("AWS::CloudWatch::Alarm", "AlarmActions", "NotificationsTopic"),
    terms.OUR_GROUPS: ("AWS::Logs::LogGroup", "KmsKeyId", "CloudwatchKey"),
}


def _added(templates: ParsedSet, condition: tuple[str, str, tuple[str, ...]]) -> list[str]:
    kind, key, target = _LISTS.get(condition, ("", "", ""))
    return [
        resource_arn(templates, Place(stack, logical, "Arn"), WORLD)
        for stack, logical, resource in (templates.resources(kind) if kind else ())
        if notes_of(resource).get("extension")
        and target in _named(templates, stack, resource.get("Properties", {}).get(key))
    ]


def _named(templates: ParsedSet, stack: str, values: Any) -> set[str]:
    places = (templates.origin(stack, each) for each in listed(values))
    return {each.resource for each in places if each}


def _as_grants(templates: ParsedSet, need: Need) -> list[Grant]:
    prefix = prefix_of(templates.templates[ROOT])

    def resolved(text: str) -> str:
        given = GIVEN.get(text, "")
        known = templates.templates[ROOT].get("Parameters", {})
        meant = f"${{{given}}}" if given in known else prefixed(TEXTS.get(text, text), prefix)
        return _in_its_stack(templates, str(expand(templates, ROOT, {"Fn::Sub": meant}, WORLD)))

    later = terms.NOT_YET.get(version_of(templates.templates[ROOT]), frozenset())

    def values(condition: tuple[str, str, tuple[str, ...]]) -> list[str]:
        given = [resolved(each) for each in condition[2] if each not in later]
        return sorted([*given, *_added(templates, condition)])

    conditions = tuple(sorted((each[0], each[1], tuple(values(each))) for each in need.conditions))
    return [
        Grant(need.policy, action, resolved(need.resource), resolved(need.principal), conditions, need.effect)
        for action in need.actions.split()
    ]


def _in_its_stack(templates: ParsedSet, text: str) -> str:
    """`encryption/SnsKey.Arn` with the stack that has SnsKey: its file may lie in a folder, or have another name."""
    found = re.fullmatch(r"[a-z]+/(\w+)(\.\w+)", text)
    stacks = [stack for stack, logical, _ in templates.resources() if logical == found[1]] if found else []
    return f"{stacks[0]}/{found[1]}{found[2]}" if found and len(stacks) == 1 else text
