"""The policies of keys, topics, queues and secrets."""

from __future__ import annotations

from typing import Any

from awacs.aws import (
    ArnLike,
    ArnNotLike,
    AWSPrincipal,
    Bool,
    Deny,
    Principal,
    Statement,
    StringEquals,
)

from payflow_cfn.stacks.policies.documents import statement


def administer_key(root_arn: Any) -> Statement:
    """The account may manage the key, and allow its use with IAM policies."""
    return statement("AllowAccountAdministration", "kms:*", "*", principal=AWSPrincipal(root_arn))


def let_alarms_use_key(account: Any, *, alarm_arns: list[Any]) -> Statement:
    """CloudWatch alarms publish to the encrypted topic in their own name.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    AWS's own constructs set both conditions: the modern data architecture accelerator, grantCloudWatchAlarmsTopicAccess
    (https://github.com/aws/modern-data-architecture-accelerator).
    """
    return statement(
        "AllowAlarms",
        "kms:Decrypt GenerateDataKey*",
        "*",
        StringEquals({"aws:SourceAccount": account}),
        ArnLike({"aws:SourceArn": alarm_arns}),
        principal=Principal("Service", "cloudwatch.amazonaws.com"),
    )


def let_topic_use_key(account: Any, *, topic_arn: Any) -> Statement:
    """SNS puts undeliverable notices into the encrypted queue in its own name.

    https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
    That page has no condition. The CDK relies on it that SNS sends the topic's ARN
    (https://github.com/aws/aws-cdk/issues/20339), and AWS's own policy for such a queue has the account
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-least-privilege-policy.html).
    """
    return statement(
        "AllowTopicToQueue",
        "kms:Decrypt GenerateDataKey*",
        "*",
        StringEquals({"aws:SourceAccount": account}),
        ArnLike({"aws:SourceArn": topic_arn}),
        principal=Principal("Service", "sns.amazonaws.com"),
    )


def let_logs_use_key(service: Any, *, log_group_arns: list[Any]) -> Statement:
    """CloudWatch Logs encrypts exactly this environment's groups.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return statement(
        "AllowLogs",
        "kms:Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey",
        "*",
        ArnLike({"kms:EncryptionContext:aws:logs:arn": log_group_arns}),
        principal=Principal("Service", service),
    )


def let_log_delivery_use_key(*, logs_arn: Any) -> Statement:
    """Log delivery decrypts the log events of an encrypted state machine.

    The page's example has no condition. A condition on the encryption context is safe: the role encrypts with it, so
    decryption needs the same one, and the account is in it. AWS does not document whether this call has
    aws:SourceAccount: if it did not, a condition on it would lose every log line without an error.
    https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    """
    return statement(
        "AllowLogDelivery",
        "kms:Decrypt",
        "*",
        StringEquals({"kms:EncryptionContext:SourceArn": logs_arn}),
        principal=Principal("Service", "delivery.logs.amazonaws.com"),
    )


def let_alarms_publish(topic_arn: Any, *, account: Any, alarm_arns: list[Any]) -> Statement:
    """This environment's alarms may publish to the topic."""
    return statement(
        "AllowAlarms",
        "sns:Publish",
        topic_arn,
        StringEquals({"aws:SourceAccount": account}),
        ArnLike({"aws:SourceArn": alarm_arns}),
        principal=Principal("Service", "cloudwatch.amazonaws.com"),
    )


def let_topic_send(queue_arn: Any, *, topic_arn: Any) -> Statement:
    """The topic may put undeliverable notices into the dead-letter queue."""
    return statement(
        "AllowTopic",
        "sqs:SendMessage",
        queue_arn,
        ArnLike({"aws:SourceArn": topic_arn}),
        principal=Principal("Service", "sns.amazonaws.com"),
    )


def deny_plain_transport(actions: str, resource: Any) -> Statement:
    """Deny every access without TLS."""
    plain = Bool({"aws:SecureTransport": "false"})
    return statement("DenyPlainTransport", actions, resource, plain, principal=AWSPrincipal("*"), effect=Deny)


def deny_other_readers(role_arn: Any) -> Statement:
    """Deny the gateway's API key to everybody except one role."""
    others = ArnNotLike({"aws:PrincipalArn": role_arn})
    return statement(
        "DenyOtherReaders", "secretsmanager:GetSecretValue", "*", others, principal=AWSPrincipal("*"), effect=Deny
    )
