"""Needed against granted, for one case or for all: nothing missing, nothing unused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from payflow_cfn.audit.permissions import terms
from payflow_cfn.audit.permissions.configurations import FACTS, Case
from payflow_cfn.audit.permissions.derived_needs import invoked
from payflow_cfn.audit.permissions.grants import Grant, declared_grants, grants_of
from payflow_cfn.audit.permissions.needs import NEEDS
from payflow_cfn.audit.permissions.resolve_conditions import effective
from payflow_cfn.audit.permissions.terms import GIVEN, TEXTS, Need
from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, Place, parse_set
from payflow_cfn.aws.template import notes_of, prefix_of
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.config.names import prefixed
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

# Which code the set refers to decides no permission, so nothing is hashed for an audit.
_IDENTITIES = {"validation": "audited", "processing": "audited"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What is needed and not granted, and what is granted and not needed (also: twice)."""

    missing: tuple[Grant, ...]
    unused: tuple[Grant, ...]


def set_of(case: Case) -> ParsedSet:
    """The case's set as it is deployed: rendered, its conditions decided."""
    rendered = parse_set(render_templates(build_stacks(case.settings, _IDENTITIES)))
    return effective(rendered, {"Environment": WORLD.environment, **case.parameters})


def needs_of(templates: ParsedSet) -> list[Need]:
    """The table's lines that hold for this set, whose parameters are decided, and what its state machine calls."""
    return [*(each for each in NEEDS if FACTS[each.when](templates)), *invoked(templates, WORLD)]


def compare(granted: Iterable[Grant], needed: Iterable[Grant]) -> Difference:
    """The difference between two lists of grants; in `needed` each counts once."""
    has, wants = Counter(granted), Counter(set(needed))
    return Difference(tuple(sorted((wants - has).elements())), tuple(sorted((has - wants).elements())))


def compare_case(case: Case) -> Difference:
    """What is missing and unused in a case."""
    templates = set_of(case)
    return compare(grants_of(templates, WORLD), needed_grants(templates, needs_of(templates)))


def needed_grants(templates: ParsedSet, needs: Iterable[Need]) -> list[Grant]:
    """The needs in the same words as the grants, with those of the resources of extensions."""
    return [*(each for need in needs for each in _as_grants(templates, need)), *declared_grants(templates)]


# A condition that lists resources of the set, and the type of those that an extension adds to them.
_LISTS = {terms.OUR_ALARMS: "AWS::CloudWatch::Alarm", terms.OUR_GROUPS: "AWS::Logs::LogGroup"}


def _added(templates: ParsedSet, condition: tuple[str, str, tuple[str, ...]]) -> list[str]:
    kind = _LISTS.get(condition)
    return [
        resource_arn(templates, Place(stack, logical, "Arn"), WORLD)
        for stack, logical, resource in (templates.resources(kind) if kind else ())
        if notes_of(resource).get("extension")
    ]


def _as_grants(templates: ParsedSet, need: Need) -> list[Grant]:
    prefix = prefix_of(templates.templates[ROOT])

    def resolved(text: str) -> str:
        given = GIVEN.get(text, "")
        known = templates.templates[ROOT].get("Parameters", {})
        meant = f"${{{given}}}" if given in known else prefixed(TEXTS.get(text, text), prefix)
        return str(expand(templates, ROOT, {"Fn::Sub": meant}, WORLD))

    conditions = tuple(
        sorted(
            (each[0], each[1], tuple(sorted([*map(resolved, each[2]), *_added(templates, each)])))
            for each in need.conditions
        )
    )
    return [
        Grant(need.policy, action, resolved(need.resource), resolved(need.principal), conditions, need.effect)
        for action in need.actions.split()
    ]
