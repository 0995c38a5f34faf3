"""Audit one set, perhaps edited: which permission differs from what is needed, in which file and statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.audit.permissions.configurations import GIVEN_KEYS
from payflow_cfn.audit.permissions.grants import Grant, Stated, stated_grants
from payflow_cfn.audit.permissions.needs import NEEDS
from payflow_cfn.audit.permissions.needs_vs_grants import KINDS, Deviation, compare, needed_grants, needs_of
from payflow_cfn.audit.permissions.resolve_conditions import effective
from payflow_cfn.aws.grants import IDENTITIES
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, parse_set
from payflow_cfn.aws.permissions_boundary import PARAMETER
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.errors import CheckError, PlanError

# The parameters with listed values that decide a policy; the audit takes every combination of their values.
_DECIDING = ("GatewayAdapter", "ResourceCoverage")
_UNREADABLE = (AttributeError, IndexError, KeyError, PlanError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Fault:
    """A permission that differs from what is needed, and where: the file, the resource and, where one is, the
    statement.

    `kind` is one of KINDS. `needed` is as in Deviation. `when` names the parameters' values with which it is so; it is
    empty where it is so with every value.
    """

    kind: str
    file: str
    resource: str
    statement: str
    grant: Grant
    needed: Grant | None = None
    when: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = ", ".join(each for each in (self.file, self.resource, self.statement) if each)
        when = f" [with {' or '.join(self.when)}]" if self.when else ""
        return f"{self.kind} in {place}: {Deviation(self.kind, self.grant, self.needed)}{when}"


def audit_set(templates: TemplateSet) -> list[Fault]:
    """What each role needs against what the set's policies grant; the list is empty where they agree.

    The needs are those of the structure that the set itself has: its functions, states, keys and network. CheckError
    for a set that is not one of payflow's, or has what cannot be read.
    """
    parsed = parse_set(templates.templates)
    try:
        found = {name: list(_faults(effective(parsed, values))) for name, values in _cases(parsed).items()}
        boundaries = list(_boundary_faults(parsed))
    except _UNREADABLE as error:
        raise CheckError(
            f"the set cannot be audited: {type(error).__name__}: {error}", remedy="lint it, and correct the findings"
        ) from None
    when: dict[Fault, list[str]] = {}
    for name, faults in found.items():
        for each in faults:
            when.setdefault(each, []).append(name)
    return [
        *(
            replace(each, when=_named(names, len(found)))
            for each, names in sorted(when.items(), key=lambda item: (KINDS.index(item[0].kind), str(item[0])))
        ),
        *boundaries,
    ]


def _named(names: list[str], every: int) -> tuple[str, ...]:
    return tuple(names) if len(names) < every else ()


def _cases(parsed: ParsedSet) -> dict[str, Mapping[str, str]]:
    known = parsed.templates[ROOT].get("Parameters", {})
    given = {name: arn for name, arn in GIVEN_KEYS.items() if name in known}
    lists = [[(name, str(each)) for each in known.get(name, {}).get("AllowedValues", ())] for name in _DECIDING]
    choices = product(*(each for each in lists if each))
    return {", ".join(f"{name} {value}" for name, value in each): {**given, **dict(each)} for each in choices}


def _faults(decided: ParsedSet) -> Iterator[Fault]:
    stated = stated_grants(decided)
    policies = {each.grant.policy for each in stated}
    if policies.isdisjoint(each.policy for each in NEEDS):
        raise CheckError("the set has none of the policies that payflow needs", remedy="audit a set of payflow's")
    for each in compare((each.grant for each in stated), needed_grants(decided, needs_of(decided))):
        place = _place(decided, stated, each.grant) if each.kind == "missing" else _written(decided, stated, each.grant)
        yield Fault(each.kind, *place, each.grant, each.needed)


def _written(decided: ParsedSet, stated: list[Stated], grant: Grant) -> tuple[str, str, str]:
    """Where a grant is; where it is written twice, the second place."""
    at = [each for each in stated if each.grant == grant][-1]
    return decided.file(at.stack), at.resource, at.statement


def _boundary_faults(parsed: ParsedSet) -> Iterator[Fault]:
    """Roles and users whose permissions boundary is not the one that the root is given, or is there without one."""
    known = parsed.templates[ROOT].get("Parameters", {})
    given = {name: arn for name, arn in GIVEN_KEYS.items() if name in known}
    for name in ("", "audited") if PARAMETER in known else ():
        decided = effective(parsed, {**given, PARAMETER: name})
        wanted = f"arn:{WORLD.partition}:iam::{WORLD.account}:policy/{name}" if name else ""
        when = (f"{PARAMETER} given" if name else f"no {PARAMETER}",)
        for stack, logical, resource in decided.resources(*IDENTITIES[:2]):
            bound = str(expand(decided, stack, resource.get("Properties", {}).get(PARAMETER)) or "")
            kinds = {bound: "unused", wanted: "missing"} if bound != wanted else {}
            for arn, kind in kinds.items():
                if arn:
                    grant = Grant(f"identity {logical}", "permissions boundary", arn)
                    yield Fault(kind, decided.file(stack), logical, "", grant, when=when)


def _place(decided: ParsedSet, stated: list[Stated], grant: Grant) -> tuple[str, str, str]:
    """Where a missing grant belongs: beside its policy's others, or to the resource whose policy is gone."""
    beside = [each for each in stated if each.grant.policy == grant.policy]
    if beside:
        like = [each for each in beside if each.grant.action == grant.action]
        like = like or [each for each in beside if each.grant.resource == grant.resource]
        names = {each.statement for each in like}
        return decided.file(beside[0].stack), beside[0].resource, names.pop() if len(names) == 1 else ""
    owner = grant.policy.partition(" ")[2]
    stack = next((stack for stack, logical, _ in decided.resources() if logical == owner), "")
    return decided.file(stack) if stack else "", owner if stack else f"{owner}, which is not there", ""
