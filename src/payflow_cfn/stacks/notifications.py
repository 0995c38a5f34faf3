"""The stack of the topic for notices, and of the queue for notices that cannot be delivered."""

from __future__ import annotations

from troposphere import AccountId, Equals, GetAtt, Not, Parameter, Ref, Template
from troposphere.sns import Topic

from payflow_cfn.config import names
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import policies
from payflow_cfn.stacks.resources import sns, sqs
from payflow_cfn.stacks.template_base import add_outputs, alarm_arns, named, new_template, tags


def notifications_stack(settings: Settings) -> Template:
    """The topic, its policy, its dead-letter queue and, with an address, an e-mail subscription."""
    template = new_template("notifications", "failure notices", "SnsKeyArn")
    template.add_parameter(Parameter("NotificationEmail", Type="String"))
    template.add_condition("HasEmail", Not(Equals(Ref("NotificationEmail"), "")))
    topic = template.add_resource(
        sns.notifications_topic(name=named(names.TOPIC), key_arn=Ref("SnsKeyArn"), tags=tags(settings))
    )
    template.add_resource(
        sns.notifications_topic_policy(
            topic,
            policy=policies.document(
                policies.let_alarms_publish(Ref(topic), account=AccountId, alarm_arns=alarm_arns()),
                policies.deny_plain_transport("sns:Publish", Ref(topic)),
            ),
        )
    )
    _dead_letters(template, settings, topic)
    add_outputs(
        template,
        {"NotificationsTopicArn": Ref(topic), "NotificationsTopicName": GetAtt(topic, "TopicName")},
    )
    return template


def _dead_letters(template: Template, settings: Settings, topic: Topic) -> None:
    queue = template.add_resource(
        sqs.dead_letter_queue(name=named(names.DEAD_LETTER_QUEUE), key_arn=Ref("SnsKeyArn"), tags=tags(settings))
    )
    template.add_resource(
        sqs.dead_letter_queue_policy(
            queue,
            policy=policies.document(
                policies.let_topic_send(GetAtt(queue, "Arn"), topic_arn=Ref(topic)),
                policies.deny_plain_transport("sqs:*", GetAtt(queue, "Arn")),
            ),
        )
    )
    template.add_resource(
        sns.email_subscription(
            topic,
            address=Ref("NotificationEmail"),
            dead_letter_queue_arn=GetAtt(queue, "Arn"),
            condition="HasEmail",
        )
    )
    add_outputs(
        template,
        {
            "NotificationsDeadLetterQueueName": GetAtt(queue, "QueueName"),
            "NotificationsDeadLetterQueueArn": GetAtt(queue, "Arn"),
        },
    )
