"""Resources that set something of another one: a removed one takes away what a new one has just set.

CloudFormation makes the new resource first and removes the old one last, under whatever logical ids.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.values import Attribute, Path, listed, plain, shown
from payflow_cfn.diff.references import Resources, resolved
from payflow_cfn.diff.resources import Resource


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a type sets (`what`), found by the values of these properties; the last ones name what it is set on."""

    what: str
    properties: tuple[str, ...]
    overwrites: bool = True


_QUEUE, _TOPIC, _INLINE = "the policy", "the topic's policy", "the inline policy"
# A Lambda::Permission is not here: each has a statement of its own, by an id that CloudFormation makes. Nor is a type
# whose identifier is what it sets (a bucket's policy, an alias): the new one cannot be made beside the old one.
_KINDS: Mapping[str, tuple[_Kind, ...]] = {
    "AWS::SQS::QueuePolicy": (_Kind(_QUEUE, ("Queues",)),),
    "AWS::SQS::QueueInlinePolicy": (_Kind(_QUEUE, ("Queue",)),),
    "AWS::SNS::TopicPolicy": (_Kind(_TOPIC, ("Topics",)),),
    "AWS::SNS::TopicInlinePolicy": (_Kind(_TOPIC, ("TopicArn",)),),
    "AWS::SNS::Subscription": (_Kind("the subscription", ("Protocol", "Endpoint", "TopicArn"), overwrites=False),),
    "AWS::SecretsManager::ResourcePolicy": (_Kind("the policy", ("SecretId",)),),
    "AWS::SecretsManager::RotationSchedule": (_Kind("the rotation", ("SecretId",)),),
    "AWS::IAM::Policy": tuple(_Kind(_INLINE, ("PolicyName", each)) for each in ("Roles", "Users", "Groups")),
    "AWS::IAM::RolePolicy": (_Kind(_INLINE, ("PolicyName", "RoleName")),),
    "AWS::IAM::UserPolicy": (_Kind(_INLINE, ("PolicyName", "UserName")),),
    "AWS::IAM::GroupPolicy": (_Kind(_INLINE, ("PolicyName", "GroupName")),),
    "AWS::IAM::UserToGroupAddition": (_Kind("the membership", ("Users", "GroupName"), overwrites=False),),
}
_WITH_POLICIES = frozenset({"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"})
_Set = tuple[str, ...]  # what is set, and the values that say on what


def lost_attachments(before: Resources, after: Resources) -> Iterator[tuple[Path, str]]:
    """The path of a resource that goes, or leaves a target, and what it takes away from another one that stays."""
    owners: dict[_Set, Resource] = {}
    for resource in after.values():
        for each in _sets(resource, after):
            owners.setdefault(each, resource)
    for path, resource in before.items():
        if _is_kept(resource) and path not in after:
            continue
        left = set(_sets(after[path], after)) if path in after else set()
        for each, target in _sets(resource, before).items():
            if each not in left and each in owners:
                other = "/".join(owners[each].path)
                yield (
                    path,
                    f"{each[0]} of {target}, which {other} sets as well, is deleted: the removal comes last; "
                    f"keep the logical id {path[-1]}, or first deploy it with DeletionPolicy Retain",
                )


def doubled_attachments(before: Resources, after: Resources) -> Iterator[tuple[Path, str]]:
    """The path of a new resource that sets what another one sets as well, and a note on it."""
    owners: dict[_Set, Resource] = {}
    for resource in sorted(after.values(), key=lambda each: each.path not in before):
        for each, target in _sets(resource, after).items():
            owner = owners.setdefault(each, resource)
            if owner is not resource and resource.path not in before and _overwrites(resource):
                other = "/".join(owner.path)
                yield resource.path, f"{other} sets {each[0]} of {target} as well: the last one that is written holds"


def _overwrites(resource: Resource) -> bool:
    return all(each.overwrites for each in _KINDS.get(resource.resource_type, ()))


def _is_kept(resource: Resource) -> bool:
    return str(plain(resource.attributes.get("DeletionPolicy", "Delete"))).startswith("Retain")


def _sets(resource: Resource, resources: Resources) -> dict[_Set, str]:
    found: dict[_Set, str] = {}
    for kind in _KINDS.get(resource.resource_type, ()):
        values = [listed(resource.properties.get(name)) for name in kind.properties]
        for each in itertools.product(*values):
            found[(kind.what, *(_text(one, resources) for one in each))] = shown(each[-1])
    if resource.resource_type in _WITH_POLICIES:
        owner = Attribute(resource.path, "Ref")
        for policy in listed(resource.properties.get("Policies")):
            name = policy.get("PolicyName") if isinstance(policy, Mapping) else None
            found[(_INLINE, _text(name, resources), _text(owner, resources))] = shown(owner)
    return found


def _text(value: Any, resources: Resources) -> str:
    return json.dumps(plain(resolved(value, resources)), sort_keys=True)
