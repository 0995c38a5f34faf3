"""Rules about which AWS service may use which key, topic and queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from payflow_cfn.check.expand import WORLDS, World, expand, resource_arn
from payflow_cfn.check.findings import Finding, error, nothing
from payflow_cfn.check.iam import Request, refusal
from payflow_cfn.check.templates import Place, TemplateSet, listed

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_USE = ("kms:Decrypt", "kms:GenerateDataKey")


_Statements = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Policies:
    """Expanded policies of a set, each made once: many alarms share one topic."""

    templates: TemplateSet
    of_key: Callable[[Place, World], _Statements]
    attached: Callable[[Place, str, str, World], _Statements]


def _policies(templates: TemplateSet) -> _Policies:
    return _Policies(templates, cache(partial(_key_policy, templates)), cache(partial(_attached, templates)))


def alarms_reach_topics(templates: TemplateSet) -> Iterator[Finding]:
    """PF020: an alarm may publish to its topic, and use the key of that topic, in every partition.

    CloudWatch calls KMS itself, so a key that admits only the account loses every notice without an error
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
    """
    policies, seen = _policies(templates), False
    for stack, logical, field, action in _alarm_actions(templates):
        seen = True
        path = f"Resources/{logical}/Properties/{field}"
        topic = _target(templates, stack, action, "AWS::SNS::Topic")
        if topic is None:
            yield error("PF020", stack=stack, path=path, message="the action is not a topic of this set")
            continue
        for problem in _first_problems(_publishing(policies, topic, Place(stack, logical, "Arn"), w) for w in WORLDS):
            yield error("PF020", stack=stack, path=path, message=problem)
    if not seen:
        yield nothing("PF020", "alarm action")


def _alarm_actions(templates: TemplateSet) -> Iterator[tuple[str, str, str, Any]]:
    for kind in _ALARMS:
        for stack, logical, resource in templates.resources(kind):
            for field in _ACTIONS:
                for action in listed(resource.get("Properties", {}).get(field)):
                    yield stack, logical, field, action


def _publishing(policies: _Policies, topic: Place, alarm: Place, world: World) -> Iterator[str]:
    def ask(action: str, resource: str = "") -> Request:
        return _asked(policies.templates, "cloudwatch", action, resource, alarm, world)

    publish = ask("sns:Publish", _arn(policies.templates, topic, world))
    policy = policies.attached(topic, "AWS::SNS::TopicPolicy", "Topics", world)
    if why := refusal(policy, publish):
        yield f"no topic policy lets this alarm publish: {why}"
    yield from _key_problems(policies, topic, "topic", "alarm", [ask(each) for each in _USE], world)


def undeliverable_notices_are_kept(templates: TemplateSet) -> Iterator[Finding]:
    """PF023: a topic may put what it cannot deliver into the queue of the subscription, and use that queue's key.

    SNS calls SQS and KMS in its own name; where it may not, the notice and the fault are lost together
    (https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html).
    """
    policies, seen = _policies(templates), False
    for stack, logical, resource in templates.resources("AWS::SNS::Subscription"):
        seen = True
        properties = resource.get("Properties", {})
        path = f"Resources/{logical}/Properties/RedrivePolicy"
        queue = _target(
            templates, stack, properties.get("RedrivePolicy", {}).get("deadLetterTargetArn"), "AWS::SQS::Queue"
        )
        topic = _target(templates, stack, properties.get("TopicArn"), "AWS::SNS::Topic")
        if queue is None or topic is None:
            message = "the subscription has no topic and queue of this set"
            yield error("PF023", stack=stack, path=path, message=message)
            continue
        for problem in _first_problems(_redriving(policies, queue, topic, world) for world in WORLDS):
            yield error("PF023", stack=stack, path=path, message=problem)
    if not seen:
        yield nothing("PF023", "subscription")


def _redriving(policies: _Policies, queue: Place, topic: Place, world: World) -> Iterator[str]:
    def ask(action: str, resource: str = "") -> Request:
        return _asked(policies.templates, "sns", action, resource, topic, world)

    send = ask("sqs:SendMessage", _arn(policies.templates, queue, world))
    policy = policies.attached(queue, "AWS::SQS::QueuePolicy", "Queues", world)
    if why := refusal(policy, send):
        yield f"no queue policy lets this topic send: {why}"
    yield from _key_problems(policies, queue, "queue", "topic", [ask(each) for each in _USE], world)


def logs_key_is_exact(templates: TemplateSet) -> Iterator[Finding]:
    """PF021: the key of a log group admits CloudWatch Logs for this environment's groups, and for nothing else.

    With less the group is not made, with more another environment's, region's or account's logs hang on this key
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
    """
    policies, groups = _policies(templates), list(templates.resources("AWS::Logs::LogGroup"))
    if not groups:
        yield nothing("PF021", "log group")
    for stack, logical, resource in groups:
        path = f"Resources/{logical}/Properties/KmsKeyId"
        given = resource.get("Properties", {}).get("KmsKeyId")
        if templates.given_key(stack, given):
            continue
        key = _target(templates, stack, given, "AWS::KMS::Key")
        if key is None:
            yield error("PF021", stack=stack, path=path, message="the group has no key of this set")
            continue
        for problem in _first_problems(_logging(policies, key, Place(stack, logical, "Arn"), w) for w in WORLDS):
            yield error("PF021", stack=stack, path=path, message=problem)


def _logging(policies: _Policies, key: Place, group: Place, world: World) -> Iterator[str]:
    policy = policies.of_key(key, world)

    def why_not(action: str, owner: World) -> str:
        context = {"kms:encryptioncontext:aws:logs:arn": _arn(policies.templates, group, owner)}
        return refusal(policy, Request(f"logs.{world.region}.{world.suffix}", action, "", context))

    for action in (*_USE, "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"):
        if why := why_not(action, world):
            yield f"the key does not admit CloudWatch Logs for this group, {action}: {why}"
    for other in _strangers(world):
        if not all(why_not(action, other) for action in _USE):
            yield f"the key also admits {other.environment} of {other.account} in {other.region}"
    for action in ("kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
        if not why_not(action, world):
            yield f"the key lets CloudWatch Logs do {action}"


def _strangers(world: World) -> Iterator[World]:
    for environment in (f"{world.environment}2", f"x-{world.environment}", f"{world.environment}-x"):
        yield replace(world, environment=environment)
    yield replace(world, region="xx-west-9")
    yield replace(world, account="999999999999")


def _first_problems(worlds: Iterable[Iterator[str]]) -> list[str]:
    """The problems in the first world that has any: what is wrong everywhere is said once."""
    return next((found for found in map(list, worlds) if found), [])


def _asked(templates: TemplateSet, service: str, action: str, resource: str, source: Place, world: World) -> Request:
    context = {"aws:sourcearn": _arn(templates, source, world), "aws:sourceaccount": world.account}
    return Request(f"{service}.amazonaws.com", action, resource, context)


def _key_problems(
    policies: _Policies, owner: Place, called: str, caller: str, requests: Iterable[Request], world: World
) -> Iterator[str]:
    given = policies.templates.resource(owner).get("Properties", {}).get("KmsMasterKeyId")
    if policies.templates.given_key(owner.stack, given):
        return
    key = _target(policies.templates, owner.stack, given, "AWS::KMS::Key")
    if key is None:
        yield f"the {called} has no key of this set"
        return
    policy = policies.of_key(key, world)
    for request in requests:
        if why := refusal(policy, request):
            yield f"the {called}'s key does not admit this {caller} to {request.action}: {why}"


def _key_policy(templates: TemplateSet, key: Place, world: World) -> _Statements:
    document = templates.resource(key).get("Properties", {}).get("KeyPolicy", {})
    return [expand(templates, key.stack, each, world) for each in listed(document.get("Statement"))]


def _attached(templates: TemplateSet, target: Place, kind: str, field: str, world: World) -> _Statements:
    """The statements of the policies that name this topic or queue."""
    return [
        expand(templates, stack, each, world)
        for stack, _, resource in templates.resources(kind)
        for owner in listed(resource.get("Properties", {}).get(field))
        if _same(templates.origin(stack, owner), target)
        for each in listed(resource["Properties"].get("PolicyDocument", {}).get("Statement"))
    ]


def _same(one: Place | None, other: Place) -> bool:
    return one is not None and (one.stack, one.resource) == (other.stack, other.resource)


def _target(templates: TemplateSet, stack: str, value: Any, kind: str) -> Place | None:
    place = templates.origin(stack, value)
    return place if place is not None and templates.resource(place).get("Type") == kind else None


def _arn(templates: TemplateSet, place: Place, world: World) -> str:
    return resource_arn(templates, place.stack, place.resource, world)
