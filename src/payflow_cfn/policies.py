"""One function per permission; each returns an awacs Statement, and documents are lists of them.

Functions take ARNs and names as values (text or intrinsic functions), so that this module knows no resource.
"""

from __future__ import annotations

from typing import Any

from awacs.aws import (
    Action,
    Allow,
    ArnEquals,
    ArnLike,
    ArnNotLike,
    AWSPrincipal,
    Bool,
    Condition,
    Deny,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
    StringLike,
)


def document(*statements: Any) -> PolicyDocument:
    """A policy document of these statements (or conditions that choose one)."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))


def assumed_by_functions(*, account: Any) -> PolicyDocument:
    """The trust of a function's role: Lambda, for a function of this account.

    The developer guide shows no condition; AWS's own toolkit sets this one (https://github.com/aws/agent-toolkit-for-aws,
    lambda-trust-policy.json). No aws:SourceArn: no page of AWS says whether it names the function or a version of it.
    """
    return document(_assume("lambda.amazonaws.com", StringEquals({"aws:SourceAccount": account})))


def assumed_by_machine(machine_arn: Any, *, account: Any) -> PolicyDocument:
    """The trust of the workflow's role: one state machine of this account.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
    """
    conditions = (StringEquals({"aws:SourceAccount": account}), ArnLike({"aws:SourceArn": machine_arn}))
    return document(_assume("states.amazonaws.com", *conditions))


def _assume(service: str, *conditions: Any) -> Statement:
    statement = _statement(
        "AssumeByService", "sts:AssumeRole", None, *conditions, principal=Principal("Service", service)
    )
    del statement.properties["Resource"]  # a trust policy names none
    return statement


def _statement(
    sid: str, actions: str, resource: Any, *conditions: Any, principal: Any = None, effect: str = Allow
) -> Statement:
    service, _, names = actions.partition(":")
    parts: dict[str, Any] = {
        "Sid": sid,
        "Effect": effect,
        "Action": [Action(service, each) for each in names.split()],
        "Resource": resource if isinstance(resource, list) else [resource],
    }
    if principal is not None:
        parts["Principal"] = principal
    if conditions:
        parts["Condition"] = Condition(list(conditions))
    return Statement(**parts)


# --- what a function's role may do -----------------------------------------------------------------------------


def store_validation(table_arn: Any) -> Statement:
    """The validation's one conditional write."""
    return _statement("StoreValidation", "dynamodb:PutItem", table_arn)


def move_payment(table_arn: Any) -> Statement:
    """The processing's conditional writes, and the consistent read where a lost answer left no item to look at."""
    return _statement("MovePayment", "dynamodb:UpdateItem GetItem", table_arn)


def record_failure(table_arn: Any) -> Statement:
    """The state machine's own write beside the payment when a step cannot do it."""
    return _statement("RecordFailure", "dynamodb:UpdateItem", table_arn)


def count_unknown(namespace: Any) -> Statement:
    """The state machine's metric of payments that need attention, in this namespace only."""
    return _statement(
        "CountUnknown", "cloudwatch:PutMetricData", "*", StringEquals({"cloudwatch:namespace": namespace})
    )


def use_table_key(key_arn: Any, *, via: Any, table: Any) -> Statement:
    """Reading and writing an encrypted table; DynamoDB asks for it in the caller's name.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    return _statement(
        "UseTableKey",
        "kms:Decrypt",
        key_arn,
        StringEquals({"kms:ViaService": via, "kms:EncryptionContext:aws:dynamodb:tableName": table}),
    )


def write_function_logs(log_group_arn: Any) -> Statement:
    """Writing to the function's own log group; creating one is not allowed, the template has made it (O17)."""
    return _statement("WriteLogs", "logs:CreateLogStream PutLogEvents", log_group_arn)


def send_traces() -> Statement:
    """Sending X-Ray segments.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    return _statement("SendTraces", "xray:PutTraceSegments PutTelemetryRecords", "*")


def sample_and_send_traces() -> Statement:
    """Sending X-Ray segments, of as many executions as X-Ray's sampling rules want.

    https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
    """
    return _statement(
        "SendTraces", "xray:PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets", "*"
    )


def describe_network() -> Statement:
    """Lambda looks at the function's subnets and network interfaces in the role's name."""
    return _statement("DescribeNetwork", "ec2:DescribeNetworkInterfaces DescribeSubnets", "*")


def create_interfaces(resource_arns: list[Any]) -> Statement:
    """Lambda makes the function's network interfaces in the role's name, in subnets and with security groups."""
    return _statement("CreateInterfaces", "ec2:CreateNetworkInterface", resource_arns)


def manage_interfaces(resource_arn: Any) -> Statement:
    """Lambda numbers and removes the function's network interfaces; with fewer resources it would not find them.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    actions = "ec2:DeleteNetworkInterface AssignPrivateIpAddresses UnassignPrivateIpAddresses"
    return _statement("ManageInterfaces", actions, resource_arn)


def deny_network_to_code(function_arn: Any) -> Statement:
    """What the role lets Lambda do in the network, the function's own code may not; the same page recommends it."""
    return _statement(
        "DenyNetworkToCode",
        "ec2:CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets "
        "AssignPrivateIpAddresses UnassignPrivateIpAddresses",
        "*",
        ArnEquals({"lambda:SourceFunctionArn": function_arn}),
        effect=Deny,
    )


def read_gateway_key(secret_arn: Any) -> Statement:
    """Reading the payment gateway's API key."""
    return _statement("ReadGatewayKey", "secretsmanager:GetSecretValue", secret_arn)


def use_secret_key(key_arn: Any, *, via: Any, secret_arn: Any) -> Statement:
    """Decrypting that API key; Secrets Manager asks for it in the caller's name."""
    return _statement(
        "UseSecretKey",
        "kms:Decrypt",
        key_arn,
        StringEquals({"kms:ViaService": via}),
        StringLike({"kms:EncryptionContext:SecretARN": secret_arn}),
    )


# --- what the state machine's role may do ----------------------------------------------------------------------


def invoke_functions(alias_arns: list[Any]) -> Statement:
    """Invoking the published versions, not $LATEST."""
    return _statement("InvokeFunctions", "lambda:InvokeFunction", alias_arns)


def publish_notice(topic_arn: Any) -> Statement:
    """Publishing the notice of a failed payment."""
    return _statement("PublishNotice", "sns:Publish", topic_arn)


def use_topic_key(key_arn: Any, *, via: Any) -> Statement:
    """Publishing to an encrypted topic; SNS asks for it in the publisher's name.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return _statement("UseTopicKey", "kms:Decrypt GenerateDataKey", key_arn, StringEquals({"kms:ViaService": via}))


def use_workflow_key(key_arn: Any, *, machine_arn: Any) -> Statement:
    """Reading and writing the state machine's own encrypted history.

    https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    """
    return _statement(
        "UseWorkflowKey",
        "kms:Decrypt GenerateDataKey",
        key_arn,
        StringEquals({"kms:EncryptionContext:aws:states:stateMachineArn": machine_arn}),
    )


def encrypt_workflow_logs(key_arn: Any, *, logs_arn: Any) -> Statement:
    """Handing encrypted log events to the log delivery; the same page, on CloudWatch Logs."""
    return _statement(
        "EncryptWorkflowLogs",
        "kms:GenerateDataKey",
        key_arn,
        StringEquals({"kms:EncryptionContext:SourceArn": logs_arn}),
    )


def deliver_workflow_logs() -> Statement:
    """Setting up the delivery of execution logs."""
    return _statement(
        "DeliverWorkflowLogs",
        "logs:CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries "
        "PutResourcePolicy DescribeResourcePolicies DescribeLogGroups",
        "*",
    )


# --- what a key's, a topic's, a queue's or a secret's own policy says ------------------------------------------


def administer_key(root_arn: Any) -> Statement:
    """The account itself may manage the key and hand out use of it by IAM policies."""
    return _statement("AllowAccountAdministration", "kms:*", "*", principal=AWSPrincipal(root_arn))


def let_alarms_use_key(account: Any, *, alarm_arns: list[Any]) -> Statement:
    """CloudWatch alarms publish to the encrypted topic in their own name (O01).

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    return _statement(
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
    That SNS names the topic here is what the CDK relies on as well (https://github.com/aws/aws-cdk/issues/20339).
    """
    return _statement(
        "AllowTopicToQueue",
        "kms:Decrypt GenerateDataKey*",
        "*",
        StringEquals({"aws:SourceAccount": account}),
        ArnLike({"aws:SourceArn": topic_arn}),
        principal=Principal("Service", "sns.amazonaws.com"),
    )


def let_logs_use_key(service: Any, *, log_group_arns: list[Any]) -> Statement:
    """CloudWatch Logs encrypts exactly this environment's groups (O02).

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return _statement(
        "AllowLogs",
        "kms:Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey",
        "*",
        ArnLike({"kms:EncryptionContext:aws:logs:arn": log_group_arns}),
        principal=Principal("Service", service),
    )


def let_log_delivery_use_key(*, logs_arn: Any) -> Statement:
    """Log delivery reads what an encrypted state machine logs.

    The page's example has no condition. The context is safe to ask for: the role encrypts with it, so decrypting needs
    the same, and the account is in it. Whether this call carries aws:SourceAccount is not said: a condition on what is
    not there would lose every log line without an error.
    https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    """
    return _statement(
        "AllowLogDelivery",
        "kms:Decrypt",
        "*",
        StringEquals({"kms:EncryptionContext:SourceArn": logs_arn}),
        principal=Principal("Service", "delivery.logs.amazonaws.com"),
    )


def let_alarms_publish(topic_arn: Any, *, account: Any, alarm_arns: list[Any]) -> Statement:
    """This environment's alarms may publish to the topic."""
    return _statement(
        "AllowAlarms",
        "sns:Publish",
        topic_arn,
        StringEquals({"aws:SourceAccount": account}),
        ArnLike({"aws:SourceArn": alarm_arns}),
        principal=Principal("Service", "cloudwatch.amazonaws.com"),
    )


def let_topic_send(queue_arn: Any, *, topic_arn: Any) -> Statement:
    """The topic may put what it cannot deliver into the dead-letter queue."""
    return _statement(
        "AllowTopic",
        "sqs:SendMessage",
        queue_arn,
        ArnLike({"aws:SourceArn": topic_arn}),
        principal=Principal("Service", "sns.amazonaws.com"),
    )


def deny_plain_transport(actions: str, resource: Any) -> Statement:
    """Nobody may use this over anything but TLS."""
    plain = Bool({"aws:SecureTransport": "false"})
    return _statement("DenyPlainTransport", actions, resource, plain, principal=AWSPrincipal("*"), effect=Deny)


def deny_other_readers(role_arn: Any) -> Statement:
    """Nobody but one role reads the gateway's API key."""
    others = ArnNotLike({"aws:PrincipalArn": role_arn})
    return _statement(
        "DenyOtherReaders", "secretsmanager:GetSecretValue", "*", others, principal=AWSPrincipal("*"), effect=Deny
    )
