"""Describe changed permissions between two sets in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.grants import IDENTITIES
from payflow_cfn.aws.values import ABSENT, listed, shown
from payflow_cfn.diff.changes import AccessChange
from payflow_cfn.diff.grants import Conditions, Grant, all_grants
from payflow_cfn.diff.principals import ANYONE, OWN_ACCOUNT, Resources
from payflow_cfn.diff.resource_diff import fate
from payflow_cfn.diff.resources import Resource

# Conditions that say how somebody calls, and not who.
_NO_LIMIT = frozenset({"aws:securetransport", "aws:currenttime", "aws:requestedregion", "s3:tlsversion"})
_OUTSIDER = re.compile(r"arn:.+:(?:\d{12}|\*):|.*\*|[^:@\s]+@|https?:|a person with|whom it names")
_WIDE_THING = re.compile(r"^everything|[:/]\*$")
# All of a service, or all that begin with one word: `s3:Get*`, but not `kms:GenerateDataKey*`.
_WIDE_ACTION = re.compile(r"\*|[\w-]+:[A-Z]?[a-z]*\*|do everything but|do whatever|use every permission")
_WIDE_POLICY = re.compile(r"Admin|PowerUser|FullAccess")
_Group = tuple[str, str, str, Conditions]


def access_changes(before: Resources, after: Resources) -> list[AccessChange]:
    """Every grant that appears, goes, or holds under other conditions; those that give more come first."""
    names = {**before, **after}
    # What is removed and retained keeps the policy that it has.
    gone = {path: each for path, each in before.items() if path in after or fate(each, "DeletionPolicy") != "retained"}
    found = [*_grants(all_grants(gone, names), all_grants(after, names), before), *_limits(before, after)]
    return sorted(found, key=lambda each: (not each.alarming, not each.wider, each.who, each.text))


def _grants(before: list[Grant], after: list[Grant], existing: Resources) -> Iterator[AccessChange]:
    old, new = {each.key: each for each in before}, {each.key: each for each in after}
    gone = {key: each for key, each in old.items() if key not in new}
    come = {key: each for key, each in new.items() if key not in old}
    pairs: dict[Any, list[tuple[Grant, Grant]]] = {}
    for one, other in list(_conditioned(gone, come)):
        del gone[one.key], come[other.key]
        pairs.setdefault((other.effect, other.who, other.what, one.conditions, other.conditions), []).append(
            (one, other)
        )
    for same in pairs.values():
        yield _other_condition(*same[0], actions=sorted(each.action for _, each in same))
    for group, grants in _grouped(come.values()).items():
        yield _sentence(group, grants, existing, appears=True)
    for group, grants in _grouped(gone.values()).items():
        yield _sentence(group, grants, existing, appears=False)


def _conditioned(gone: Mapping[Any, Grant], come: Mapping[Any, Grant]) -> Iterator[tuple[Grant, Grant]]:
    waiting: dict[Any, list[Grant]] = {}
    for each in come.values():
        waiting.setdefault(each.key[:4], []).append(each)
    for each in gone.values():
        if others := waiting.get(each.key[:4]):
            yield each, others.pop(0)


def _other_condition(one: Grant, other: Grant, *, actions: list[str]) -> AccessChange:
    """The sentence about grants of these actions, which are alike and all changed their condition."""
    allows = other.effect == "Allow"
    verb = "may" if allows else "is denied"
    start = f"{other.who} {verb} {', '.join(actions)}{_on(other.what)}"
    if not other.conditions:
        text, wider = f"{start} without the condition {condition_text(one)}", allows
    elif not one.conditions:
        text, wider = f"{start} only if {condition_text(other)}", not allows
    else:
        text, wider = f"{start} under another condition: {' and '.join(_changed_tests(one, other))}", True
    return AccessChange(other.path, other.who, text, wider, alarming=wider and not _is_narrower(one, other))


def _changed_tests(one: Grant, other: Grant) -> Iterator[str]:
    """The tests of two conditions that differ, each with what is new in it and what is gone."""
    old, new = ({(key, operator): values for operator, key, values in each.conditions} for each in (one, other))
    for test in sorted({*old, *new}):
        gone, come = ([*dict.fromkeys(each.get(test, ()))] for each in (old, new))
        name = " ".join(filter(None, test))
        lost, added = [each for each in gone if each not in come], [each for each in come if each not in gone]
        if test not in new:
            yield f"without {name} {' or '.join(gone)}"
        elif test not in old:
            yield f"only {name} {' or '.join(come)}"
        elif lost and added and len(gone) == len(come) == 1:
            yield f"{name} {gone[0]} -> {come[0]}"
        elif lost or added:
            parts = [f"also {' or '.join(added)}"] if added else []
            parts += [f"no longer {' or '.join(lost)}"] if lost else []
            yield f"{name} {', '.join(parts)}"


def _is_narrower(one: Grant, other: Grant) -> bool:
    """Whether every test stays, with no value more; of a denial, the other way round."""
    loose, strict = (one, other) if other.effect == "Allow" else (other, one)
    values = {(operator, key): set(values) for operator, key, values in strict.conditions}
    return all(values.get((operator, key), {""}) <= set(given) for operator, key, given in loose.conditions)


def _grouped(grants: Iterable[Grant]) -> dict[_Group, list[Grant]]:
    found: dict[_Group, list[Grant]] = {}
    for each in grants:
        found.setdefault((each.effect, each.who, each.what, each.conditions), []).append(each)
    return found


def _sentence(group: _Group, grants: list[Grant], existing: Resources, *, appears: bool) -> AccessChange:
    effect, who, what, conditions = group
    allows = effect == "Allow"
    verb = {
        (True, True): "may now",
        (True, False): "may no longer",
        (False, True): "is now denied",
        (False, False): "is no longer denied",
    }[allows, appears]
    actions = ", ".join(sorted({each.action for each in grants}))
    limit = f" if {condition_text(grants[0])}" if conditions else ""
    wider = allows is appears
    alarming = wider and (not allows or any(_alarming(each, existing) for each in grants))
    return AccessChange(grants[0].path, who, f"{who} {verb} {actions}{_on(what)}{limit}", wider, alarming)


def condition_text(grant: Grant) -> str:
    """A condition as it is read: `aws:SourceAccount StringEquals 1 and aws:SourceArn ArnLike x or y`."""
    tests = ((key, operator, " or ".join(values)) for operator, key, values in grant.conditions)
    return " and ".join(" ".join(filter(None, each)) for each in tests)


def _on(what: str) -> str:
    return f" on {what}" if what else ""


def _alarming(grant: Grant, existing: Resources) -> bool:
    """Whether the grant reaches beyond the resources that are new with it, or is wide among them.

    A grant to an outsider, of everything, or of many actions is wide if nothing limits the caller.
    """
    if not grant.about or any(each in existing for each in grant.about):
        return True
    if grant.who == OWN_ACCOUNT or any(key.lower() not in _NO_LIMIT for _, key, _ in grant.conditions):
        return False
    outside = (
        grant.who == ANYONE or grant.who.startswith(("everyone but", "the account ")) or _OUTSIDER.match(grant.who)
    )
    return bool(outside or _WIDE_THING.search(grant.what) or _WIDE_ACTION.match(grant.action))


def _limits(before: Resources, after: Resources) -> Iterator[AccessChange]:
    for path in dict.fromkeys((*before, *after)):
        one, other = before.get(path), after.get(path)
        if {getattr(one, "resource_type", ""), getattr(other, "resource_type", "")} & {*IDENTITIES}:
            yield from _boundary(one, other)
            yield from _managed(one, other)


def _boundary(before: Resource | None, after: Resource | None) -> Iterator[AccessChange]:
    if before is None or after is None:
        return
    old, new = (each.properties.get("PermissionsBoundary", ABSENT) for each in (before, after))
    if shown(old) == shown(new):
        return
    name = after.name or "/".join(after.path)
    if new is ABSENT:
        yield AccessChange(after.path, name, f"{name} has no permissions boundary any more ({shown(old)})", True, True)
    elif old is ABSENT:
        yield AccessChange(after.path, name, f"{name} is now limited by the permissions boundary {shown(new)}", False)
    else:
        text = f"{name} has another permissions boundary: {shown(old)} -> {shown(new)}"
        yield AccessChange(after.path, name, text, True, True)


def _managed(before: Resource | None, after: Resource | None) -> Iterator[AccessChange]:
    sides = (each.properties.get("ManagedPolicyArns") if each else None for each in (before, after))
    old, new = ({shown(each) for each in listed(policies)} for policies in sides)
    role = after or before
    if role is None:
        return
    name = role.name or "/".join(role.path)
    for arn in sorted(new - old):
        alarming = before is not None or bool(_WIDE_POLICY.search(arn))
        yield AccessChange(role.path, name, f"{name} now has the managed policy {arn}", True, alarming)
    for arn in sorted(old - new):
        yield AccessChange(role.path, name, f"{name} no longer has the managed policy {arn}", False)
