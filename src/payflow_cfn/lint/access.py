"""Rules about which AWS service may use which key, topic and queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from payflow_cfn.aws.grants import policies_of
from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import listed
from payflow_cfn.aws.worlds import WORLDS, World
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.iam import Request, like, refusal

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
# What an alarm can start besides a notice: types whose Ref or Arn is an action, and services in ARNs
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html).
_OTHER_ACTIONS = frozenset(
    {
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::AutoScaling::ScalingPolicy",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
        "AWS::SSMIncidents::ResponsePlan",
    }
)
_ACTING = ("aiops", "autoscaling", "automate", "lambda", "sns", "ssm", "ssm-incidents", "swf")
_USE = ("kms:Decrypt", "kms:GenerateDataKey")


_Statements = Sequence[Mapping[str, Any]]
_Uses = Callable[[World], Mapping[tuple[str, str], _Statements]]


def _uses(templates: ParsedSet) -> _Uses:
    """The statements about the use of each resource, evaluated once in each world: many alarms share one topic."""

    @cache
    def known(world: World) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for each in policies_of(templates, world):
            if each.kind != "identity":
                found.setdefault(each.owner, []).extend(each.statements)
        return found

    return known


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What a service does to a `target` on behalf of a `caller`."""

    service: str
    caller: str
    verb: str
    action: str
    target: str


_NOTICE = _Delivery("cloudwatch", "alarm", "publish", "sns:Publish", "topic")
_REDRIVE = _Delivery("sns", "topic", "send", "sqs:SendMessage", "queue")


def alarms_reach_topics(templates: ParsedSet) -> Iterator[Breach]:
    """PF020: an alarm may publish to its topic, and use the key of that topic, in every partition.

    Another action is of a kind that CloudWatch can start. CloudWatch calls KMS itself. With a key that allows only
    the account, every notice is lost without an error
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
    """
    uses = _uses(templates)
    for stack, logical, key, action in some("alarm action", _alarm_actions(templates)):
        path = f"Resources/{logical}/Properties/{key}"
        topic = _target(templates, stack, action, "AWS::SNS::Topic")
        if topic is None or topic.attribute not in ("Ref", "TopicArn"):
            if not _is_other_action(templates, stack, action):
                yield Breach(stack, path, "the action is not a topic of this set, nor anything else that can be one")
            continue
        for problem in _problems(partial(_undelivered, templates, uses, _NOTICE, Place(stack, logical, "Arn"), topic)):
            yield Breach(stack, path, problem)


def _is_other_action(templates: ParsedSet, stack: str, action: Any) -> bool:
    """Whether the action is of a kind other than a topic of this set that CloudWatch can use."""
    place = templates.origin(stack, action)
    if place is not None:
        return templates.resource(place).get("Type") in _OTHER_ACTIONS and place.attribute in ("Ref", "Arn")
    if templates.given_arn(stack, action, "sns"):
        return True
    text = str(expand(templates, stack, action))
    return any(like(text, f"arn:*:{each}:*") for each in _ACTING)


def _alarm_actions(templates: ParsedSet) -> Iterator[tuple[str, str, str, Any]]:
    for kind in _ALARMS:
        for stack, logical, resource in templates.resources(kind):
            for key in _ACTIONS:
                for action in listed(resource.get("Properties", {}).get(key)):
                    yield stack, logical, key, action


def undeliverable_notices_are_kept(templates: ParsedSet) -> Iterator[Breach]:
    """PF023: a topic may put undeliverable notices into the subscription's queue, and use that queue's key.

    SNS calls SQS and KMS in its own name. If it may not, the notice and the error are both lost
    (https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html).
    """
    uses = _uses(templates)
    for stack, logical, resource in some("subscription", templates.resources("AWS::SNS::Subscription")):
        properties = resource.get("Properties", {})
        path = f"Resources/{logical}/Properties/RedrivePolicy"
        queue = _target(
            templates, stack, properties.get("RedrivePolicy", {}).get("deadLetterTargetArn"), "AWS::SQS::Queue"
        )
        topic = _target(templates, stack, properties.get("TopicArn"), "AWS::SNS::Topic")
        if queue is None or topic is None:
            message = "the subscription has no topic and queue of this set"
            yield Breach(stack, path, message)
            continue
        for problem in _problems(partial(_undelivered, templates, uses, _REDRIVE, topic, queue)):
            yield Breach(stack, path, problem)


def _undelivered(
    templates: ParsedSet, uses: _Uses, how: _Delivery, caller: Place, target: Place, world: World
) -> Iterator[str]:
    context = {"aws:sourcearn": resource_arn(templates, caller, world), "aws:sourceaccount": world.account}

    def why_not(statements: _Statements, action: str, resource: str = "") -> str:
        return refusal(statements, Request(f"{how.service}.amazonaws.com", action, resource, context))

    if why := why_not(uses(world).get(target[:2], ()), how.action, resource_arn(templates, target, world)):
        yield f"no {how.target} policy lets this {how.caller} {how.verb}: {why}"
    given = templates.resource(target).get("Properties", {}).get("KmsMasterKeyId")
    if templates.given_arn(target.stack, given, "kms"):
        return
    key = _target(templates, target.stack, given, "AWS::KMS::Key")
    if key is None:
        yield f"the {how.target} has no key of this set"
        return
    for action in _USE:
        if why := why_not(uses(world).get(key[:2], ()), action):
            yield f"the {how.target}'s key does not admit this {how.caller} to {action}: {why}"


def logs_key_is_exact(templates: ParsedSet) -> Iterator[Breach]:
    """PF021: the key of a log group allows CloudWatch Logs for this environment's groups, and for no others.

    With less, the group cannot be created. With more, logs of another environment, region or account can use
    this key (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
    """
    uses = _uses(templates)
    for stack, logical, resource in some("log group", templates.resources("AWS::Logs::LogGroup")):
        path = f"Resources/{logical}/Properties/KmsKeyId"
        given = resource.get("Properties", {}).get("KmsKeyId")
        if templates.given_arn(stack, given, "kms"):
            continue
        key = _target(templates, stack, given, "AWS::KMS::Key")
        if key is None:
            yield Breach(stack, path, "the group has no key of this set")
            continue
        for problem in _problems(partial(_logging, templates, uses, key, Place(stack, logical, "Arn"))):
            yield Breach(stack, path, problem)


def _logging(templates: ParsedSet, uses: _Uses, key: Place, group: Place, world: World) -> Iterator[str]:
    policy = uses(world).get(key[:2], ())

    def why_not(action: str, owner: World) -> str:
        context = {"kms:encryptioncontext:aws:logs:arn": resource_arn(templates, group, owner)}
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


def _problems(problems: Callable[[World], Iterator[str]]) -> list[str]:
    """The problems in the first world that has any: a fault of every world is reported once."""
    return next((found for found in map(list, map(problems, WORLDS)) if found), [])


def _target(templates: ParsedSet, stack: str, value: Any, kind: str) -> Place | None:
    place = templates.origin(stack, value)
    return place if place is not None and templates.resource(place).get("Type") == kind else None
