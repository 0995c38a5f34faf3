"""Resources that grant without a policy document: what each gives, as the statement that a policy would have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.values import ABSENT, Attribute, Given, listed, shown, text_of

Properties = Mapping[str, Any]
# (kind, owner, statement): kind `function` is what a policy of the function says; `use` is anything else.
Share = tuple[str, Any, dict[str, Any]]

# {property of a permission: condition key}.
_LIMITS = {
    "SourceArn": ("ArnLike", "aws:SourceArn"),
    "SourceAccount": ("StringEquals", "aws:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "OrganizationId": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}
_NAME = "FunctionName"
# What the text of any resource has that holds a policy document or hands a role on.
GRANTING = re.compile("Statement|Role|Credentials")
# The property that hands a role (or its ARN) to a service.
_ROLE = re.compile(r"(Role|RoleArn|RoleARN|RoleName|Credentials|CredentialsArn)$")


# The kind of a grant without a policy document.
USE = "use"


def shares(resource_type: str, properties: Properties) -> Iterator[Share]:
    """What the resource grants; nothing for a type that grants by documents or not at all."""
    if resource_type in _UNREAD:
        yield "use", ABSENT, _statement("whom it names", "do whatever it grants", ABSENT)
        return
    if resource_type in _READERS:
        yield from _READERS[resource_type](properties)
    if resource_type not in _TELLING and not resource_type.startswith("AWS::IAM::"):
        yield from _callers(resource_type, properties)


def _callers(resource_type: str, properties: Properties) -> Iterator[Share]:
    """The roles that any other resource is handed, to call with: the credentials of an API's method."""
    service = f"{resource_type.removeprefix('AWS::').partition('::')[0].lower()}.amazonaws.com"
    for role in dict.fromkeys(_roles_in(properties)):
        yield "use", ABSENT, _statement(service, text_of(["call as ", role]), ABSENT, "Service")


def _roles_in(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _roles_in(each)
    elif isinstance(value, Mapping) and "Statement" not in value:
        for key, each in value.items():
            if isinstance(each, Mapping | list):
                yield from _roles_in(each)
            elif _ROLE.search(key) and each is not ABSENT:
                yield each


def _statement(who: Any, action: Any, what: Any, kind: str = "") -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": {kind: who}, "Action": action}
    return found if what is ABSENT else {**found, "Resource": what}


def _permission(target: str) -> Callable[[Properties], Iterator[Share]]:
    """Permissions of functions and layers, on what the property `target` names."""

    def read(given: Properties) -> Iterator[Share]:
        who = given.get("Principal")
        text = shown(who)
        kind = "Service" if "." in text and not text.startswith(("arn:", "${AWS::AccountId}")) else "AWS"
        found = _statement(who, given.get("Action", ABSENT), given.get(target), kind)
        tests: dict[str, dict[str, Any]] = {}
        for key in sorted(_LIMITS.keys() & given.keys()):
            operator, name = _LIMITS[key]
            tests.setdefault(operator, {})[name] = given[key]
        yield "function", given.get(target), {**found, "Condition": tests} if tests else found

    return read


def _url(given: Properties) -> Iterator[Share]:
    function = given.get("TargetFunctionArn")
    who, kind = ("*", "AWS") if shown(given.get("AuthType")) == "NONE" else ("a caller whom IAM allows", "")
    yield "function", function, _statement(who, "lambda:InvokeFunctionUrl", function, kind)


def _subscription(given: Properties) -> Iterator[Share]:
    endpoint = given.get("Endpoint")
    if not isinstance(endpoint, Given):  # a parameter's value is the choice of a deployer
        yield "use", given.get("TopicArn"), _statement(endpoint, "receive every message", given.get("TopicArn"))


def _targets(service: str, given: Properties, targets: list[Any]) -> Iterator[Share]:
    for each in targets:
        if isinstance(each, Mapping):
            role = each.get("RoleArn", given.get("RoleArn", ABSENT))
            action = "call" if role is ABSENT else text_of(["call as ", role])
            yield "use", each.get("Arn"), _statement(f"{service}.amazonaws.com", action, each.get("Arn"), "Service")


def _pipe(given: Properties) -> Iterator[Share]:
    for action, key in (("read", "Source"), ("call", "Target"), ("call", "Enrichment")):
        if key in given:
            words = text_of([f"{action} as ", given.get("RoleArn", "no role")])
            yield "use", given[key], _statement("pipes.amazonaws.com", words, given[key], "Service")


def _members(given: Properties) -> Iterator[Share]:
    group = given.get("GroupName")
    for user in listed(given.get("Users")):
        yield "use", group, _statement(user, "use every permission", group)


def _flow(who: str, action: str, what: str) -> Callable[[Properties], Iterator[Share]]:
    """Data that goes from what the property `what` names to what `who` names."""

    def read(given: Properties) -> Iterator[Share]:
        yield "use", given.get(what), _statement(given.get(who), action, given.get(what))

    return read


def _leaving(action: str, *path: str, what: str = "") -> Callable[[Properties], Iterator[Share]]:
    """Data that goes from the resource, or from what `what` names, to what is at `path`; within the set it stays."""

    def read(given: Properties) -> Iterator[Share]:
        for who in _at(given, path):
            if not isinstance(who, Attribute):
                thing = given.get(what, ABSENT) if what else ABSENT
                yield "use", thing, _statement(who, action, thing)

    return read


def _at(value: Any, path: tuple[str, ...]) -> list[Any]:
    for step in path:
        value = [each[step] for each in listed(value) if isinstance(each, Mapping) and step in each]
    return listed(value)


def _all(*readers: Callable[[Properties], Iterator[Share]]) -> Callable[[Properties], Iterator[Share]]:
    return lambda given: (share for each in readers for share in each(given))


def _copies(given: Properties) -> Iterator[Share]:
    for region in _at(given, ("ReplicaRegions", "Region")):
        yield "use", ABSENT, _statement(text_of(["Secrets Manager in ", region]), "receive every version", ABSENT)


def _topic_subscriptions(given: Properties) -> Iterator[Share]:
    for each in listed(given.get("Subscription")):
        if isinstance(each, Mapping):
            yield from _subscription({**each, "TopicArn": ABSENT})


def _user(given: Properties) -> Iterator[Share]:
    if "LoginProfile" in given:
        yield "use", ABSENT, _statement("a person with the password", "act", ABSENT)
    for group in listed(given.get("Groups")):
        yield "use", group, _statement("the user", "use every permission", group)


def _access_key(given: Properties) -> Iterator[Share]:
    yield "use", given.get("UserName"), _statement("a person with the access key", "act", given.get("UserName"))


def _profile(given: Properties) -> Iterator[Share]:
    for role in listed(given.get("Roles")):
        yield "use", role, _statement("ec2.amazonaws.com", "act as an instance", role, "Service")


_READERS: Mapping[str, Callable[[Properties], Iterator[Share]]] = {
    "AWS::Lambda::Permission": _permission("FunctionName"),
    "AWS::Lambda::LayerVersionPermission": _permission("LayerVersionArn"),
    "AWS::Lambda::Url": _url,
    "AWS::Lambda::EventSourceMapping": _all(
        _flow("FunctionName", "take every message", "EventSourceArn"),
        _leaving("receive every message that fails", "DestinationConfig", "OnFailure", "Destination", what=_NAME),
    ),
    "AWS::Lambda::EventInvokeConfig": _all(
        _leaving("receive every answer", "DestinationConfig", "OnSuccess", "Destination", what=_NAME),
        _leaving("receive every event that fails", "DestinationConfig", "OnFailure", "Destination", what=_NAME),
    ),
    "AWS::Lambda::Function": _leaving("receive every event that fails", "DeadLetterConfig", "TargetArn"),
    "AWS::DynamoDB::Table": _leaving("receive every change", "KinesisStreamSpecification", "StreamArn"),
    "AWS::SQS::Queue": _leaving("receive every message that fails", "RedrivePolicy", "deadLetterTargetArn"),
    "AWS::SecretsManager::Secret": _copies,
    "AWS::SNS::Topic": _topic_subscriptions,
    "AWS::Logs::SubscriptionFilter": _flow("DestinationArn", "receive every log event", "LogGroupName"),
    "AWS::SNS::Subscription": _all(
        _subscription,
        _leaving("receive every message that fails", "RedrivePolicy", "deadLetterTargetArn", what="TopicArn"),
    ),
    "AWS::Events::Rule": lambda given: _targets("events", given, listed(given.get("Targets"))),
    "AWS::Scheduler::Schedule": lambda given: _targets("scheduler", given, [given.get("Target")]),
    "AWS::Pipes::Pipe": _pipe,
    "AWS::IAM::UserToGroupAddition": _members,
    "AWS::IAM::AccessKey": _access_key,
    "AWS::IAM::User": _user,
    "AWS::IAM::InstanceProfile": _profile,
}
# These grant too, in a form that is not read.
_UNREAD = (
    "AWS::Events::EventBusPolicy", "AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider", "AWS::Logs::Destination",
    "AWS::Logs::AccountPolicy", "AWS::RAM::ResourceShare", "AWS::RolesAnywhere::Profile",
    "AWS::RolesAnywhere::TrustAnchor", "AWS::SSO::Assignment", "AWS::SSO::PermissionSet", "AWS::S3::AccessPoint",
    "AWS::DynamoDB::GlobalTable", "AWS::Cognito::IdentityPoolRoleAttachment",
)  # fmt: skip
SHARING = frozenset({*_READERS, *_UNREAD})
# Types whose reader names their roles, and what runs as a role whose trust policy names it.
_TELLING = frozenset(
    {
        "AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::Pipes::Pipe",
        "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::CloudFormation::Stack",
    }
)  # fmt: skip
