"""Read the rendered policies as single grants: policy, principal, action, resource, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.grants import IDENTITIES, Except, Policy, policies_of
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.template import notes_of
from payflow_cfn.aws.values import ABSENT, listed
from payflow_cfn.aws.worlds import WORLD, World

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One permission (or denial); `policy` is the policy's kind and owner, as in "key SnsKey".

    `conditions` are (operator, key, values), sorted. `principal` is its type and name, or * for anybody; it is empty
    where the policy belongs to the principal.
    """

    policy: str
    action: str
    resource: str
    principal: str = ""
    conditions: Conditions = ()
    effect: str = "Allow"

    def __str__(self) -> str:
        who = f" for {self.principal}" if self.principal else ""
        tests = " and ".join(f"{operator} {key} = {', '.join(values)}" for operator, key, values in self.conditions)
        when = f" when {tests}" if tests else ""
        return f"{self.policy}: {self.effect} {self.action} on {self.resource}{who}{when}"


@dataclass(frozen=True, slots=True)
class Stated:
    """A grant and where it is written: the stack, the logical id of the resource, and the statement."""

    grant: Grant
    stack: str
    resource: str
    statement: str


def grants_of(templates: ParsedSet, world: World = WORLD) -> list[Grant]:
    """Every grant of a set whose conditions are decided (`effective`); one that is there twice is in it twice."""
    return sorted(each.grant for each in stated_grants(templates, world))


def stated_grants(templates: ParsedSet, world: World = WORLD) -> list[Stated]:
    """The same with where each is written, in the order of the templates."""
    found = [each for policy in policies_of(templates, world) for each in _stated(policy)]
    return [*found, *_managed(templates, world)]


def declared_grants(templates: ParsedSet, world: World = WORLD) -> list[Grant]:
    """What the resources of extensions need, by their notes in the templates."""
    owners: dict[tuple[str, str, str], list[Any]] = {}
    for each in policies_of(templates, world):
        owners.setdefault((each.stack, each.logical, each.kind), []).append(each.owner)
    found = []
    for stack, logical, resource in templates.resources():
        needs = notes_of(resource).get("needs", {})
        for kind, statements in needs.items() if isinstance(needs, Mapping) else ():
            document = {"Statement": expand(templates, stack, statements, world)}
            for owner in owners.get((stack, logical, kind), [(stack, logical)]):
                policy = Policy(kind, owner, (), document, stack, logical)
                found += [each.grant for each in _stated(policy)]
    return found


def _stated(policy: Policy) -> Iterator[Stated]:
    for each in policy.grants():
        conditions = ((operator, key, tuple(sorted(map(str, values)))) for operator, key, values in each.conditions)
        grant = Grant(
            policy.name,
            _text(each.action),
            _text(each.resource),
            "" if each.principal is ABSENT else _text(each.principal),
            tuple(sorted(conditions)),
            _text(each.effect),
        )
        yield Stated(grant, policy.stack, policy.logical, f"statement {each.statement}")


def _text(value: Any) -> str:
    if isinstance(value, Except):
        return f"not {', '.join(map(_text, value.values))}"
    if isinstance(value, tuple):
        return "*" if value == ("AWS", "*") else " ".join(map(str, value))
    return "none" if value is ABSENT else str(value)


def _managed(templates: ParsedSet, world: World) -> Iterator[Stated]:
    """A grant for each managed policy as a whole, since its document is not in the set."""
    for stack, logical, resource in templates.resources(*IDENTITIES):
        for each in listed(resource.get("Properties", {}).get("ManagedPolicyArns")):
            grant = Grant(f"identity {logical}", "managed policy", str(expand(templates, stack, each, world)))
            yield Stated(grant, stack, logical, "ManagedPolicyArns")
