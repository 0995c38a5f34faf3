"""The permissions of the roles of both functions and of the state machine."""

from __future__ import annotations

from typing import Any

from awacs.aws import ArnEquals, Deny, Statement, StringEquals, StringLike

from payflow_cfn.stacks.policies.documents import statement


def store_validation(table_arn: Any) -> Statement:
    """The validation's one conditional write."""
    return statement("StoreValidation", "dynamodb:PutItem", table_arn)


def move_payment(table_arn: Any) -> Statement:
    """The processing's conditional writes, and the consistent read when DynamoDB did not return the item."""
    return statement("MovePayment", "dynamodb:UpdateItem GetItem", table_arn)


def record_failure(table_arn: Any) -> Statement:
    """The state machine's own writes: a failure that no step recorded, and the sent notice of a final status."""
    return statement("RecordFailure", "dynamodb:UpdateItem", table_arn)


def count_unknown(namespace: Any) -> Statement:
    """The state machine's metrics of payments that need attention and of lost notices, in this namespace only."""
    return statement("CountUnknown", "cloudwatch:PutMetricData", "*", StringEquals({"cloudwatch:namespace": namespace}))


def use_table_key(key_arn: Any, *, via: Any, table: Any) -> Statement:
    """Reading and writing an encrypted table; DynamoDB calls KMS in the caller's name.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    return statement(
        "UseTableKey",
        "kms:Decrypt",
        key_arn,
        StringEquals({"kms:EncryptionContext:aws:dynamodb:tableName": table}),
        StringLike({"kms:ViaService": via}),
    )


def use_environment_key(key_arn: Any, *, function_arn: Any) -> Statement:
    """Decrypting the function's environment variables at a start; Lambda calls KMS in the role's name.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html names the call. Lambda may also
    use a grant that it made for the role, but roles without this permission could not read their environment
    (https://github.com/cattle-ops/terraform-aws-gitlab-runner/pull/1253). The condition is Lambda's encryption context:
    the function's own ARN, for a version, too, whose environment was encrypted before it was published.
    """
    ours = StringEquals({"kms:EncryptionContext:aws:lambda:FunctionArn": function_arn})
    return statement("UseEnvironmentKey", "kms:Decrypt", key_arn, ours)


def write_function_logs(log_group_arn: Any) -> Statement:
    """Writing to the function's own log group, but not creating one: the template creates it."""
    return statement("WriteLogs", "logs:CreateLogStream PutLogEvents", log_group_arn)


def send_traces() -> Statement:
    """Sending X-Ray segments.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    return statement("SendTraces", "xray:PutTraceSegments PutTelemetryRecords", "*")


def sample_and_send_traces() -> Statement:
    """Sending X-Ray segments of the executions that X-Ray's sampling rules select.

    https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
    """
    return statement("SendTraces", "xray:PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets", "*")


def describe_network() -> Statement:
    """Lambda reads the function's subnets and network interfaces in the role's name."""
    return statement("DescribeNetwork", "ec2:DescribeNetworkInterfaces DescribeSubnets", "*")


def create_interfaces(resource_arns: list[Any]) -> Statement:
    """Lambda creates the function's network interfaces in the role's name, in subnets and with security groups."""
    return statement("CreateInterfaces", "ec2:CreateNetworkInterface", resource_arns)


def manage_interfaces(resource_arn: Any) -> Statement:
    """Lambda assigns addresses to the function's network interfaces, and deletes them; their ids are not known before.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    actions = "ec2:DeleteNetworkInterface AssignPrivateIpAddresses UnassignPrivateIpAddresses"
    return statement("ManageInterfaces", actions, resource_arn)


def deny_network_to_code(function_arn: Any) -> Statement:
    """Deny the network permissions, which are for Lambda, to the function's own code; the same page recommends it."""
    return statement(
        "DenyNetworkToCode",
        "ec2:CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DescribeSubnets "
        "AssignPrivateIpAddresses UnassignPrivateIpAddresses",
        "*",
        ArnEquals({"lambda:SourceFunctionArn": function_arn}),
        effect=Deny,
    )


def read_gateway_key(secret_arn: Any) -> Statement:
    """Reading the payment gateway's API key."""
    return statement("ReadGatewayKey", "secretsmanager:GetSecretValue", secret_arn)


def use_secret_key(key_arn: Any, *, via: Any, secret_arn: Any) -> Statement:
    """Decrypting that API key; Secrets Manager calls KMS in the caller's name."""
    return statement(
        "UseSecretKey",
        "kms:Decrypt",
        key_arn,
        StringLike({"kms:ViaService": via, "kms:EncryptionContext:SecretARN": secret_arn}),
    )


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
