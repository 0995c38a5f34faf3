"""Read the rendered policies as single grants: policy, principal, action, resource, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from payflow_cfn.lint.intrinsics import World, expand
from payflow_cfn.lint.templates import ParsedSet, listed

# The account, region and environment of the imagined deployment.
WORLD = World()

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]

# Policies that are a resource of their own: the property that names their owner, and their kind.
_ATTACHED = {
    "AWS::SNS::TopicPolicy": ("Topics", "PolicyDocument", "topic"),
    "AWS::SQS::QueuePolicy": ("Queues", "PolicyDocument", "queue"),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId", "ResourcePolicy", "secret"),
    "AWS::IAM::Policy": ("Roles", "PolicyDocument", "identity"),
    "AWS::IAM::ManagedPolicy": ("Roles", "PolicyDocument", "identity"),
    "AWS::IAM::RolePolicy": ("RoleName", "PolicyDocument", "identity"),
    "AWS::Logs::ResourcePolicy": ("PolicyName", "PolicyDocument", "logs"),
}
_IDENTITIES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
# Types that grant something and that no set of ours has.
_UNREAD = (
    *(f"AWS::Lambda::{each}" for each in ("Permission", "Url", "LayerVersionPermission")),
    *(f"AWS::IAM::{each}" for each in ("UserPolicy", "GroupPolicy", "UserToGroupAddition", "AccessKey")),
    *("AWS::SNS::TopicInlinePolicy", "AWS::SQS::QueueInlinePolicy", "AWS::KMS::ReplicaKey"),
)


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
class Policy:
    """A policy document of the set and where it stands: `path` leads to it from the resource's properties."""

    name: str
    stack: str
    logical: str
    path: tuple[str | int, ...]

    def document(self, templates: ParsedSet) -> dict[str, Any]:
        """The document itself, unresolved."""
        found: Any = templates.templates[self.stack]["Resources"][self.logical]["Properties"]
        for each in self.path:
            found = found[each]
        return dict(found)


def policies_of(templates: ParsedSet) -> Iterator[Policy]:
    """Every policy document of a set."""
    for stack, logical, resource in templates.resources():
        kind, properties = resource.get("Type", ""), resource.get("Properties", {})
        if kind == "AWS::IAM::Role":
            yield Policy(f"trust {logical}", stack, logical, ("AssumeRolePolicyDocument",))
        if kind in _IDENTITIES:
            for index, _ in enumerate(properties.get("Policies", [])):
                yield Policy(f"identity {logical}", stack, logical, ("Policies", index, "PolicyDocument"))
        elif kind == "AWS::KMS::Key":
            yield Policy(f"key {logical}", stack, logical, ("KeyPolicy",))
        elif kind in _ATTACHED:
            owners, document, called = _ATTACHED[kind]
            for each in listed(properties.get(owners)):
                place = templates.origin(stack, each)
                owner = place.resource if place else str(expand(templates, stack, each))
                yield Policy(f"{called} {owner}", stack, logical, (document,))


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
    found = [each for policy in policies_of(templates) for each in _stated(templates, policy, world)]
    return [*found, *_managed(templates, world), *_unread(templates)]


def _stated(templates: ParsedSet, policy: Policy, world: World) -> Iterator[Stated]:
    document = policy.document(templates)
    for number, raw in enumerate(listed(document.get("Statement")), 1):
        statement = expand(templates, policy.stack, raw, world)
        label = f"statement {statement.get('Sid', number)}"
        for principal, action, resource in product(
            list(_principals(statement)), _values(statement, "Action"), _values(statement, "Resource")
        ):
            grant = Grant(
                policy.name, action, resource, principal, _conditions(statement), str(statement.get("Effect", "none"))
            )
            yield Stated(grant, policy.stack, policy.logical, label)


def _managed(templates: ParsedSet, world: World) -> Iterator[Stated]:
    """A grant for each managed policy as a whole, since its document is not in the set."""
    for stack, logical, resource in templates.resources(*_IDENTITIES):
        for each in listed(resource.get("Properties", {}).get("ManagedPolicyArns")):
            grant = Grant(f"identity {logical}", "managed policy", str(expand(templates, stack, each, world)))
            yield Stated(grant, stack, logical, "ManagedPolicyArns")


def _unread(templates: ParsedSet) -> Iterator[Stated]:
    """A grant for each resource that admits somebody by other means than a policy of ours."""
    for stack, logical, resource in templates.resources(*_UNREAD):
        yield Stated(Grant(f"{resource['Type']} {logical}", "whatever it grants", "*"), stack, logical, "")


def _values(statement: Mapping[str, Any], field: str) -> list[str]:
    found = [f"not {each}" for each in listed(statement.get(f"Not{field}"))]
    return [*map(str, listed(statement.get(field))), *found] or ["none"]


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    for field in ("Principal", "NotPrincipal"):
        given = statement.get(field)
        sign = "not " if field == "NotPrincipal" else ""
        if isinstance(given, dict):
            yield from (f"{sign}{_typed(kind, each)}" for kind, value in given.items() for each in listed(value))
        elif given is not None:
            yield f"{sign}{given}"
    if "Principal" not in statement and "NotPrincipal" not in statement:
        yield ""


def _typed(kind: str, name: Any) -> str:
    return "*" if (kind, name) == ("AWS", "*") else f"{kind} {name}"


def _conditions(statement: Mapping[str, Any]) -> Conditions:
    return tuple(
        sorted(
            (operator, key, tuple(sorted(map(str, listed(values)))))
            for operator, tests in statement.get("Condition", {}).items()
            for key, values in tests.items()
        )
    )
