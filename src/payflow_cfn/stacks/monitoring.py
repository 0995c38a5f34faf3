"""Metrics, alarms and a saved query."""

from __future__ import annotations

from troposphere import Equals, GetAtt, Join, Parameter, Ref, Sub, Template
from troposphere.cloudwatch import Alarm, CompositeAlarm, MetricDimension
from troposphere.logs import MetricFilter, MetricTransformation, QueryDefinition

from payflow_cfn.config import alarms, names
from payflow_cfn.config.alarms import ALARMS, FILTERED_NAMESPACE, PERIOD, THRESHOLDS, Threshold
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.template_base import add_outputs, named, new_template, tags


def monitoring_stack(settings: Settings) -> Template:
    """The alarms and a metric filter; with full coverage, also a composite alarm over all and a saved query."""
    watched = {each.dimension[1] for each in ALARMS if each.dimension} - {"Environment"}
    groups = ("ValidationLogGroupName", "ProcessingLogGroupName")
    template = new_template(
        "monitoring", "metrics and alarms", *watched, *groups, "NotificationsTopicArn", "ResourceCoverage"
    )
    for threshold in THRESHOLDS:
        template.add_parameter(Parameter(threshold.parameter, Type="Number"))
    template.add_condition("FullCoverage", Equals(Ref("ResourceCoverage"), "full"))
    _duration_filter(template)
    for each in ALARMS:
        alarm = template.add_resource(alarm_of(settings, each))
        add_outputs(template, {f"{alarm.title}Name": Ref(alarm), f"{alarm.title}Arn": GetAtt(alarm, "Arn")})
    _full_coverage(template, settings)
    return template


def alarm_of(settings: Settings, row: alarms.Alarm) -> Alarm:
    """An alarm when a metric is above its threshold; no data means that nothing happened."""
    dimension = [MetricDimension(Name=row.dimension[0], Value=Ref(row.dimension[1]))] if row.dimension else []
    return Alarm(
        f"{row.title}Alarm",
        AlarmName=named(names.name("alarm", row.purpose)),
        AlarmDescription=Sub(f"${{Environment}}: {row.meaning}. Runbook: {row.runbook}."),
        Namespace=row.namespace,
        MetricName=Sub(row.metric) if "${" in row.metric else row.metric,
        Statistic=row.statistic,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=Ref(row.threshold.parameter) if isinstance(row.threshold, Threshold) else row.threshold,
        Period=PERIOD,
        EvaluationPeriods=row.periods,
        TreatMissingData="notBreaching",
        AlarmActions=[Ref("NotificationsTopicArn")],
        Tags=tags(settings),
        **({"Dimensions": dimension} if dimension else {}),
    )


def _duration_filter(template: Template) -> None:
    template.add_resource(
        MetricFilter(
            "PaymentDurationFilter",
            FilterName=named(names.PAYMENT_DURATION_FILTER),
            LogGroupName=Ref("ProcessingLogGroupName"),
            # The duration of a reconciled payment is that of the workflow's waits, so it is not counted.
            FilterPattern='{ $.event = "payment_processed" && $.step = "process" && $.duration_ms >= 0 }',
            MetricTransformations=[
                MetricTransformation(
                    MetricName=Sub(alarms.PAYMENT_DURATION),
                    MetricNamespace=FILTERED_NAMESPACE,
                    MetricValue="$.duration_ms",
                    Unit="Milliseconds",
                )
            ],
        )
    )


def _full_coverage(template: Template, settings: Settings) -> None:
    template.add_resource(
        # One light for all alarms; it notifies nobody, the single alarms do.
        CompositeAlarm(
            "PaymentHealthAlarm",
            AlarmName=named(names.PAYMENT_HEALTH_ALARM),
            AlarmDescription=Sub(
                "${Environment}: any alarm of the payment workflow. Runbook: look at the single alarms."
            ),
            AlarmRule=Join(" OR ", [Sub(f'ALARM("{each.sub()}")') for each in names.TELLING_ALARMS]),
            ActionsEnabled=False,
            Condition="FullCoverage",
            DependsOn=[f"{each.title}Alarm" for each in ALARMS],
            Tags=tags(settings),
        )
    )
    template.add_resource(
        QueryDefinition(
            "FailedPaymentsQuery",
            Name=named(names.FAILED_PAYMENTS_QUERY),
            LogGroupNames=[Ref("ValidationLogGroupName"), Ref("ProcessingLogGroupName")],
            QueryString="fields @timestamp, event, transaction_id, status, error | filter status != 'COMPLETED' "
            "| sort @timestamp desc | limit 200",
            Condition="FullCoverage",
        )
    )
