"""The stack of the state machine, with its role and its log group."""

from __future__ import annotations

from typing import Any

from troposphere import AccountId, Equals, GetAtt, Not, Parameter, Ref, Sub, Template
from troposphere.iam import Role
from troposphere.logs import LogGroup
from troposphere.stepfunctions import (
    CloudWatchLogsLogGroup,
    EncryptionConfiguration,
    LogDestination,
    LoggingConfiguration,
    StateMachine,
    TracingConfiguration,
)

from payflow_cfn.config import names
from payflow_cfn.config.alarms import ATTENTION, METRICS_NAMESPACE
from payflow_cfn.config.settings import LONGEST_WAIT, Settings
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.lint_suppressions import accepted
from payflow_cfn.stacks.policies import roles
from payflow_cfn.stacks.policies.documents import assumed_by_machine, document
from payflow_cfn.stacks.template_base import add_outputs, arn, log_group, named, new_template, policy, role, tags, via
from payflow_cfn.workflow.definition import definition
from payflow_cfn.workflow.states import Parts, Timing, machine_timeout

# An execution has at most 25,000 events: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MOST_ASKS = 100


def workflow_stack(settings: Settings) -> Template:
    """The payment workflow."""
    template = new_template(
        "workflow",
        "payment state machine",
        *("DynamodbKeyArn", "SnsKeyArn", "CloudwatchKeyArn", "StatesKeyArn", "TransactionsTableName"),
        *("TransactionsTableArn", "NotificationsTopicArn", "ValidationAliasArn", "ProcessingAliasArn"),
        *("GatewaySecretArn", "LogRetentionDays", "PermissionsBoundary", "RolePath", "GatewayAdapter"),
    )
    for each in ("PaymentLimits", "RiskThreshold", "CardSearchExemptions", "GatewayUrl"):
        template.add_parameter(Parameter(each, Type="String"))
    template.add_condition("HasBoundary", Not(Equals(Ref("PermissionsBoundary"), "")))
    group = template.add_resource(
        log_group(
            "WorkflowLogGroup", name=names.WORKFLOW_LOGS, settings=settings, log_class=settings.workflow_log_class
        )
    )
    workflow_role = template.add_resource(_role(settings))
    machine = template.add_resource(_machine(settings, workflow_role, group))
    add_outputs(
        template,
        {
            "StateMachineArn": Ref(machine),
            "StateMachineName": GetAtt(machine, "Name"),
            "StateMachineId": Ref(machine),
            "StateMachineRoleArn": GetAtt(workflow_role, "Arn"),
            "WorkflowLogGroupName": Ref(group),
            "WorkflowLogGroupArn": GetAtt(group, "Arn"),
        },
    )
    return template


def _machine_arn() -> Sub:
    return arn("states", f"stateMachine:{names.STATE_MACHINE.sub()}")


def _role(settings: Settings) -> Role:
    traces = [roles.sample_and_send_traces()] if settings.tracing else []
    statements = [
        roles.invoke_functions([Ref("ValidationAliasArn"), Ref("ProcessingAliasArn")]),
        roles.publish_notice(Ref("NotificationsTopicArn")),
        roles.use_topic_key(Ref("SnsKeyArn"), via=via("sns")),
        roles.record_failure(Ref("TransactionsTableArn")),
        roles.count_unknown(METRICS_NAMESPACE),
        roles.use_table_key(Ref("DynamodbKeyArn"), via=via("dynamodb"), table=Ref("TransactionsTableName")),
        roles.use_workflow_key(Ref("StatesKeyArn"), machine_arn=_machine_arn()),
        roles.encrypt_workflow_logs(Ref("StatesKeyArn"), logs_arn=arn("logs", "*")),
        roles.deliver_workflow_logs(),
        *traces,
    ]
    return role(
        "WorkflowRole",
        name=names.WORKFLOW_ROLE,
        trust=assumed_by_machine(_machine_arn(), account=AccountId),
        policies=[policy(names.WORKFLOW_POLICY, document(*statements))],
        settings=settings,
    )


def _machine(settings: Settings, workflow_role: Role, group: LogGroup) -> StateMachine:
    level = settings.workflow_log_level
    # The group's ARN ends with `:*`, as the service wants it.
    destination = LogDestination(CloudWatchLogsLogGroup=CloudWatchLogsLogGroup(LogGroupArn=GetAtt(group, "Arn")))
    return StateMachine(
        "PaymentWorkflow",
        StateMachineName=named(names.STATE_MACHINE),
        StateMachineType="STANDARD",
        Definition=definition(_parts(settings), timing(settings)),
        RoleArn=GetAtt(workflow_role, "Arn"),
        EncryptionConfiguration=EncryptionConfiguration(
            Type="CUSTOMER_MANAGED_KMS_KEY", KmsKeyId=Ref("StatesKeyArn"), KmsDataKeyReusePeriodSeconds=300
        ),
        LoggingConfiguration=LoggingConfiguration(
            Level=level,
            IncludeExecutionData=settings.log_execution_data,
            Destinations=[destination],
        ),
        Tags=tags(settings),
        **({"TracingConfiguration": TracingConfiguration(Enabled=True)} if settings.tracing else {}),
        **accepted(
            PF075=f"the setting workflow_log_level is {level}" if level in ("FATAL", "OFF") else "",
            PF076="the setting log_execution_data is true" if settings.log_execution_data else "",
        ),
    )


def _parts(settings: Settings) -> Parts:
    def integration(resource: str) -> Any:
        return arn("states", resource, region=False, account=False)

    return Parts(
        invoke=integration("lambda:invoke"),
        publish=integration("sns:publish"),
        update_item=integration("dynamodb:updateItem"),
        put_metric=integration("aws-sdk:cloudwatch:putMetricData"),
        namespace=METRICS_NAMESPACE,
        validation=Ref("ValidationAliasArn"),
        processing=Ref("ProcessingAliasArn"),
        topic=Ref("NotificationsTopicArn"),
        table=Ref("TransactionsTableName"),
        environment=Ref("Environment"),
        limits=Ref("PaymentLimits"),
        risk_threshold=Ref("RiskThreshold"),
        exemptions=Ref("CardSearchExemptions"),
        gateway=Ref("GatewayAdapter"),
        gateway_url=Ref("GatewayUrl"),
        gateway_secret=Ref("GatewaySecretArn"),
        runbook=f"{settings.runbook_base_url}{ATTENTION}",
    )


def timing(settings: Settings) -> Timing:
    """The numbers of the definition; SettingsError when an execution could take longer than AWS allows."""
    found = Timing(
        function_timeout=settings.function_timeout,
        attempts=settings.retry_attempts,
        interval=settings.retry_interval_seconds,
        backoff=settings.retry_backoff_rate,
        max_delay=settings.retry_max_delay_seconds,
        reconcile_after=settings.reconcile_after_seconds,
        quiet=settings.charge_quiet_seconds,
        margin=settings.clock_margin_seconds,
        key_lifetime=settings.http_key_lifetime_seconds,
    )
    if machine_timeout(found) > LONGEST_WAIT or len(found.reconcile_after) > MOST_ASKS:
        raise SettingsError(
            f"setting reconcile_after_seconds has {len(found.reconcile_after)} waits, and an execution could take "
            f"{machine_timeout(found)} seconds",
            remedy=f"at most {MOST_ASKS} waits and {LONGEST_WAIT} seconds (a year) in all",
        )
    return found
