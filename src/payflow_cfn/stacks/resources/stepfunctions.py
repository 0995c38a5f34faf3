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

from payflow_cfn.stacks.lint_suppressions import accepted


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
    """The payment workflow. `log_group_arn` ends with `:*`, as the service wants it."""
    optional = {"TracingConfiguration": TracingConfiguration(Enabled=True)} if tracing else {}
    reasons = accepted(
        PF075="the setting workflow_log_level is OFF" if log_level == "OFF" else "",
        PF076="the setting log_execution_data is true" if log_execution_data else "",
    )
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
        **reasons,
    )
