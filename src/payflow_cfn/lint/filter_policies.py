"""The rule about the filter of a subscription: something that the set publishes passes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.grants import policies_of
from payflow_cfn.aws.intrinsics import resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import is_known, listed
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.iam import concerns
from payflow_cfn.lint.integrations import publishes
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.machine import all_states
from payflow_cfn.lint.references import APART, alternatives, evaluated, placed
from payflow_cfn.lint.results import assigned_shapes

# The texts that an attribute can have; None: any.
Texts = frozenset[str] | None
Sent = Mapping[str, Texts]
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
_ALARM_FIELDS = (
    "AlarmName", "AlarmDescription", "AWSAccountId", "AlarmConfigurationUpdatedTimestamp", "NewStateValue",
    "NewStateReason", "StateChangeTime", "Region", "AlarmArn", "OldStateValue", "OKActions", "AlarmActions",
    "InsufficientDataActions", "Trigger", "AlarmRule", "TriggeringChildren", "ActionsSuppressedBy",
    "ActionsSuppressedReason",
)  # fmt: skip
_ALARM_MESSAGE: Mapping[str, Sent] = {"MessageAttributes": {}, "MessageBody": dict.fromkeys(_ALARM_FIELDS)}


class _Task(NamedTuple):
    topic: Place | None
    sent: Sent | None


def filters_let_something_through(templates: ParsedSet) -> Iterator[Breach]:
    """PF085: a subscription's filter lets some message pass that the set's workflows publish to its topic.

    SNS drops a message that lacks an attribute of the filter, or has another value, and says nothing. A topic that
    something else of the set may publish to is not checked
    (https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html).
    """
    found = list(_filtered(templates))
    tasks = list(_tasks(templates)) if found else []
    for stack, logical, topic, policy in found:
        sent = [each for each in tasks if each.topic is None or each.topic[:2] == topic[:2]]
        if (
            not sent
            or any(each.topic is None or each.sent is None for each in sent)
            or others_may(templates, topic, "sns:publish")
        ):
            continue
        if not any(_passes(policy, each.sent or {}) for each in sent):
            path = f"Resources/{logical}/Properties/FilterPolicy"
            yield Breach(stack, path, f"nothing that is published to {topic.resource} passes the filter")


def filters_let_alarms_through(templates: ParsedSet) -> Iterator[Breach]:
    """PF096: a topic that alarms publish to has a subscription whose filter lets an alarm's message pass.

    CloudWatch sends no attributes, and fields of its own in the body. A filter on others, such as the status of a
    payment, drops each alarm without an error. A topic with another subscription, without a filter, is not found
    (https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html).
    """
    found = list(_subscribed(templates))
    alarmed = _alarmed(templates) if any(each.policy for each in found) else set()
    for each in found:
        same = [other for other in found if other.topic == each.topic]
        if each.policy and each.topic in alarmed and not any(_passes(other.policy, other.alarm) for other in same):
            path = f"Resources/{each.logical}/Properties/FilterPolicy"
            yield Breach(each.stack, path, f"no message of an alarm to {each.topic[1]} passes the filter")


class _Subscribed(NamedTuple):
    """A subscription to a topic of the set, and what its filter looks at of an alarm's message."""

    stack: str
    logical: str
    topic: tuple[str, str]
    policy: Mapping[str, Any]
    alarm: Sent


def _subscribed(templates: ParsedSet) -> Iterator[_Subscribed]:
    """Each subscription with its filter; one that is not known lets everything pass."""
    for stack, logical, resource in templates.resources("AWS::SNS::Subscription"):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        topic, policy = placed(templates, given.get("TopicArn")), given.get("FilterPolicy")
        sent = _ALARM_MESSAGE.get(str(given.get("FilterPolicyScope", "MessageAttributes")))
        if topic:
            is_known_policy = isinstance(policy, dict) and is_known(policy) and sent is not None
            yield _Subscribed(stack, logical, topic[:2], policy if is_known_policy else {}, sent or {})


def _alarmed(templates: ParsedSet) -> set[tuple[str, str]]:
    """The topics that alarms of the set publish to."""
    return {
        place[:2]
        for stack, _, resource in templates.resources("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for field in ("AlarmActions", "OKActions")
        for each in alternatives(evaluated(templates, stack, resource.get("Properties", {}).get(field)))
        if (place := placed(templates, each))
    }


def _filtered(templates: ParsedSet) -> Iterator[tuple[str, str, Place, dict[str, Any]]]:
    for stack, logical, resource in templates.resources("AWS::SNS::Subscription"):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        topic, policy = placed(templates, given.get("TopicArn")), given.get("FilterPolicy")
        by_attributes = given.get("FilterPolicyScope", "MessageAttributes") == "MessageAttributes"
        if topic and by_attributes and isinstance(policy, dict) and policy and is_known(policy):
            yield stack, logical, topic, policy


def _tasks(templates: ParsedSet) -> Iterator[_Task]:
    """What the set's workflows publish, and where to."""
    states = list(all_states(templates)) if any(templates.resources(MACHINE)) else []
    variables = assigned_shapes(templates, states)
    for state in states:
        if publishes(templates, state):
            given = state.fields.get("Arguments", state.fields.get("Parameters", {}))
            topic = given.get("TopicArn") if isinstance(given, dict) else None
            place = placed(templates, evaluated(templates, state.stack, topic))
            yield _Task(place, _attributes(given, variables) if isinstance(given, dict) else None)


def _attributes(given: Mapping[str, Any], variables: Mapping[str, Any]) -> Sent | None:
    attributes = given.get("MessageAttributes", {})
    if not isinstance(attributes, dict) or any(key.endswith(".$") for key in (*given, *attributes)):
        return None
    return {
        name: attribute_texts(value.get("StringValue") if isinstance(value, dict) else None, variables)
        for name, value in attributes.items()
    }


def attribute_texts(value: Any, variables: Mapping[str, Any]) -> Texts:
    """The texts that the value of an attribute can be, with these variables of the workflow."""
    if not isinstance(value, str):
        return None  # a function of CloudFormation, such as the environment's name
    if not value.startswith("{%"):
        return frozenset([value])
    found = expression_in(value)
    can_be = found.value if found else None
    if can_be is None:
        return None
    shapes = [variables.get(path[0]) if len(path) == 1 else None for path in can_be.paths]
    known = [each for each in shapes if isinstance(each, frozenset)]
    return can_be.texts.union(*known) if len(known) == len(shapes) else None


def others_may(templates: ParsedSet, target: Place, action: str) -> bool:
    """Whether a role of the set other than those of its workflows may do this with the resource."""
    roles = {
        place[:2]
        for stack, _, machine in templates.resources(MACHINE)
        if (place := placed(templates, evaluated(templates, stack, machine.get("Properties", {}).get("RoleArn"))))
    }
    arn = resource_arn(templates, target, APART)
    return any(
        policy.kind == "identity"
        and policy.owner not in roles
        and any(
            each.get("Effect") == "Allow"
            and concerns(each, "Action", action, lower=True)
            and concerns(each, "Resource", arn)
            for each in policy.statements
        )
        for policy in policies_of(templates, APART)
    )


def _passes(policy: Mapping[str, Any], sent: Sent) -> bool:
    return all(_may_match(listed(wanted), name, sent) for name, wanted in policy.items())


def _may_match(wanted: list[Any], name: str, sent: Sent) -> bool:
    if name == "$or":
        return any(_passes(each, sent) for each in wanted if isinstance(each, Mapping))
    if name not in sent:
        return any(isinstance(each, Mapping) and each.get("exists") is False for each in wanted)
    values = sent[name]
    return values is None or any(_matches(each, value) for each in wanted for value in values)


def _matches(wanted: Any, value: str) -> bool:
    match wanted:
        case str():
            return wanted == value
        case {"exists": bool() as exists}:
            return exists
        case {"prefix": str() as start}:
            return value.startswith(start)
        case {"suffix": str() as end}:
            return value.endswith(end)
        case {"anything-but": str() | list() as others}:
            return value not in listed(others)
        case {"equals-ignore-case": str() as text}:
            return value.lower() == text.lower()
        case {"wildcard": str() as pattern}:
            return fnmatchcase(value, pattern)
    return True
