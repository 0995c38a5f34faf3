"""The permissions of the state machine's role."""

from __future__ import annotations

from typing import Any

from awacs.aws import (
    Statement,
    StringEquals,
    StringLike,
)

from payflow_cfn.stacks.policies.documents import statement


def invoke_functions(alias_arns: list[Any]) -> Statement:
    """Invoking the published versions, not $LATEST."""
    return statement("InvokeFunctions", "lambda:InvokeFunction", alias_arns)


def publish_notice(topic_arn: Any) -> Statement:
    """Publishing the notice of a failed payment."""
    return statement("PublishNotice", "sns:Publish", topic_arn)


def use_topic_key(key_arn: Any, *, via: Any) -> Statement:
    """Publishing to an encrypted topic; SNS calls KMS in the publisher's name.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return statement("UseTopicKey", "kms:Decrypt GenerateDataKey", key_arn, StringLike({"kms:ViaService": via}))


def use_workflow_key(key_arn: Any, *, machine_arn: Any) -> Statement:
    """Reading and writing the state machine's own encrypted history.

    https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    """
    return statement(
        "UseWorkflowKey",
        "kms:Decrypt GenerateDataKey",
        key_arn,
        StringEquals({"kms:EncryptionContext:aws:states:stateMachineArn": machine_arn}),
    )


def encrypt_workflow_logs(key_arn: Any, *, logs_arn: Any) -> Statement:
    """Encrypting log events for their delivery; the same page, on CloudWatch Logs."""
    return statement(
        "EncryptWorkflowLogs",
        "kms:GenerateDataKey",
        key_arn,
        StringEquals({"kms:EncryptionContext:SourceArn": logs_arn}),
    )


def deliver_workflow_logs() -> Statement:
    """Setting up the delivery of execution logs.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    The delivery service itself writes them, by a resource policy that it puts on the group: no PutLogEvents here.
    """
    return statement(
        "DeliverWorkflowLogs",
        "logs:CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries "
        "PutResourcePolicy DescribeResourcePolicies DescribeLogGroups",
        "*",
    )
