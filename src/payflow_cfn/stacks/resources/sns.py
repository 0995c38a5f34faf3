"""Amazon Simple Notification Service."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Tags
from troposphere.sns import SubscriptionResource, Topic, TopicPolicy


def notifications_topic(*, name: Any, key_arn: Any, tags: Tags) -> Topic:
    """The topic that people and programs subscribe to for failed payments and alarms."""
    return Topic("NotificationsTopic", TopicName=name, KmsMasterKeyId=key_arn, Tags=tags)


def notifications_topic_policy(topic: Topic, *, policy: Any) -> TopicPolicy:
    """The topic's policy on who may publish; it replaces the default policy of SNS."""
    return TopicPolicy("NotificationsTopicPolicy", Topics=[Ref(topic)], PolicyDocument=policy)


def email_subscription(
    topic: Topic, *, address: Any, dead_letter_queue_arn: Any, condition: str
) -> SubscriptionResource:
    """Notices by e-mail; an undeliverable notice goes to the dead-letter queue."""
    return SubscriptionResource(
        "EmailSubscription",
        TopicArn=Ref(topic),
        Protocol="email",
        Endpoint=address,
        RedrivePolicy={"deadLetterTargetArn": dead_letter_queue_arn},
        Condition=condition,
    )
