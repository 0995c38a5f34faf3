"""Split every policy statement of a set into single grants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.values import Attribute, Path, Text, shown
from payflow_cfn.diff.principals import ANYONE, Resources, listed, name_of, parties, principal_text, thing_of
from payflow_cfn.diff.resources import Resource


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one thing for one party; `condition` is canonical JSON, empty where there is none.

    `who` and `what` are words. `path` is the resource that holds the statement, and no part of what is compared.
    """

    path: Path
    effect: str
    who: str
    action: str
    what: str
    condition: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes two grants the same wherever they are written."""
        return (self.effect, self.who, self.action, self.what, self.condition)


# Policies that say who may use a resource: {type: (property with the document, property with the resource)}.
_ATTACHED = {
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy", "SecretId"),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument", ""),
}
# Policies of a resource that are a property of it.
_OWN = {"AWS::KMS::Key": ("KeyPolicy",), "AWS::DynamoDB::Table": ("ResourcePolicy", "PolicyDocument")}
# Policies that say what their holders may do: {type: the properties that name the holders}.
_HELD = {
    "AWS::IAM::Policy": ("Roles", "Users", "Groups"),
    "AWS::IAM::ManagedPolicy": ("Roles", "Users", "Groups"),
    "AWS::IAM::RolePolicy": ("RoleName",),
    "AWS::IAM::UserPolicy": ("UserName",),
    "AWS::IAM::GroupPolicy": ("GroupName",),
}


def all_grants(resources: Resources, names: Resources) -> list[Grant]:
    """Every grant of a set; a statement whose form is not understood gives none (its property still shows).

    `names` has the resources by which parties and things are called: those of the later set for both sides, so that a
    grant stays the same when what it speaks of is only renamed.
    """
    return [grant for each in resources.values() for grant in _of(each, names)]


def _of(resource: Resource, resources: Resources) -> Iterator[Grant]:
    kind, properties = resource.resource_type, resource.properties
    own = Attribute(resource.path, "Ref")
    if kind == "AWS::IAM::Role":
        yield from _role(resource, resources)
    elif kind in _HELD:
        for holder in [each for key in _HELD[kind] for each in listed(properties.get(key))]:
            yield from _held(resource, properties.get("PolicyDocument"), name_of(holder, resources), resources)
    elif kind in _ATTACHED:
        document, target = _ATTACHED[kind]
        for thing in listed(properties.get(target)) if target else [None]:
            what = thing_of(thing, resources) if thing is not None else ""
            yield from _attached(resource, properties.get(document), what, resources)
    elif kind in _OWN:
        yield from _attached(resource, resource.at(_OWN[kind]), thing_of(own, resources), resources)
    elif kind == "AWS::Lambda::Permission":
        yield _permission(resource, resources)


def _role(resource: Resource, resources: Resources) -> Iterator[Grant]:
    name = name_of(Attribute(resource.path, "Ref"), resources)
    trust = resource.properties.get("AssumeRolePolicyDocument")
    yield from _attached(resource, trust, f"the role {name}", resources)
    for policy in listed(resource.properties.get("Policies")):
        if isinstance(policy, Mapping):
            yield from _held(resource, policy.get("PolicyDocument"), name, resources)


def _held(resource: Resource, document: Any, who: str, resources: Resources) -> Iterator[Grant]:
    for statement in statements(document):
        for action in _actions(statement):
            for what in _things(statement, resources):
                yield Grant(resource.path, _effect(statement), who, action, what, _condition(statement))


def _attached(resource: Resource, document: Any, what: str, resources: Resources) -> Iterator[Grant]:
    for statement in statements(document):
        # In a policy of the resource itself, `*` and its own ARN both mean that resource.
        things = [what] if what else _things(statement, resources)
        for who in parties(statement, resources):
            for action in _actions(statement):
                for thing in things:
                    yield Grant(resource.path, _effect(statement), who, action, thing, _condition(statement))


def _permission(resource: Resource, resources: Resources) -> Grant:
    given = resource.properties
    limits = {key: shown(given[key]) for key in ("SourceArn", "SourceAccount", "PrincipalOrgID") if key in given}
    principal = given.get("Principal")
    return Grant(
        resource.path,
        "Allow",
        ANYONE if principal == "*" else principal_text("AWS", principal, resources),
        shown(given.get("Action", "")),
        thing_of(given.get("FunctionName"), resources),
        json.dumps(limits, sort_keys=True) if limits else "",
    )


def statements(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy document; a document given as text is parsed."""
    if isinstance(document, str | Text):
        try:
            document = json.loads(shown(document))
        except ValueError:
            return []
    found = listed(document.get("Statement")) if isinstance(document, Mapping) else []
    return [each for each in found if isinstance(each, Mapping)]


def _effect(statement: Mapping[str, Any]) -> str:
    return shown(statement.get("Effect", ""))


def _condition(statement: Mapping[str, Any]) -> str:
    found = statement.get("Condition")
    return json.dumps(_sorted(found), sort_keys=True, default=shown) if found else ""


def _sorted(value: Any) -> Any:
    """Conditions with their values in one order: they are sets."""
    if isinstance(value, Mapping):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(shown(each) for each in value)
    return shown(value)


def _actions(statement: Mapping[str, Any]) -> Iterable[str]:
    if "NotAction" in statement:
        return [f"do everything but {', '.join(shown(each) for each in listed(statement['NotAction']))}"]
    return [shown(each) for each in listed(statement.get("Action"))]


def _things(statement: Mapping[str, Any], resources: Resources) -> list[str]:
    if "NotResource" in statement:
        but = ", ".join(thing_of(each, resources) for each in listed(statement["NotResource"]))
        return [f"everything but {but}"]
    return [thing_of(each, resources) for each in listed(statement.get("Resource"))] or [""]
