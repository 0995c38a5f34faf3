"""Policies of resources, and what their statements grant: one action on one resource for one principal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from payflow_cfn.aws.conditions import both_sides
from payflow_cfn.aws.data_resources import MACHINE, STACK
from payflow_cfn.aws.intrinsics import as_text
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.shares import GRANTING, SHARING, shares
from payflow_cfn.aws.values import ABSENT, Attribute, Path, Text, at, listed, shown
from payflow_cfn.aws.worlds import WORLD, World

# {type: (kind, property with the document, properties that name whom or what it belongs to)}.
_HOLDERS = ("Roles", "Users", "Groups")
_ATTACHED: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "AWS::IAM::Policy": ("identity", "PolicyDocument", _HOLDERS),
    "AWS::IAM::ManagedPolicy": ("identity", "PolicyDocument", _HOLDERS),
    "AWS::IAM::RolePolicy": ("identity", "PolicyDocument", ("RoleName",)),
    "AWS::IAM::UserPolicy": ("identity", "PolicyDocument", ("UserName",)),
    "AWS::IAM::GroupPolicy": ("identity", "PolicyDocument", ("GroupName",)),
    "AWS::SNS::TopicPolicy": ("topic", "PolicyDocument", ("Topics",)),
    "AWS::SQS::QueuePolicy": ("queue", "PolicyDocument", ("Queues",)),
    "AWS::SNS::TopicInlinePolicy": ("topic", "PolicyDocument", ("TopicArn",)),
    "AWS::SQS::QueueInlinePolicy": ("queue", "PolicyDocument", ("Queue",)),
    "AWS::S3::BucketPolicy": ("bucket", "PolicyDocument", ("Bucket",)),
    "AWS::SecretsManager::ResourcePolicy": ("secret", "ResourcePolicy", ("SecretId",)),
    "AWS::Logs::ResourcePolicy": ("logs", "PolicyDocument", ("PolicyName",)),
}
# {type: (kind, path to the document)} of policies that are a property of the resource itself.
_OWN: Mapping[str, tuple[str, Path]] = {
    "AWS::IAM::Role": ("trust", ("AssumeRolePolicyDocument",)),
    "AWS::KMS::Key": ("key", ("KeyPolicy",)),
    "AWS::KMS::ReplicaKey": ("key", ("KeyPolicy",)),
    "AWS::DynamoDB::Table": ("table", ("ResourcePolicy", "PolicyDocument")),
}
IDENTITIES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
# A managed policy that is attached to nobody grants nothing; the others hold no policy, and much else.
_WITHOUT = frozenset({*_ATTACHED, STACK, MACHINE, "AWS::CloudWatch::Dashboard"})

Conditions = tuple[tuple[str, str, tuple[Any, ...]], ...]


@dataclass(frozen=True, slots=True)
class Except:
    """All but these: NotAction, NotResource, NotPrincipal."""

    values: tuple[Any, ...]


class Grant(NamedTuple):
    """One permission (or denial) of a statement, its values as written; ABSENT is what the statement does not say.

    `principal` is (type, name). `conditions` are (operator, key, values), in the order of the statement.
    """

    statement: Any
    effect: Any
    principal: Any
    action: Any
    resource: Any
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document; `path` leads to it from the properties of its resource.

    `kind` is identity for what its holders may do; trust, key, topic... for who may use the resource. `owner` is the
    holder or the resource as it is written, ABSENT where the document stands in its owner. Of a set it is (stack,
    logical id), or ("", text).
    """

    kind: str
    owner: Any
    path: tuple[str | int, ...]
    document: Any
    stack: str = ""
    logical: str = ""

    @property
    def name(self) -> str:
        """Its kind and its owner in a set, as in "key SnsKey"."""
        return f"{self.kind} {self.owner[1]}"

    @property
    def statements(self) -> list[Mapping[str, Any]]:
        """The statements of the document; one that is given as text is parsed."""
        document = self.document
        if isinstance(document, str | Text):
            try:
                document = json.loads(shown(document))
            except ValueError:
                return []
        found = listed(document.get("Statement")) if isinstance(document, Mapping) else []
        return [each for each in found if isinstance(each, Mapping)]

    def grants(self) -> Iterator[Grant]:
        """Every grant of the document; the first is that of the first principal, action and resource."""
        for number, statement in enumerate(self.statements, 1):
            whom, actions, resources = (_values(statement, each) for each in ("Principal", "Action", "Resource"))
            for principal, action, resource in product(whom, actions, resources):
                label, effect = statement.get("Sid", number), statement.get("Effect", ABSENT)
                yield Grant(label, effect, principal, action, resource, _conditions(statement))


def policies(resource_type: str, properties: Mapping[str, Any]) -> Iterator[Policy]:
    """The policies in a resource, whose properties are evaluated.

    A document in a place that no table here names is a policy of the resource, whatever its type.
    """
    known = list(_known(resource_type, properties))
    yield from known
    if resource_type not in _WITHOUT:
        read = {each.path[0] for each in known if each.path}
        kind = resource_type.rpartition("::")[2].lower()
        for path, document in _documents({key: each for key, each in properties.items() if key not in read}):
            yield Policy(kind, ABSENT, path, document)
    for kind, owner, statement in shares(resource_type, properties):
        yield Policy(kind, owner, (), {"Statement": [statement]})


def _known(resource_type: str, properties: Mapping[str, Any]) -> Iterator[Policy]:
    if resource_type in _OWN:
        kind, path = _OWN[resource_type]
        if path[0] in properties:
            yield Policy(kind, ABSENT, path, at(properties, path))
    if resource_type in IDENTITIES:
        for number, each in enumerate(listed(properties.get("Policies"))):
            yield Policy("identity", ABSENT, ("Policies", number, "PolicyDocument"), at(each, ("PolicyDocument",)))
    if resource_type in _ATTACHED:
        kind, key, owners = _ATTACHED[resource_type]
        for owner in listed([properties.get(each) for each in owners]):
            yield Policy(kind, owner, (key,), properties.get(key))


def _documents(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every policy document in a value, also one that is text, with its path."""
    if isinstance(value, Mapping):
        if "Statement" in value:
            yield path, value
            return
        for key, each in value.items():
            yield from _documents(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _documents(each, (*path, number))
    elif isinstance(value, str | Text) and '"Statement"' in shown(value):
        yield path, value


def policies_of(templates: ParsedSet, world: World = WORLD) -> Iterator[Policy]:
    """Every policy of a set, its document as text in an imagined deployment."""
    for stack, logical, resource in templates.resources():
        if not _may_grant(resource):
            continue
        properties = templates.scope(stack, world).value(resource.get("Properties", {}))
        for each in policies(resource["Type"], {key: both_sides(value) for key, value in properties.items()}):
            owner = (stack, logical)
            if isinstance(each.owner, Attribute):
                owner = templates.place(each.owner)[:2]
            elif each.owner is not ABSENT:
                owner = ("", str(as_text(templates, each.owner, world)))
            yield Policy(each.kind, owner, each.path, as_text(templates, each.document, world), stack, logical)


def _may_grant(resource: Mapping[str, Any]) -> bool:
    """Whether it is worth evaluating: most resources, such as alarms, grant nothing."""
    kind, properties = resource["Type"], resource.get("Properties", {})
    if kind in _ATTACHED or kind in _OWN or kind in IDENTITIES or kind in SHARING:
        return True
    return kind not in _WITHOUT and GRANTING.search(repr(properties)) is not None


def allowing(policies: Iterable[Policy], kind: str, owner: tuple[str, str]) -> list[Mapping[str, Any]]:
    """The statements that allow something, in the policies of this kind and owner."""
    found = (each for each in policies if each.kind == kind and each.owner == owner)
    return [each for policy in found for each in policy.statements if each.get("Effect") == "Allow"]


def _values(statement: Mapping[str, Any], field: str) -> list[Any]:
    listing = _principals if field == "Principal" else listed
    if f"Not{field}" in statement:
        return [Except(tuple(listing(statement[f"Not{field}"])))]
    return listing(statement.get(field)) or [ABSENT]


def _principals(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [(kind, each) for kind, names in sorted(value.items()) for each in listed(names)]
    return [("AWS", each) for each in listed(value)]


def _conditions(statement: Mapping[str, Any]) -> Conditions:
    found = statement.get("Condition", {})
    blocks = found.items() if isinstance(found, Mapping) else [("", found)]
    return tuple(
        (operator, key, tuple(listed(values)))
        for operator, tests in blocks
        for key, values in (tests.items() if isinstance(tests, Mapping) else [("", tests)])
    )
