"""Look whether a resource of a stack still exists, by its type and physical id."""

from __future__ import annotations

from collections.abc import Mapping

from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors
from payflow_cfn.deploy.cloudformation.name_lookup import LOOKS, Clients, Look, by_name, unless_missing


def exists(clients: Clients, resource_type: str, physical_id: str) -> bool | None:
    """Whether the resource is there; None for a type that cannot be looked up, or where AWS refuses the look."""
    look = _LOOKS.get(resource_type)
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
_LOOKS: Mapping[str, Look] = {
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
