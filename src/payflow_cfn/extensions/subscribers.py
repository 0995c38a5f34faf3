"""Add a subscriber of the topic: an address, a queue, a function or an HTTPS endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from payflow_cfn.config import names
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.functions import function_title
from payflow_cfn.extensions.plain import plain
from payflow_cfn.extensions.resources import add_resource
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.stacks.policies import resources
from payflow_cfn.stacks.policies.documents import document
from payflow_cfn.stacks.template_base import named

_STACK = "notifications"
_FOURTEEN_DAYS = 14 * 24 * 3600
# How often a consumer may fail with a message before it goes to the dead-letter queue.
_RECEIVED = 5


def add_subscriber(
    payments: Draft,
    name: str,
    *,
    email: str = "",
    https: str = "",
    function: str = "",
    queue: bool = False,
    statuses: Sequence[str] = (),
) -> Draft:
    """Subscribe to the notices: an email address, an https:// endpoint, a function of `add_function`, or a new queue.

    `name` begins the logical ids. `statuses` are the payments' statuses whose notices it gets, such as DECLINED; all
    by default, with the alarms' notices, which have no status. What cannot be delivered goes to the dead-letter queue.
    A queue is encrypted with the topic's key; its outputs are NAMEQueueArn and NAMEQueueUrl.
    """
    kinds = {"email": email, "https": https, "lambda": function, "sqs": queue}
    (chosen, *more) = [kind for kind, given in kinds.items() if given] or [""]
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,60}", name):
        raise ExtensionError(f"{name!r} cannot begin logical ids", remedy="use letters and digits")
    if (email and "@" not in email) or (https and not https.startswith("https://")):
        raise ExtensionError(f"subscriber {name} has {email or https!r}", remedy="an address with @, or https://")
    if more or not chosen:
        raise ExtensionError(f"subscriber {name} needs one endpoint", remedy="give email, https, function or queue")
    if chosen == "sqs":
        payments = _with_queue(payments, name)
    if chosen == "lambda":
        return _function(payments, name, function, statuses)
    endpoint = {"sqs": {"Fn::GetAtt": [f"{name}Queue", "Arn"]}}.get(chosen, email or https)
    topic, dead = {"Ref": "NotificationsTopic"}, {"Fn::GetAtt": ["NotificationsDeadLetterQueue", "Arn"]}
    made = _subscription(topic, chosen, endpoint, dead, statuses)
    why = f"{name} gets the notices of payments"
    return add_resource(payments, _STACK, made, name=f"{name}Subscription", why=why)


def _subscription(topic: Any, protocol: str, endpoint: Any, dead: Any, statuses: Sequence[str]) -> dict[str, Any]:
    given = {"FilterPolicy": {"status": list(statuses)}} if statuses else {}
    properties = {
        "TopicArn": topic,
        "Protocol": protocol,
        "Endpoint": endpoint,
        "RedrivePolicy": {"deadLetterTargetArn": dead},
        **given,
    }
    return {"Type": "AWS::SNS::Subscription", "Properties": properties}


def _function(payments: Draft, name: str, function: str, statuses: Sequence[str]) -> Draft:
    """The subscription in the functions' stack: the topic's stack is made before it."""
    title = function_title(function)
    alias, topic = {"Ref": f"{title}Alias"}, {"Ref": "NotificationsTopicArn"}
    allowed = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": alias,
            "Principal": "sns.amazonaws.com",
            "SourceArn": topic,
        },
    }
    made = _subscription(topic, "lambda", alias, {"Ref": "NotificationsDeadLetterQueueArn"}, statuses)
    made["DependsOn"] = [f"{name}Permission"]
    why = f"the topic hands {name} the notices of payments"
    payments = add_resource(payments, "functions", allowed, name=f"{name}Permission", why=why)
    return add_resource(payments, "functions", made, name=f"{name}Subscription", why=why)


def _with_queue(payments: Draft, name: str) -> Draft:
    """The draft with an encrypted queue that takes only the topic's messages."""
    logical = f"{name}Queue"
    dashed = "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")
    arn, topic = {"Fn::GetAtt": [logical, "Arn"]}, {"Ref": "NotificationsTopic"}
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": plain(named(names.name("queue", dashed))),
            "KmsMasterKeyId": {"Ref": "SnsKeyArn"},
            "MessageRetentionPeriod": _FOURTEEN_DAYS,
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["NotificationsDeadLetterQueue", "Arn"]},
                "maxReceiveCount": _RECEIVED,
            },
        },
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }
    statements = document(resources.let_topic_send(arn, topic_arn=topic), resources.deny_plain_transport("sqs:*", arn))
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": logical}], "PolicyDocument": plain(statements)},
    }
    outputs = {f"{logical}Arn": arn, f"{logical}Url": {"Ref": logical}}
    why = "what nobody could take goes to the dead-letter queue"
    payments = add_resource(payments, _STACK, queue, name=logical, outputs=outputs, why=why)
    return add_resource(payments, _STACK, policy, name=f"{logical}Policy", why="the topic sends its notices there")
