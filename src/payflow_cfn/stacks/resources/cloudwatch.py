"""Amazon CloudWatch."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.cloudwatch import Alarm, CompositeAlarm, MetricDimension


def alarm(
    title: str,
    *,
    name: Any,
    description: Any,
    namespace: str,
    metric: str,
    dimensions: dict[str, Any],
    statistic: str,
    threshold: Any,
    period: int,
    periods: int,
    topic_arn: Any,
    tags: Tags,
) -> Alarm:
    """An alarm that rings when a metric is above its threshold; missing data is in order. Periods are in seconds."""
    optional = {"Dimensions": [MetricDimension(Name=key, Value=value) for key, value in dimensions.items()]}
    return Alarm(
        title,
        AlarmName=name,
        AlarmDescription=description,
        Namespace=namespace,
        MetricName=metric,
        Statistic=statistic,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=threshold,
        Period=period,
        EvaluationPeriods=periods,
        TreatMissingData="notBreaching",
        AlarmActions=[topic_arn],
        Tags=tags,
        **(optional if dimensions else {}),
    )


def composite_alarm(
    title: str, *, name: Any, description: Any, rule: Any, condition: str, depends_on: list[str], tags: Tags
) -> CompositeAlarm:
    """An alarm over all alarms; it sends no notice, since the single alarms do."""
    return CompositeAlarm(
        title,
        AlarmName=name,
        AlarmDescription=description,
        AlarmRule=rule,
        ActionsEnabled=False,
        Condition=condition,
        DependsOn=depends_on,
        Tags=tags,
    )
