"""Amazon CloudWatch Logs."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.logs import LogGroup, MetricFilter, MetricTransformation, QueryDefinition


def log_group(
    title: str, *, name: Any, retention_days: Any, key_arn: Any, tags: Tags, log_class: str = "STANDARD"
) -> LogGroup:
    """An encrypted log group that is kept without its stack, as evidence. Its class cannot be changed later."""
    optional = {} if log_class == "STANDARD" else {"LogGroupClass": log_class}
    return LogGroup(
        title,
        LogGroupName=name,
        RetentionInDays=retention_days,
        KmsKeyId=key_arn,
        Tags=tags,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **optional,
    )


def metric_filter(
    title: str, *, name: Any, log_group_name: Any, pattern: str, metric: str, namespace: str, value: str, unit: str
) -> MetricFilter:
    """A metric from a number in the functions' JSON lines."""
    return MetricFilter(
        title,
        FilterName=name,
        LogGroupName=log_group_name,
        FilterPattern=pattern,
        MetricTransformations=[
            MetricTransformation(MetricName=metric, MetricNamespace=namespace, MetricValue=value, Unit=unit)
        ],
    )


def saved_query(title: str, *, name: Any, log_group_names: list[Any], text: str, condition: str) -> QueryDefinition:
    """A query that the console offers for these log groups."""
    return QueryDefinition(title, Name=name, LogGroupNames=log_group_names, QueryString=text, Condition=condition)
