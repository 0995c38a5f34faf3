"""The stack of the topic for notices, and of the queue for notices that cannot be delivered."""

from __future__ import annotations

from troposphere import AccountId, Equals, GetAtt, Not, Parameter, Ref, Template
from troposphere.sns import SubscriptionResource, Topic, TopicPolicy
from troposphere.sqs import Queue, QueuePolicy

from payflow_cfn.config import names
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.policies import resources
from payflow_cfn.stacks.policies.documents import document
from payflow_cfn.stacks.template_base import add_outputs, alarm_arns, named, new_template, tags

_FOURTEEN_DAYS = 14 * 24 * 3600


def notifications_stack(settings: Settings) -> Template:
    """The topic, its policy, its dead-letter queue and, with an address, an e-mail subscription."""
    template = new_template("notifications", "failure notices", "SnsKeyArn")
    template.add_parameter(Parameter("NotificationEmail", Type="String"))
    template.add_condition("HasEmail", Not(Equals(Ref("NotificationEmail"), "")))
    topic = template.add_resource(
        Topic(
            "NotificationsTopic",
            TopicName=named(names.TOPIC),
            KmsMasterKeyId=Ref("SnsKeyArn"),
            Tags=tags(settings),
        )
    )
    policy = document(
        resources.let_alarms_publish(Ref(topic), account=AccountId, alarm_arns=alarm_arns()),
        resources.deny_plain_transport("sns:Publish", Ref(topic)),
    )
    # It replaces the policy that SNS would make itself.
    template.add_resource(TopicPolicy("NotificationsTopicPolicy", Topics=[Ref(topic)], PolicyDocument=policy))
    queue = _dead_letters(template, settings, topic)
    template.add_resource(
        SubscriptionResource(
            "EmailSubscription",
            TopicArn=Ref(topic),
            Protocol="email",
            Endpoint=Ref("NotificationEmail"),
            RedrivePolicy={"deadLetterTargetArn": GetAtt(queue, "Arn")},
            Condition="HasEmail",
        )
    )
    add_outputs(
        template,
        {
            "NotificationsTopicArn": Ref(topic),
            "NotificationsTopicName": GetAtt(topic, "TopicName"),
            "NotificationsDeadLetterQueueName": GetAtt(queue, "QueueName"),
            "NotificationsDeadLetterQueueArn": GetAtt(queue, "Arn"),
        },
    )
    return template


def _dead_letters(template: Template, settings: Settings, topic: Topic) -> Queue:
    """The queue for undeliverable notices; it keeps them as long as SQS can."""
    queue = template.add_resource(
        Queue(
            "NotificationsDeadLetterQueue",
            QueueName=named(names.DEAD_LETTER_QUEUE),
            KmsMasterKeyId=Ref("SnsKeyArn"),
            MessageRetentionPeriod=_FOURTEEN_DAYS,
            Tags=tags(settings),
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
        )
    )
    policy = document(
        resources.let_topic_send(GetAtt(queue, "Arn"), topic_arn=Ref(topic)),
        resources.deny_plain_transport("sqs:*", GetAtt(queue, "Arn")),
    )
    template.add_resource(QueuePolicy("NotificationsDeadLetterQueuePolicy", Queues=[Ref(queue)], PolicyDocument=policy))
    return queue
