"""Resources that grant without a policy document: what each gives, as the statement that a policy would have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.values import ABSENT, Given, listed, shown, text_of

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


def shares(resource_type: str, properties: Properties) -> Iterator[Share]:
    """What the resource grants; nothing for a type that grants by documents or not at all."""
    if resource_type in _UNREAD:
        yield "use", ABSENT, _statement("whom it names", "do whatever it grants", ABSENT)
    elif resource_type in _READERS:
        yield from _READERS[resource_type](properties)


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


def _access_key(given: Properties) -> Iterator[Share]:
    yield "use", given.get("UserName"), _statement("a person with the access key", "act", given.get("UserName"))


def _profile(given: Properties) -> Iterator[Share]:
    for role in listed(given.get("Roles")):
        yield "use", role, _statement("ec2.amazonaws.com", "act as an instance", role, "Service")


_READERS: Mapping[str, Callable[[Properties], Iterator[Share]]] = {
    "AWS::Lambda::Permission": _permission("FunctionName"),
    "AWS::Lambda::LayerVersionPermission": _permission("LayerVersionArn"),
    "AWS::Lambda::Url": _url,
    "AWS::Lambda::EventSourceMapping": _flow("FunctionName", "take every message", "EventSourceArn"),
    "AWS::Logs::SubscriptionFilter": _flow("DestinationArn", "receive every log event", "LogGroupName"),
    "AWS::SNS::Subscription": _subscription,
    "AWS::Events::Rule": lambda given: _targets("events", given, listed(given.get("Targets"))),
    "AWS::Scheduler::Schedule": lambda given: _targets("scheduler", given, [given.get("Target")]),
    "AWS::Pipes::Pipe": _pipe,
    "AWS::IAM::UserToGroupAddition": _members,
    "AWS::IAM::AccessKey": _access_key,
    "AWS::IAM::InstanceProfile": _profile,
}
# These grant too, in a form that is not read.
_UNREAD = (
    "AWS::Events::EventBusPolicy", "AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider", "AWS::Logs::Destination",
    "AWS::RAM::ResourceShare", "AWS::RolesAnywhere::Profile", "AWS::RolesAnywhere::TrustAnchor", "AWS::SSO::Assignment",
    "AWS::SSO::PermissionSet", "AWS::S3::AccessPoint", "AWS::DynamoDB::GlobalTable",
    "AWS::Cognito::IdentityPoolRoleAttachment",
)  # fmt: skip
SHARING = (*_READERS, *_UNREAD)
