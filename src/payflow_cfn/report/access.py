"""The grants of a set, each with its reason: that of the need which payflow knows."""

from __future__ import annotations

from typing import NamedTuple

from payflow_cfn.audit.permissions.grants import Conditions, Grant, declared_grants, stated_grants
from payflow_cfn.audit.permissions.needs_vs_grants import compare, needed_grants, needs_of
from payflow_cfn.aws.template import notes_of
from payflow_cfn.report.subject import Subject, short

UNKNOWN = "no reason is known"


class Access(NamedTuple):
    """Grants that differ only in their action: whose, on what, when, why, and where the reason comes from."""

    policy: str
    who: str
    effect: str
    target: str
    resource: str
    conditions: Conditions
    why: str
    seen: str
    source: str
    file: str
    actions: tuple[str, ...] = ()


def access_of(subject: Subject) -> list[Access]:
    """Every grant of the set, those of one policy together."""
    decided = subject.decided
    reasons = _reasons(subject)
    # The same grants twice: in the world of the needs, to find the reason, and in the subject's, to be shown.
    pairs = zip(stated_grants(decided), stated_grants(decided, subject.world), strict=True)
    found: dict[Access, list[str]] = {}
    for known, stated in pairs:
        grant = stated.grant
        why, seen, source = reasons.get(known.grant.key, (UNKNOWN, "", ""))
        resource = short(grant.resource, subject.world)
        row = Access(grant.policy, _who(subject, grant), grant.effect, _target(subject, grant), resource,
                     grant.conditions, why, seen, source, decided.file(stated.stack))  # fmt: skip
        found.setdefault(row, []).append(grant.action)
    return [row._replace(actions=tuple(actions)) for row, actions in found.items()]


def deviations_of(subject: Subject) -> list[str]:
    """What is missing, unused, wider or narrower than needed, or denied."""
    decided = subject.decided
    granted = (each.grant for each in stated_grants(decided))
    return [f"{each.kind}: {each}" for each in compare(granted, needed_grants(decided, needs_of(decided)))]


def _reasons(subject: Subject) -> dict[tuple[str, ...], tuple[str, str, str]]:
    """Reason, how it is known and its page, by the key of a grant; the needs come last, since they say more."""
    decided = subject.decided
    notes = [
        str(why)
        for _, _, each in decided.resources()
        if notes_of(each).get("needs") and (why := notes_of(each).get("why"))
    ]
    told = "; ".join(dict.fromkeys(notes)) or "an extension needs it"
    found = {each.key: (told, "extension", "") for each in declared_grants(decided)}
    for need in needs_of(decided):
        keys = (each.key for each in needed_grants(decided, [need]) if each.policy == need.policy)
        found.update(dict.fromkeys(keys, (need.why, need.seen, need.source)))
    return found


def _who(subject: Subject, grant: Grant) -> str:
    """The principal of a policy of a resource, else the role itself."""
    kind, _, owner = grant.policy.partition(" ")
    if kind == "identity":
        return owner
    name = grant.principal.removeprefix("Service ").removeprefix("AWS ")
    if name == "*":
        return "anybody"
    return "the account" if name.endswith(":root") else name.replace(subject.world.region, "REGION")


def _target(subject: Subject, grant: Grant) -> str:
    """What a grant is about, in few words: the resource's own name, or the owner of the policy."""
    kind, _, owner = grant.policy.partition(" ")
    if kind != "identity":
        return owner
    if grant.resource in ("*", "none"):
        return "any resource"
    place, _, attribute = grant.resource.partition(".")
    if attribute and "/" in place and not grant.resource.startswith("arn:"):
        return place.partition("/")[2]
    arns = subject.arns
    known = next((arns[arn] for arn in arns if grant.resource == arn or grant.resource.startswith(f"{arn}:")), "")
    return known or short(grant.resource, subject.world).partition(":")[2] or grant.resource
