"""Metrics, alarms and a saved query."""

from __future__ import annotations

from troposphere import Equals, GetAtt, Join, Parameter, Ref, Sub, Template
from troposphere.cloudwatch import Alarm

from payflow_cfn.config import alarms, names
from payflow_cfn.config.alarms import ALARMS, FILTERED_NAMESPACE, PERIOD, THRESHOLDS, Threshold
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.resources import cloudwatch, logs
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
        alarm = template.add_resource(_alarm(settings, each))
        add_outputs(template, {f"{alarm.title}Name": Ref(alarm), f"{alarm.title}Arn": GetAtt(alarm, "Arn")})
    _full_coverage(template, settings)
    return template


def _alarm(settings: Settings, row: alarms.Alarm) -> Alarm:
    threshold = Ref(row.threshold.parameter) if isinstance(row.threshold, Threshold) else row.threshold
    return cloudwatch.alarm(
        f"{row.title}Alarm",
        name=named(names.name("alarm", row.purpose)),
        description=Sub(f"${{Environment}}: {row.meaning}. Runbook: {row.runbook}."),
        namespace=row.namespace,
        metric=Sub(row.metric) if "${" in row.metric else row.metric,
        dimensions={row.dimension[0]: Ref(row.dimension[1])} if row.dimension else {},
        statistic=row.statistic,
        threshold=threshold,
        period=PERIOD,
        periods=row.periods,
        topic_arn=Ref("NotificationsTopicArn"),
        tags=tags(settings),
    )


def _duration_filter(template: Template) -> None:
    template.add_resource(
        logs.metric_filter(
            "PaymentDurationFilter",
            name=named(names.PAYMENT_DURATION_FILTER),
            log_group_name=Ref("ProcessingLogGroupName"),
            # The duration of a reconciled payment is that of the workflow's waits, so it is not counted.
            pattern='{ $.event = "payment_processed" && $.step = "process" && $.duration_ms >= 0 }',
            metric=Sub("PaymentDuration-${Environment}"),
            namespace=FILTERED_NAMESPACE,
            value="$.duration_ms",
            unit="Milliseconds",
        )
    )


def _full_coverage(template: Template, settings: Settings) -> None:
    rule = Join(" OR ", [Sub(f'ALARM("{each.sub()}")') for each in names.TELLING_ALARMS])
    template.add_resource(
        cloudwatch.composite_alarm(
            "PaymentHealthAlarm",
            name=named(names.PAYMENT_HEALTH_ALARM),
            description=Sub("${Environment}: any alarm of the payment workflow. Runbook: look at the single alarms."),
            rule=rule,
            condition="FullCoverage",
            depends_on=[f"{each.title}Alarm" for each in ALARMS],
            tags=tags(settings),
        )
    )
    template.add_resource(
        logs.saved_query(
            "FailedPaymentsQuery",
            name=named(names.FAILED_PAYMENTS_QUERY),
            log_group_names=[Ref("ValidationLogGroupName"), Ref("ProcessingLogGroupName")],
            text="fields @timestamp, event, transaction_id, status, error | filter status != 'COMPLETED' "
            "| sort @timestamp desc | limit 200",
            condition="FullCoverage",
        )
    )
