"""Permissions with their reasons: of a role, and of those who use a key or the topic."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from payflow_cfn.aws.grants import policies
from payflow_cfn.aws.template import notes_of
from payflow_cfn.aws.values import listed
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.plain import noted, plain
from payflow_cfn.stacks.customer_resources import KEYS
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.text import nearest

# The properties that hold the policy of a key, and of a topic or a queue.
_DOCUMENTS = ("KeyPolicy", "PolicyDocument")
_ACTIONS = re.compile(r"[\w-]+:[\w*?]+(\s+[\w*?]+)*\s*")


class Permission(NamedTuple):
    """What a role needs: `actions` as "dynamodb:GetItem Query", a resource or a list, why, and conditions as in IAM."""

    actions: str
    resource: Any
    why: str
    conditions: Mapping[str, Any] = {}

    @property
    def names(self) -> tuple[str, list[str]]:
        """The service, and its actions; ExtensionError where they, or the reason, are not given."""
        if not _ACTIONS.fullmatch(str(self.actions)) or not self.why.strip():
            raise ExtensionError(
                f"the permission {self.actions!r} lacks its service or its reason, or is not one text",
                remedy='write Permission("service:Action Another", resource, "why")',
            )
        service, _, verbs = self.actions.partition(":")
        return service, verbs.split()

    def statement(self, sid: str, whom: Mapping[str, Any] = {}) -> dict[str, Any]:
        """The IAM statement; `whom` is the Principal that a policy of a resource has."""
        service, verbs = self.names
        resources = listed(self.resource)
        if "*" in verbs and "*" in resources and not whom:
            raise ExtensionError(
                f"the permission {self.actions!r} on every resource has no limit",
                remedy="name the actions or the resource",
            )
        found = {
            "Sid": sid,
            "Effect": "Allow",
            **whom,
            "Action": [f"{service}:{each}" for each in verbs],
            "Resource": plain(resources),
        }
        return {**found, "Condition": plain(self.conditions)} if self.conditions else found


def allow(payments: Draft, role: str, *needs: Permission) -> Draft:
    """Give a role ("Functions/ScreeningRole") these permissions; each has its reason, and `audit` knows them."""
    stack, _, name = role.partition("/")
    resource = payments.stack(stack)["Resources"].get(name)
    if resource is None or resource.get("Type") != "AWS::IAM::Role":
        raise ExtensionError(f"{role} is not a role of the set", remedy='write it as "Functions/ProcessingRole"')
    if not needs:
        return payments
    first, *others = resource["Properties"]["Policies"]
    document, notes = _granted(resource, first["PolicyDocument"], "identity", needs)
    properties = {**resource["Properties"], "Policies": [{**first, "PolicyDocument": document}, *others]}
    changed = noted({**resource, "Properties": properties}, **notes)
    return payments.with_section(stack, "Resources", {name: changed})


def admit(payments: Draft, resource: str, principal: Mapping[str, Any], *needs: Permission) -> Draft:
    """Let a principal ({"Service": "events.amazonaws.com"}) use a key, the topic or a queue; `audit` knows the reasons.

    `resource` has the policy: "Encryption/SnsKey", "Notifications/NotificationsTopicPolicy". In the policy of a key the
    permission's resource is "*", the key itself. An existing key is left out: its owner writes its policy.
    """
    stack, _, name = resource.partition("/")
    if not needs or name in {KEYS[each] for each in payments.settings.existing_keys}:
        return payments
    holders = {
        key: (each, field)
        for key, each in payments.stack(stack)["Resources"].items()
        for field in _DOCUMENTS
        if field in each.get("Properties", {})
    }
    if name not in holders:
        raise ExtensionError(f"{resource} is not a policy of a key, a topic or a queue", remedy=nearest(name, holders))
    found, field = holders[name]
    kind = next(policies(found["Type"], found["Properties"])).kind
    document, notes = _granted(found, found["Properties"][field], kind, needs, {"Principal": plain(principal)})
    changed = noted({**found, "Properties": {**found["Properties"], field: document}}, **notes)
    return payments.with_section(stack, "Resources", {name: changed})


def _granted(
    resource: Mapping[str, Any],
    document: Mapping[str, Any],
    kind: str,
    needs: Sequence[Permission],
    whom: Mapping[str, Any] = {},
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The policy document with the permissions, and the notes of the resource about them."""
    statements, reasons = list(document["Statement"]), {}
    for each in needs:
        sid = _sid(each, {known.get("Sid") for known in statements})
        statements.append(each.statement(sid, whom))
        reasons[sid] = each.why
    known = notes_of(resource).get("needs", {}).get(kind, [])
    added = statements[len(document["Statement"]) :]
    return {**document, "Statement": statements}, {"needs": {kind: [*known, *added]}, "reasons": reasons}


def _sid(need: Permission, taken: set[Any]) -> str:
    """A statement's id that is not taken: of "dynamodb:GetItem Query" GetItemDynamodb, then GetItemDynamodb2."""
    service, verbs = need.names
    verb = re.sub(r"[^A-Za-z0-9]", "", verbs[0])
    found = (f"{verb}{service.capitalize()}{number if number > 1 else ''}" for number in count(1))
    return next(each for each in found if each not in taken)
