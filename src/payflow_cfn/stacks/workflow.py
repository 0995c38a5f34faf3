"""The stack of the state machine, with its role and its log group."""

from __future__ import annotations

from typing import Any

from troposphere import AccountId, Equals, GetAtt, Not, Parameter, Ref, Sub, Template
from troposphere.iam import Role
from troposphere.logs import LogGroup
from troposphere.stepfunctions import StateMachine

from payflow_cfn.config import names
from payflow_cfn.config.alarms import METRICS_NAMESPACE
from payflow_cfn.config.settings import LONGEST_WAIT, Settings
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks import policies
from payflow_cfn.stacks.functions import boundary
from payflow_cfn.stacks.resources import iam, logs, stepfunctions
from payflow_cfn.stacks.template_base import add_outputs, arn, named, new_template, tags, via
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
        logs.log_group(
            "WorkflowLogGroup",
            name=named(names.WORKFLOW_LOGS),
            retention_days=Ref("LogRetentionDays"),
            key_arn=Ref("CloudwatchKeyArn"),
            tags=tags(settings),
            log_class=settings.workflow_log_class,
        )
    )
    role = template.add_resource(_role(settings))
    machine = template.add_resource(_machine(settings, role, group))
    add_outputs(
        template,
        {
            "StateMachineArn": Ref(machine),
            "StateMachineName": GetAtt(machine, "Name"),
            "StateMachineId": Ref(machine),
            "StateMachineRoleArn": GetAtt(role, "Arn"),
            "WorkflowLogGroupName": Ref(group),
            "WorkflowLogGroupArn": GetAtt(group, "Arn"),
        },
    )
    return template


def _machine_arn() -> Sub:
    return arn("states", f"stateMachine:{names.STATE_MACHINE.sub()}")


def _role(settings: Settings) -> Role:
    traces = [policies.sample_and_send_traces()] if settings.tracing else []
    statements = [
        policies.invoke_functions([Ref("ValidationAliasArn"), Ref("ProcessingAliasArn")]),
        policies.publish_notice(Ref("NotificationsTopicArn")),
        policies.use_topic_key(Ref("SnsKeyArn"), via=via("sns")),
        policies.record_failure(Ref("TransactionsTableArn")),
        policies.count_unknown(METRICS_NAMESPACE),
        policies.use_table_key(Ref("DynamodbKeyArn"), via=via("dynamodb"), table=Ref("TransactionsTableName")),
        policies.use_workflow_key(Ref("StatesKeyArn"), machine_arn=_machine_arn()),
        policies.encrypt_workflow_logs(Ref("StatesKeyArn"), logs_arn=arn("logs", "*")),
        policies.deliver_workflow_logs(),
        *traces,
    ]
    return iam.role(
        "WorkflowRole",
        name=named(names.WORKFLOW_ROLE),
        path=Ref("RolePath"),
        boundary=boundary(),
        trust=policies.assumed_by_machine(_machine_arn(), account=AccountId),
        policies=[iam.policy(name=named(names.WORKFLOW_POLICY), document=policies.document(*statements))],
        tags=tags(settings),
    )


def _machine(settings: Settings, role: Role, group: LogGroup) -> StateMachine:
    return stepfunctions.state_machine(
        name=named(names.STATE_MACHINE),
        definition=definition(_parts(), timing(settings)),
        role_arn=GetAtt(role, "Arn"),
        key_arn=Ref("StatesKeyArn"),
        log_group_arn=GetAtt(group, "Arn"),  # ends with :* already
        log_level=settings.workflow_log_level,
        log_execution_data=settings.log_execution_data,
        tracing=settings.tracing,
        tags=tags(settings),
    )


def _parts() -> Parts:
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
