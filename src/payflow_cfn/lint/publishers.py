"""Rules about permissions of both sides: a role and the key of what it uses, a resource's policy and strangers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from payflow_cfn.aws.grants import Except, Grant, Policy, allowing, policies_of
from payflow_cfn.aws.intrinsics import resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import listed
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.iam import Request, concerns, holds
from payflow_cfn.lint.ours import says_payflow

_TABLE_READS = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query")


class _Use(NamedTuple):
    """What of a type needs its key: the path to the key, the actions, and what of KMS those take."""

    key: tuple[str, ...]
    actions: tuple[str, ...]
    takes: tuple[str, ...]


_USES: Mapping[str, _Use] = {
    "AWS::SNS::Topic": _Use(("KmsMasterKeyId",), ("sns:Publish",), ("kms:Decrypt", "kms:GenerateDataKey")),
    "AWS::SQS::Queue": _Use(("KmsMasterKeyId",), ("sqs:SendMessage",), ("kms:Decrypt", "kms:GenerateDataKey")),
    "AWS::DynamoDB::Table": _Use(("SSESpecification", "KMSMasterKeyId"), _TABLE_READS, ("kms:Decrypt",)),
    "AWS::SecretsManager::Secret": _Use(("KmsKeyId",), ("secretsmanager:GetSecretValue",), ("kms:Decrypt",)),
}
# What says for whom a service, or somebody outside the account, calls.
_LIMITS = frozenset(
    f"aws:{each}"
    for each in (
        "sourcearn", "sourceaccount", "sourceowner", "sourceorgid", "sourceorgpaths", "principalarn",
        "principalaccount", "principalorgid", "principalorgpaths", "sourcevpc", "sourcevpce",
    )
) | {"lambda:eventsourcetoken", "sns:endpoint"}  # fmt: skip


def strangers_are_limited(templates: ParsedSet) -> Iterator[Breach]:
    """PF077: a resource's policy admits a service, another account or anybody only under a condition on the caller.

    A service can otherwise be made to act for another account's resource. Keys: PF026, roles: PF024
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    """
    is_ours = says_payflow(templates)
    policies = (each for each in policies_of(templates) if each.kind not in ("identity", "trust", "key", "use"))
    for policy in some("policy of a resource", policies):
        for grant in policy.grants():
            chosen = not is_ours and _is_one_account(grant.principal)
            if grant.effect == "Allow" and _is_stranger(grant.principal) and not chosen and not _is_limited(grant):
                message = f"{_name(grant.principal)} may {grant.action} without a condition that says for whom"
                yield Breach(policy.stack, f"Resources/{policy.logical}/Properties", message)
                break


def _is_stranger(principal: Any) -> bool:
    if isinstance(principal, Except):
        return True
    kind, name = principal if isinstance(principal, tuple) else ("", "")
    own = f":{WORLD.account}:" in str(name) or str(name) == WORLD.account or str(name).endswith((".Arn", ".Ref"))
    return kind == "Service" or (kind == "AWS" and not own and ":cloudfront:" not in str(name))


def _is_one_account(principal: Any) -> bool:
    """Whether it is one other account, or a part of it: somebody has written down which."""
    kind, name = principal if isinstance(principal, tuple) else ("", "*")
    return kind == "AWS" and "*" not in str(name)


def _name(principal: Any) -> str:
    return "everyone but some" if isinstance(principal, Except) else "anybody" if principal[1] == "*" else principal[1]


def _is_limited(grant: Grant) -> bool:
    return any(
        key.lower() in _LIMITS and "*" not in values and "Not" not in operator.replace("NotIn", "")
        for operator, key, values in grant.conditions
    )


def roles_may_use_keys(templates: ParsedSet) -> Iterator[Breach]:
    """PF079: a role that publishes, sends, reads a table or a secret may use the key of that resource.

    The service calls KMS with the caller's permissions. Without them the call fails, in the middle of a payment
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
    """
    policies = list(policies_of(templates))
    roles = {each.owner for each in policies if each.kind == "identity"}
    encrypted = list(_encrypted(templates))
    for owner in some("policy of a role", sorted(roles)):
        statements = allowing(policies, "identity", owner)
        for place, use, key in encrypted:
            if _uses(templates, statements, place, use):
                for action in use.takes:
                    if why := _why_not(templates, policies, statements, place, key, action):
                        message = f"it uses {place.resource}, and {why} {action} on {key.resource}"
                        yield Breach(owner[0] or place.stack, f"Resources/{owner[1]}", message)


def _encrypted(templates: ParsedSet) -> Iterator[tuple[Place, _Use, Place]]:
    """Each resource under a key of the set; the policy of a key from outside is its owner's."""
    for stack, logical, resource in templates.resources(*_USES):
        use, given = _USES[resource["Type"]], resource.get("Properties", {})
        for step in use.key:
            given = given.get(step) if isinstance(given, dict) else None
        key = templates.origin(stack, given)
        if key and templates.resource(key).get("Type") == "AWS::KMS::Key":
            yield Place(stack, logical, "Arn"), use, key


def _uses(templates: ParsedSet, statements: list[Mapping[str, Any]], place: Place, use: _Use) -> bool:
    arns = {resource_arn(templates, place, WORLD), f"{place.stack}/{place.resource}.Ref"}
    return any(
        concerns(each, "Action", action.lower(), lower=True) and any(concerns(each, "Resource", arn) for arn in arns)
        for each in statements
        for action in use.actions
    )


def _why_not(
    templates: ParsedSet,
    policies: list[Policy],
    statements: list[Mapping[str, Any]],
    place: Place,
    key: Place,
    action: str,
) -> str:
    service = _service(templates, place)
    request = Request(service, action, "", {"kms:viaservice": f"{service}.{WORLD.region}.{WORLD.suffix}"})
    named = resource_arn(templates, key, WORLD)

    def allows(each: Mapping[str, Any], resource: str) -> bool:
        asked = concerns(each, "Action", action.lower(), lower=True) and concerns(each, "Resource", resource)
        return asked and holds(each, request) is not False

    admitted = [each for each in allowing(policies, "key", key[:2]) if allows(each, named) and _for_account(each)]
    if not admitted:
        return "the key's policy leaves nobody of the account"
    return "" if any(allows(each, named) for each in statements) else "may not"


def _service(templates: ParsedSet, place: Place) -> str:
    """The service's name as kms:ViaService has it."""
    return str(templates.resource(place)["Type"].split("::")[1]).lower()


def _for_account(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = listed(list(principal.values()) if isinstance(principal, dict) and "AWS" in principal else principal)
    return any(each == "*" or WORLD.account in str(each) or "/" in str(each) for each in named)
