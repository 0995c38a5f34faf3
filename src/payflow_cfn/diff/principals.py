"""Describe the principals and resources of a policy in words, if they belong to the set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.grants import Except
from payflow_cfn.aws.values import Attribute, Path, Text, shown
from payflow_cfn.diff.resources import Resource

Resources = Mapping[Path, Resource]
ANYONE = "anyone"
OWN_ACCOUNT = "this account (whom its IAM policies allow)"
_ACCOUNT = re.compile(r"(?:arn:.+:iam::)?(\d{12}|\$\{AWS::AccountId\})(?::root)?")
_NOUNS = {
    "AWS::DynamoDB::Table": "the table",
    "AWS::KMS::Key": "the key",
    "AWS::SNS::Topic": "the topic",
    "AWS::SQS::Queue": "the queue",
    "AWS::Logs::LogGroup": "the log group",
    "AWS::Lambda::Function": "the function",
    "AWS::Lambda::Alias": "the alias",
    "AWS::Lambda::Version": "the version",
    "AWS::StepFunctions::StateMachine": "the state machine",
    "AWS::SecretsManager::Secret": "the secret",
    "AWS::IAM::Role": "the role",
    "AWS::S3::Bucket": "the bucket",
}


def party(principal: Any, resources: Resources) -> str:
    """The principal of a grant, (type, name), in words."""
    if isinstance(principal, Except):
        return f"everyone but {', '.join(principal_text(kind, name, resources) for kind, name in principal.values)}"
    kind, name = principal
    return principal_text(kind, name, resources)


def principal_text(kind: str, given: Any, resources: Resources) -> str:
    text = name_of(given, resources)
    if kind == "AWS" and text == "*":
        return ANYONE
    account = _ACCOUNT.fullmatch(text)
    if kind == "AWS" and account:
        return OWN_ACCOUNT if account[1] == "${AWS::AccountId}" else f"the account {account[1]}"
    return text


def name_of(value: Any, resources: Resources) -> str:
    """A role or another principal by its name, where it is a resource of the set."""
    if isinstance(value, Attribute) and value.path in resources:
        return resources[value.path].name or "/".join(value.path)
    return shown(value)


def thing_of(value: Any, resources: Resources) -> str:
    """What a policy names, in words where it is a resource of the set (or something in one)."""
    if isinstance(value, Attribute) and value.path in resources:
        return described(resources[value.path])
    if isinstance(value, Text) and isinstance(value.parts[0], Attribute) and value.parts[0].path in resources:
        rest = shown(Text(value.parts[1:])) if len(value.parts) > 1 else ""
        return f"{described(resources[value.parts[0].path])} ({rest})"
    text = shown(value)
    return "everything" if text == "*" else text


def described(resource: Resource) -> str:
    """A resource in words: what it is, and its name or logical id."""
    noun = _NOUNS.get(resource.resource_type, f"the {resource.resource_type.rpartition('::')[2]}")
    name = resource.name or "/".join(resource.path)
    # An alias's name (live) says nothing without its function's.
    return f"{noun} {'/'.join(resource.path)}" if resource.resource_type == "AWS::Lambda::Alias" else f"{noun} {name}"
