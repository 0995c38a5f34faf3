"""Rules about who is trusted: roles, topics, queues and keys, and that nothing at rest is without a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.grants import policies_of
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.aws.values import listed, scalar_text
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.lint.findings import Breach, some

_ACCOUNT, _SOURCE = "aws:sourceaccount", "aws:sourcearn"

# What a service says of itself when it assumes a role, though not always, so that IfExists will do; of a service
# that is not here, both are asked for. Lambda: see policies.assumed_by_functions.
_SAYS = {"lambda.amazonaws.com": frozenset({_ACCOUNT}), "ec2.amazonaws.com": frozenset[str]()}
_BOTH = frozenset({_ACCOUNT, _SOURCE})
_EXACT = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")

# What may not be done without TLS.
_PLAIN = {
    "AWS::SNS::Topic": ("sns:Publish",),
    "AWS::SQS::Queue": ("sqs:SendMessage", "sqs:ReceiveMessage"),
}
_ENCRYPTED = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::Lambda::Function": ("KmsKeyArn",),
    "AWS::StepFunctions::StateMachine": ("EncryptionConfiguration", "KmsKeyId"),
}

# What switches the encryption on, beside the key.
_SWITCHES = {
    "AWS::DynamoDB::Table": ("SSESpecification", "SSEEnabled", ("true",)),
    "AWS::StepFunctions::StateMachine": ("EncryptionConfiguration", "Type", ("CUSTOMER_MANAGED_KMS_KEY",)),
}


def roles_name_their_source(templates: ParsedSet) -> Iterator[Breach]:
    """PF024: only a service assumes a role, and only for a resource of this account.

    The policy tests aws:SourceAccount and aws:SourceArn. Without them, a service can be made to use the role for
    another account's resource (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html). Of Lambda it
    tests the account, with IfExists, since Lambda does not always send it. EC2 sends neither.
    """
    for stack, logical, resource in some("role", templates.resources("AWS::IAM::Role")):
        path = f"Resources/{logical}/Properties/AssumeRolePolicyDocument"
        document = expand(templates, stack, resource.get("Properties", {}).get("AssumeRolePolicyDocument", {}), WORLD)
        for statement in listed(document.get("Statement")):
            for problem in _trust_problems(statement):
                yield Breach(stack, path, problem)


def _trust_problems(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or set(principal) != {"Service"}:
        yield "somebody else than a service may assume the role"
        return
    for service in listed(principal["Service"]):
        tested = _tested(statement, if_exists=service in _SAYS)
        for key in sorted(_SAYS.get(str(service), _BOTH) - set(tested)):
            yield f"{service} may assume the role without {key}"
    if any(each != WORLD.account for each in _tested(statement, if_exists=True).get(_ACCOUNT, [])):
        yield "the role may be assumed for another account"


def _tested(statement: Mapping[str, Any], *, if_exists: bool = False) -> dict[str, list[Any]]:
    """Condition keys in lower case with their values; IfExists lets a request without the key pass, so it counts only
    where that is allowed.
    """
    return {
        key.lower(): listed(values)
        for operator, tests in statement.get("Condition", {}).items()
        if (operator.removesuffix("IfExists") if if_exists else operator) in _EXACT
        for key, values in tests.items()
    }


def plain_transport_denied(templates: ParsedSet) -> Iterator[Breach]:
    """PF025: a topic and a queue refuse requests without TLS.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
    """
    denials: dict[tuple[str, str], set[str]] = {}
    for policy in policies_of(templates):
        denials.setdefault(policy.owner, set()).update(_denied_without_tls(policy.statements))
    for stack, logical, resource in some("topic or queue", templates.resources(*_PLAIN)):
        denied = denials.get((stack, logical), set())
        for action in _PLAIN[resource["Type"]]:
            if not denied & {action, f"{action.partition(':')[0]}:*", "*"}:
                message = f"nothing denies {action} without TLS"
                yield Breach(stack, f"Resources/{logical}", message)


def _denied_without_tls(statements: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for statement in statements:
        if _denies_plain(statement):
            yield from map(str, listed(statement.get("Action")))


def _denies_plain(statement: Mapping[str, Any]) -> bool:
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and statement.get("Condition") in [{"Bool": {"aws:SecureTransport": each}} for each in ("false", False)]
    )


def keys_admit_services(templates: ParsedSet) -> Iterator[Breach]:
    """PF026: a key's policy names the account, which delegates to IAM, and services under conditions.

    A role in it is a second place for the same permission, and makes a cycle between stacks
    (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
    """
    for stack, logical, resource in _keys(templates):
        path = f"Resources/{logical}/Properties/KeyPolicy"
        document = expand(templates, stack, resource.get("Properties", {}).get("KeyPolicy", {}), WORLD)
        statements = [each for each in listed(document.get("Statement")) if each.get("Effect") == "Allow"]
        if not any(_administers(each) for each in statements):
            yield Breach(stack, path, "the account cannot manage the key")
        for statement in statements:
            if not _administers(statement) and not _serves(statement):
                message = (
                    f"{statement.get('Sid', 'a statement')} is neither for the account nor for a service that says"
                )
                yield Breach(stack, path, f"{message} for whom")


def _administers(statement: Mapping[str, Any]) -> bool:
    root = f"arn:{WORLD.partition}:iam::{WORLD.account}:root"
    return (
        statement.get("Principal") in ({"AWS": root}, {"AWS": [root]})
        and listed(statement.get("Action")) == ["kms:*"]
        and "Condition" not in statement
    )


def _serves(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    tested = _tested(statement)
    says = any(each in (_ACCOUNT, _SOURCE) or each.startswith("kms:encryptioncontext:") for each in tested)
    wild = any(str(value) == "*" for values in tested.values() for value in values)
    return isinstance(principal, dict) and set(principal) == {"Service"} and says and not wild


def lockout_check_kept(templates: ParsedSet) -> Iterator[Breach]:
    """PF027: no key uses BypassPolicyLockoutSafetyCheck, which accepts a policy that nobody can change.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
    """
    for stack, logical, resource in _keys(templates):
        if resource.get("Properties", {}).get("BypassPolicyLockoutSafetyCheck") not in (None, False, "false"):
            path = f"Resources/{logical}/Properties/BypassPolicyLockoutSafetyCheck"
            yield Breach(stack, path, "the lockout safety check is passed by")


def _keys(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The keys of the set; there need be none where an organisation gives them all."""
    given = any(each.endswith("KeyArn") for each in templates.templates.get(ROOT, {}).get("Parameters", {}))
    found = templates.resources("AWS::KMS::Key")
    return found if given else some("key", found)


def data_is_encrypted(templates: ParsedSet) -> Iterator[Breach]:
    """PF028: every resource that stores data uses a KMS key of the set or an existing one, not a service's own key.

    Nobody can limit or revoke the use of a service's own key
    (https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html).
    """
    found = ((kind, *each) for kind in _ENCRYPTED for each in templates.resources(kind))
    for kind, stack, logical, resource in some("resource that keeps data", found):
        value: Any = resource.get("Properties", {})
        for field in _ENCRYPTED[kind]:
            value = value.get(field) if isinstance(value, dict) else None
        if not isinstance(value, dict) or _is_switched_off(kind, resource):
            path = f"Resources/{logical}/Properties/{'/'.join(_ENCRYPTED[kind])}"
            yield Breach(stack, path, "the data is not under a key of the set")


def _is_switched_off(kind: str, resource: Mapping[str, Any]) -> bool:
    section, field, on = _SWITCHES.get(kind, ("", "", ()))
    given = resource.get("Properties", {}).get(section, {}).get(field)
    return kind in _SWITCHES and not isinstance(given, dict) and scalar_text(given) not in on
