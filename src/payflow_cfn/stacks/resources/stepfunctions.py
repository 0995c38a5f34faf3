"""AWS Step Functions."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.stepfunctions import (
    CloudWatchLogsLogGroup,
    EncryptionConfiguration,
    LogDestination,
    LoggingConfiguration,
    StateMachine,
    TracingConfiguration,
)


def state_machine(
    *,
    name: Any,
    definition: dict[str, Any],
    role_arn: Any,
    key_arn: Any,
    log_group_arn: Any,
    log_level: str,
    log_execution_data: bool,
    tracing: bool,
    tags: Tags,
) -> StateMachine:
    """The payment workflow. `log_group_arn` ends with `:*`, as the service requires."""
    optional = {"TracingConfiguration": TracingConfiguration(Enabled=True)} if tracing else {}
    return StateMachine(
        "PaymentWorkflow",
        StateMachineName=name,
        StateMachineType="STANDARD",
        Definition=definition,
        RoleArn=role_arn,
        EncryptionConfiguration=EncryptionConfiguration(
            Type="CUSTOMER_MANAGED_KMS_KEY", KmsKeyId=key_arn, KmsDataKeyReusePeriodSeconds=300
        ),
        LoggingConfiguration=LoggingConfiguration(
            Level=log_level,
            IncludeExecutionData=log_execution_data,
            Destinations=[LogDestination(CloudWatchLogsLogGroup=CloudWatchLogsLogGroup(LogGroupArn=log_group_arn))],
        ),
        Tags=tags,
        **optional,
    )
