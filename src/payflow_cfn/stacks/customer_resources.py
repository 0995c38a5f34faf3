"""The parameters for resources that the customer already has; settings add them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from troposphere import Join, Ref, Select, Split

from payflow_cfn.config.settings import KeyPurpose, Settings
from payflow_cfn.stacks.template_base import TEXT_LIST, is_list

Parameters = dict[str, Mapping[str, Any]]

# The title of each purpose's key. Its outputs are the title with Id and Arn, for a new key and for an existing one.
KEYS: Mapping[KeyPurpose, str] = MappingProxyType(
    {
        "dynamodb": "DynamodbKey",
        "sns": "SnsKey",
        "cloudwatch": "CloudwatchKey",
        "lambda": "LambdaKey",
        "states": "StatesKey",
    }
)

_NETWORK: Parameters = {
    "SubnetIds": {"Type": "List<AWS::EC2::Subnet::Id>", "Description": "Subnets of both functions, in two zones"},
    "SecurityGroupIds": {
        "Type": "List<AWS::EC2::SecurityGroup::Id>",
        "Description": "Security groups of both functions; they need no inbound rule",
    },
}
_CODE_SIGNING: Parameters = {
    "CodeSigningConfigArn": {
        "Type": "String",
        "AllowedPattern": "arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}",
        "Description": "Code signing configuration of both functions",
    }
}
_CONCURRENCY: Parameters = {
    f"{title}ReservedConcurrency": {
        "Type": "Number",
        "MinValue": 1,
        "Description": f"Executions of the {title.lower()} function at the same time, kept for it and its limit",
    }
    for title in ("Validation", "Processing")
}

_TOPIC: Mapping[str, Any] = {
    "Type": "String",
    "AllowedPattern": "arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
    "Description": "Topic that alarms notify; its policy and its key have to admit them",
}


def given_parameters(settings: Settings) -> Parameters:
    """The parameters of root that the settings add; without defaults, since only the customer knows their values."""
    keys: Parameters = {f"{KEYS[purpose]}Arn": _key(purpose) for purpose in settings.existing_keys}
    return keys | _of_functions(settings) | dict.fromkeys(given_topics(settings), _TOPIC)


def given_topics(settings: Settings) -> tuple[str, ...]:
    """The parameters with the topics that some alarms notify in place of the set's own."""
    return tuple(sorted(set(settings.alarm_topics.values())))


def given_to_functions(settings: Settings) -> dict[str, dict[str, str]]:
    """The same parameters, without the keys, in the stack of the functions: checked by root, a list passed as text."""
    types = {name: facts["Type"] for name, facts in _of_functions(settings).items()}
    return {name: {"Type": TEXT_LIST if is_list(kind) else kind} for name, kind in types.items()}


def _of_functions(settings: Settings) -> Parameters:
    found: Parameters = {}
    if settings.vpc:
        found |= _NETWORK
    if settings.code_signing:
        found |= _CODE_SIGNING
    if settings.reserved_concurrency:
        found |= _CONCURRENCY
    return found


def given_outputs(settings: Settings) -> dict[str, Any]:
    """The outputs of existing keys, with the same names as those of keys that the encryption stack creates."""
    found: dict[str, Any] = {}
    for title in (KEYS[purpose] for purpose in settings.existing_keys):
        found |= {f"{title}Id": _key_id(title), f"{title}Arn": Ref(f"{title}Arn")}
    return found


def passed(name: str, kind: str) -> Any:
    """A parameter of root of this type as a nested stack takes it: as text."""
    return Join(",", Ref(name)) if is_list(kind) else Ref(name)


def version_description(settings: Settings, fingerprint: str) -> Any:
    """The description of a published version.

    A version keeps the key and the network that it was published with. So existing ones are part of the description:
    another key or network replaces the version, and the alias moves to it. The limit is 256 characters: beside a key,
    the ids of ten subnets and groups fit without their prefixes.
    """
    key = [" key ", _key_id("LambdaKey")] if "lambda" in settings.existing_keys else []
    groups = [" in ", _bare("SubnetIds", "subnet-"), " by ", _bare("SecurityGroupIds", "sg-")] if settings.vpc else []
    return Join("", [fingerprint, *key, *groups]) if key or groups else f"code and configuration {fingerprint}"


def _key_id(title: str) -> Select:
    return Select(1, Split("/", Ref(f"{title}Arn")))


def _bare(name: str, prefix: str) -> Join:
    return Join("", Split(prefix, Join(",", Ref(name))))


def _key(purpose: str) -> Mapping[str, Any]:
    # Not an alias: policies name the key by its ARN.
    return {
        "Type": "String",
        "AllowedPattern": "arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,128}",
        "Description": f"ARN of the existing {purpose} key; docs/governed.md has the statements that its policy needs",
    }
