"""Look up whether a physical name is taken, or a resource is there: one function for each kind of resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, code_of

Clients = Callable[[str], Any]
Look = Callable[[Clients, str, str], str | None]

_NOT_THERE = frozenset({
    "ResourceNotFoundException", "NoSuchEntity", "NotFound", "NotFoundException", "StateMachineDoesNotExist",
    "ResourceNotFound", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "TableNotFoundException",
})  # fmt: skip


def arn_start(clients: Clients) -> str:
    """`arn:<partition>:%s:<region>:<account>:` of the caller; %s is for the service."""
    identity = clients("sts").get_caller_identity()
    partition, region = identity["Arn"].split(":")[1], clients("cloudformation").meta.region_name
    return f"arn:{partition}:%s:{region}:{identity['Account']}:"


def unless_missing(call: Callable[[], Any], physical_id: str) -> str | None:
    """The id, unless the call's error is that there is no such thing."""
    try:
        call()
    except aws_errors() as error:
        if code_of(error) in _NOT_THERE:
            return None
        raise
    return physical_id


def by_name(service: str, operation: str, parameter: str) -> Look:
    """A look at what is called by its own name."""

    def look(clients: Clients, name: str, _: str) -> str | None:
        return unless_missing(lambda: getattr(clients(service), operation)(**{parameter: name}), name)

    return look


def _topic(clients: Clients, name: str, start: str) -> str | None:
    arn = f"{start % 'sns'}{name}"
    return unless_missing(lambda: clients("sns").get_topic_attributes(TopicArn=arn), arn)


def _queue(clients: Clients, name: str, _: str) -> str | None:
    try:
        return str(clients("sqs").get_queue_url(QueueName=name)["QueueUrl"])
    except aws_errors() as error:
        if code_of(error) in _NOT_THERE:
            return None
        raise


def _machine(clients: Clients, name: str, start: str) -> str | None:
    arn = f"{start % 'states'}stateMachine:{name}"
    return unless_missing(lambda: clients("stepfunctions").describe_state_machine(stateMachineArn=arn), arn)


def _alarm(clients: Clients, name: str, _: str) -> str | None:
    answer = clients("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return name if answer.get("MetricAlarms") or answer.get("CompositeAlarms") else None


def _secret(clients: Clients, name: str, _: str) -> str | None:
    # A secret that is being deleted keeps its name until the recovery window ends; DescribeSecret finds it until then.
    found: list[str] = []
    unless_missing(lambda: found.append(clients("secretsmanager").describe_secret(SecretId=name)["ARN"]), name)
    return found[0] if found else None


def _log_group(clients: Clients, name: str, _: str) -> str | None:
    answer = clients("logs").describe_log_groups(logGroupNamePrefix=name)
    return name if any(each["logGroupName"] == name for each in answer["logGroups"]) else None


LOOKS: Mapping[str, Look] = {
    "table": by_name("dynamodb", "describe_table", "TableName"),
    "topic": _topic,
    "queue": _queue,
    "function log group": _log_group,
    "workflow log group": _log_group,
    "function": by_name("lambda", "get_function_configuration", "FunctionName"),
    "state machine": _machine,
    "role": by_name("iam", "get_role", "RoleName"),
    "alarm": _alarm,
    "dashboard": by_name("cloudwatch", "get_dashboard", "DashboardName"),
    # DescribeKey takes an alias, so the account's aliases are not listed page by page.
    "key alias": by_name("kms", "describe_key", "KeyId"),
    "secret": _secret,
}


def exists(clients: Clients, resource_type: str, physical_id: str) -> bool | None:
    """Whether the resource is there; None for a type that cannot be looked up, or where AWS refuses the look."""
    look = _BY_TYPE.get(resource_type)
    if look is None:
        return None
    try:
        return look(clients, physical_id, "") is not None
    except aws_errors():
        return None


def _key(clients: Clients, key_id: str, _: str) -> str | None:
    states: list[str] = []
    unless_missing(
        lambda: states.append(clients("kms").describe_key(KeyId=key_id)["KeyMetadata"].get("KeyState", "")), key_id
    )
    return key_id if states and states != ["PendingDeletion"] else None


def _metric_filter(clients: Clients, name: str, _: str) -> str | None:
    pages = clients("logs").get_paginator("describe_metric_filters").paginate()
    return name if any(each["filterName"] == name for page in pages for each in page["metricFilters"]) else None


# By the physical id, which is a name, an ARN or a URL.
_BY_TYPE: Mapping[str, Look] = {
    "AWS::CloudWatch::Alarm": LOOKS["alarm"],
    "AWS::CloudWatch::CompositeAlarm": LOOKS["alarm"],
    "AWS::CloudWatch::Dashboard": LOOKS["dashboard"],
    "AWS::DynamoDB::Table": LOOKS["table"],
    "AWS::IAM::Role": LOOKS["role"],
    "AWS::KMS::Alias": LOOKS["key alias"],
    "AWS::KMS::Key": _key,
    "AWS::Lambda::Alias": LOOKS["function"],
    "AWS::Lambda::Function": LOOKS["function"],
    "AWS::Lambda::Version": LOOKS["function"],
    "AWS::Logs::LogGroup": LOOKS["function log group"],
    "AWS::Logs::MetricFilter": _metric_filter,
    "AWS::SNS::Topic": by_name("sns", "get_topic_attributes", "TopicArn"),
    "AWS::SQS::Queue": by_name("sqs", "get_queue_attributes", "QueueUrl"),
    "AWS::SecretsManager::Secret": LOOKS["secret"],
    "AWS::StepFunctions::StateMachine": by_name("stepfunctions", "describe_state_machine", "stateMachineArn"),
}
