"""Read the rendered policies as single grants: policy, principal, action, resource, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.grants import IDENTITIES, Except, Policy, policies_of
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.shares import USE
from payflow_cfn.aws.template import notes_of
from payflow_cfn.aws.values import ABSENT, listed
from payflow_cfn.aws.worlds import WORLD, World
from payflow_cfn.lint.iam import like

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
_NOT = "not "


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

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two grants the same: IAM takes actions and the keys of conditions in whatever letters."""
        tests = sorted(f"{operator} {key.lower()} {values}" for operator, key, values in self.conditions)
        return (self.policy, self.action.lower(), self.resource, self.principal, self.effect, *tests)

    def covers(self, other: Grant) -> bool:
        """Whether this holds wherever the other does; what is not plain to see is no."""
        loose = [(operator, key.lower(), values) for operator, key, values in self.conditions]
        strict = [(operator, key.lower(), values) for operator, key, values in other.conditions]
        return (
            (self.policy, self.effect) == (other.policy, other.effect)
            and _covers(self.action.lower(), other.action.lower())
            and _covers(self.resource, other.resource)
            and _covers(self.principal, other.principal)
            and all(any(_looser(one, each) for each in strict) for one in loose)
        )

    def meets(self, other: Grant) -> bool:
        """Whether this, a denial, may take what the other allows."""
        if self.policy != other.policy and (self.principal != "*" or self.resource == "*"):
            return False
        return all(
            _covers(one, two) or _covers(two, one)
            for one, two in ((self.action.lower(), other.action.lower()), (self.resource, other.resource))
        )

    def changed(self, other: Grant) -> str:
        """What of this is different in the other, as `resource a -> b`."""
        parts = (
            (name, str(getattr(self, name)), str(getattr(other, name))) for name in ("action", "resource", "principal")
        )
        tests = ("condition", _tests(self.conditions) or "none", _tests(other.conditions) or "none")
        return ", ".join(f"{name} {old} -> {new}" for name, old, new in (*parts, tests) if old != new)

    def __str__(self) -> str:
        who = f" for {self.principal}" if self.principal else ""
        tests = _tests(self.conditions)
        when = f" when {tests}" if tests else ""
        return f"{self.policy}: {self.effect} {self.action} on {self.resource}{who}{when}"


def _tests(conditions: Conditions) -> str:
    return " and ".join(f"{operator} {key} = {', '.join(values)}" for operator, key, values in conditions)


def _covers(wide: str, narrow: str) -> bool:
    """Whether a pattern, or `not` and patterns, takes everything that another one takes."""
    if wide.startswith(_NOT):
        return not narrow.startswith(_NOT) and not any(like(narrow, each) for each in wide[len(_NOT) :].split(", "))
    return wide == narrow or wide == "*" or (not narrow.startswith(_NOT) and like(narrow, wide))


def _looser(wide: tuple[str, str, tuple[str, ...]], narrow: tuple[str, str, tuple[str, ...]]) -> bool:
    """Whether a test holds wherever another test of the same key does."""
    base, (operator, key, values) = narrow[0], wide
    if key != narrow[1] or "Not" in base:
        return wide == narrow
    pattern = operator.removesuffix("IfExists").removeprefix("ForAllValues:")
    same = pattern == base.removesuffix("IfExists")
    patterns = pattern in ("StringLike", "ArnLike", "ArnEquals")
    if not (same or (patterns and pattern[0] == base[0])) or (base.endswith("IfExists") and operator == pattern):
        return False
    return all(any(each == value or (patterns and like(each, value)) for value in values) for each in narrow[2])


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
    """What the resources of extensions need, by their notes in the templates.

    What such a resource grants without a policy document (a subscription, a permission of a function) needs no note of
    its own: the reason for the resource is the reason for it.
    """
    owners: dict[tuple[str, str, str], list[Any]] = {}
    for each in policies_of(templates, world):
        owners.setdefault((each.stack, each.logical, each.kind), []).append(each.owner)
    found = [
        each.grant
        for policy in policies_of(templates, world)
        if policy.kind == USE and notes_of(templates.templates[policy.stack]["Resources"][policy.logical]).get("why")
        for each in _stated(policy)
    ]
    for stack, logical, resource in templates.resources():
        needs = notes_of(resource).get("needs", {})
        for key, statements in needs.items() if isinstance(needs, Mapping) else ():
            kind, _, number = key.partition(" ")
            known = owners.get((stack, logical, kind), [])
            at = int(number) - 1 if number.isdecimal() else 0
            document = {"Statement": expand(templates, stack, statements, world)}
            policy = Policy(kind, known[at] if at < len(known) else (stack, logical), (), document, stack, logical)
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
        return f"{_NOT}{', '.join(map(_text, value.values))}"
    if isinstance(value, tuple):
        return "*" if value == ("AWS", "*") else " ".join(map(str, value))
    return "none" if value is ABSENT else str(value)


def _managed(templates: ParsedSet, world: World) -> Iterator[Stated]:
    """A grant for each managed policy as a whole, since its document is not in the set."""
    for stack, logical, resource in templates.resources(*IDENTITIES):
        for each in listed(resource.get("Properties", {}).get("ManagedPolicyArns")):
            grant = Grant(f"identity {logical}", "managed policy", str(expand(templates, stack, each, world)))
            yield Stated(grant, stack, logical, "ManagedPolicyArns")
