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
from payflow_cfn.lint.iam import NOT_ALLOWED, Request, concerns, like, refusal
from payflow_cfn.lint.ours import says_payflow
from payflow_cfn.lint.references import alternatives, evaluated, is_open, kind_of, placed, text_in

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
_EVENT = _Delivery("events", "rule", "send", "sqs:SendMessage", "queue")


def alarms_reach_topics(templates: ParsedSet) -> Iterator[Breach]:
    """PF020: an alarm's action is a topic that lets the alarm publish, and use its key, in every partition.

    Or it is something else that CloudWatch starts. CloudWatch calls KMS itself: with a key whose policy allows only the
    account, and with SNS's own key, every notice is lost without an error
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
    """
    uses = _uses(templates)
    for stack, logical, key, action in some("alarm action", _alarm_actions(templates)):
        path = f"Resources/{logical}/Properties/{key}"
        topic = _target(templates, action, "AWS::SNS::Topic")
        if topic is None or topic.attribute not in ("Ref", "TopicArn"):
            if action != "" and not is_open(action) and not _is_other_action(templates, action):
                yield Breach(
                    stack, path, "the action is not a topic's ARN, and CloudWatch can start nothing of this kind"
                )
            continue
        for problem in _problems(
            templates, partial(_undelivered, templates, uses, _NOTICE, Place(stack, logical, "Arn"), topic)
        ):
            yield Breach(stack, path, problem)


def _is_other_action(templates: ParsedSet, action: Any) -> bool:
    """Whether the action is of a kind other than a topic of this set that CloudWatch can use."""
    place = placed(templates, action)
    if place is not None:
        return kind_of(templates, place) in _OTHER_ACTIONS and place.attribute in ("Ref", "Arn")
    text = text_in(templates, action)
    return any(like(text, f"arn:*:{each}:*") for each in _ACTING)


def _alarm_actions(templates: ParsedSet) -> Iterator[tuple[str, str, str, Any]]:
    """Stack, logical id, property and evaluated value of each action, both branches of a condition."""
    for kind in _ALARMS:
        for stack, logical, resource in templates.resources(kind):
            for key in _ACTIONS:
                given = evaluated(templates, stack, resource.get("Properties", {}).get(key))
                for action in alternatives(given):
                    yield stack, logical, key, action


def undeliverable_notices_are_kept(templates: ParsedSet) -> Iterator[Breach]:
    """PF023: a topic may put undeliverable notices into the subscription's queue, and use that queue's key.

    SNS calls SQS and KMS in its own name. If it may not, the notice and the error are both lost
    (https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html).
    """
    uses, is_ours = _uses(templates), says_payflow(templates)
    for stack, logical, resource in some("subscription", templates.resources("AWS::SNS::Subscription")):
        properties = resource.get("Properties", {})
        path = f"Resources/{logical}/Properties/RedrivePolicy"
        letters = properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        queue = _target(templates, evaluated(templates, stack, letters), "AWS::SQS::Queue")
        topic = _target(templates, evaluated(templates, stack, properties.get("TopicArn")), "AWS::SNS::Topic")
        if queue is None or topic is None:
            if not is_ours:
                continue
            message = "the subscription has no topic and queue of this set"
            yield Breach(stack, path, message)
            continue
        for problem in _problems(templates, partial(_undelivered, templates, uses, _REDRIVE, topic, queue)):
            yield Breach(stack, path, problem)


def rules_reach_their_queues(templates: ParsedSet) -> Iterator[Breach]:
    """PF110: a rule of events may send to its queues, and to those of what it cannot deliver, and use their keys.

    EventBridge says who sends by the ARN of the rule, not of the bus, and calls KMS itself. If it may not, the event is
    dropped without an error of the workflow
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions).
    """
    uses = _uses(templates)
    for stack, logical, resource in templates.resources("AWS::Events::Rule"):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        for number, target in enumerate(each for each in listed(given.get("Targets")) if isinstance(each, dict)):
            path = f"Resources/{logical}/Properties/Targets/{number}"
            arns = [target.get("Arn"), *(each.get("Arn") for each in listed(target.get("DeadLetterConfig")))]
            for queue in filter(None, (_target(templates, each, "AWS::SQS::Queue") for each in arns)):
                how = partial(_undelivered, templates, uses, _EVENT, Place(stack, logical, "Arn"), queue)
                for problem in _problems(templates, how):
                    yield Breach(stack, path, f"{queue.resource}: {problem}")


def _undelivered(
    templates: ParsedSet, uses: _Uses, how: _Delivery, caller: Place, target: Place, world: World
) -> Iterator[str]:
    context = {"aws:sourcearn": resource_arn(templates, caller, world), "aws:sourceaccount": world.account}

    def why_not(statements: _Statements, action: str, resource: str = "") -> str:
        return refusal(statements, Request(f"{how.service}.amazonaws.com", action, resource, context))

    own = uses(world).get(target[:2], ())
    why = why_not(own, how.action, resource_arn(templates, target, world))
    if why and not (how is _NOTICE and why == NOT_ALLOWED and _admits_as_by_default(own, world)):
        yield f"no {how.target} policy lets this {how.caller} {how.verb}: {why}"
    given = templates.resource(target).get("Properties", {}).get("KmsMasterKeyId")
    if templates.given_key(target.stack, given):
        return
    key = _target(templates, evaluated(templates, target.stack, given), "AWS::KMS::Key")
    if key is None:
        # A key from outside has its owner's policy, and PF028 asks for a key.
        if "alias/aws/" in str(expand(templates, target.stack, given)):
            yield f"the {how.target} has the service's own key, which admits no {how.caller}"
        return
    for action in _USE:
        if why := why_not(uses(world).get(key[:2], ()), action):
            yield f"the {how.target}'s key does not admit this {how.caller} to {action}: {why}"


def _admits_as_by_default(statements: _Statements, world: World) -> bool:
    """Whether a topic has no policy, or one that admits what the account owns, as SNS's own one does: alarms, too."""
    return not statements or any(
        each.get("Effect") == "Allow"
        and each.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and concerns(each, "Action", _NOTICE.action.lower(), lower=True)
        and _lower(each.get("Condition")) == {"stringequals": {"aws:sourceowner": world.account}}
        for each in statements
    )


def _lower(condition: Any) -> Any:
    """A condition with its operators and keys in lower case."""
    return {key.lower(): _lower(each) for key, each in condition.items()} if isinstance(condition, dict) else condition


def logs_key_is_exact(templates: ParsedSet) -> Iterator[Breach]:
    """PF021: the key of a log group allows CloudWatch Logs for this environment's groups, and for no others.

    With less, the group cannot be created. With more, logs of another environment, region or account can use
    this key (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
    """
    uses, is_ours = _uses(templates), says_payflow(templates)
    for stack, logical, resource in some("log group", templates.resources("AWS::Logs::LogGroup")):
        path = f"Resources/{logical}/Properties/KmsKeyId"
        given = resource.get("Properties", {}).get("KmsKeyId")
        if templates.given_key(stack, given):
            continue
        key = _target(templates, evaluated(templates, stack, given), "AWS::KMS::Key")
        if key is None:
            if is_ours:
                yield Breach(stack, path, "the group has no key of this set")
            continue
        for problem in _problems(templates, partial(_logging, templates, uses, key, Place(stack, logical, "Arn"))):
            yield Breach(stack, path, problem)


def _logging(templates: ParsedSet, uses: _Uses, key: Place, group: Place, world: World) -> Iterator[str]:
    policy = uses(world).get(key[:2], ())
    # Some regions also know the service by the name without a region, which AWS's guide does not give.
    others = [] if says_payflow(templates) else [f"logs.{world.suffix}"]
    principals = [f"logs.{world.region}.{world.suffix}", *others]

    def why_not(action: str, owner: World) -> str:
        context = {"kms:encryptioncontext:aws:logs:arn": resource_arn(templates, group, owner)}
        requests = [Request(each, action, "", context) for each in principals]
        return min((refusal(policy, each) for each in requests), key=bool)

    for action in (*_USE, "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"):
        if why := why_not(action, world):
            yield f"the key does not admit CloudWatch Logs for this group, {action}: {why}"
    for other in _strangers(world) if says_payflow(templates) else ():
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


def _problems(templates: ParsedSet, problems: Callable[[World], Iterator[str]]) -> list[str]:
    """The problems in the first world that has any: a fault of every world is reported once.

    Another set than ours may be written for one partition.
    """
    worlds = WORLDS if says_payflow(templates) else WORLDS[:1]
    return next((found for found in map(list, map(problems, worlds)) if found), [])


def _target(templates: ParsedSet, value: Any, kind: str) -> Place | None:
    """The resource of this type that an evaluated value names."""
    place = placed(templates, value)
    return place if place is not None and kind_of(templates, place) == kind else None
