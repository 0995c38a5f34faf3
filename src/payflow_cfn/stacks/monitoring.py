"""Metrics, alarms, the dashboard over them, and a saved query."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, Equals, GetAtt, Join, Parameter, Ref, Sub, Template
from troposphere.cloudwatch import (
    Alarm,
    AlarmMuteRule,
    CompositeAlarm,
    MetricDimension,
    MuteTargets,
    Rule,
    Schedule,
)
from troposphere.logs import MetricFilter, MetricTransformation, QueryDefinition

from payflow_cfn.config import alarms, names
from payflow_cfn.config.alarms import ALARMS, FILTERED_NAMESPACE, METRICS_NAMESPACE, SWITCHABLE, THRESHOLDS, Threshold
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.customer_resources import given_topics
from payflow_cfn.stacks.dashboard import FAILED_PAYMENTS, dashboard
from payflow_cfn.stacks.lint_suppressions import accepted
from payflow_cfn.stacks.template_base import FULL, add_outputs, named, new_template, tags


def monitoring_stack(settings: Settings) -> Template:
    """The alarms, the dashboard and a metric filter; with full coverage, all alarms and a saved query."""
    watched = dict.fromkeys(
        each.dimension[1] for each in ALARMS if each.dimension and each.dimension[1] != "Environment"
    )
    groups = ("ValidationLogGroupName", "ProcessingLogGroupName")
    topics = ("NotificationsTopicArn", *given_topics(settings))
    template = new_template("monitoring", "metrics and alarms", *watched, *groups, *topics, "ResourceCoverage")
    for threshold in THRESHOLDS:
        template.add_parameter(Parameter(threshold.parameter, Type="Number"))
    template.add_condition(FULL, Equals(Ref("ResourceCoverage"), "full"))
    _duration_filter(template)
    for each in ALARMS:
        _add(template, alarm_of(settings, each))
    _add(template, _health_alarm(settings))
    for number, window in enumerate(settings.mute_windows):
        template.add_resource(_mute_rule(settings, number, window))
    template.add_resource(dashboard(settings))
    _failed_payments(template)
    return template


def _add(template: Template, alarm: Alarm | CompositeAlarm) -> None:
    template.add_resource(alarm)
    values = {f"{alarm.title}Name": Ref(alarm), f"{alarm.title}Arn": GetAtt(alarm, "Arn")}
    add_outputs(template, values, condition=alarm.resource.get("Condition", ""))


def alarm_of(settings: Settings, row: alarms.Alarm) -> Alarm:
    """An alarm when a value is above its threshold; no data means that nothing happened."""
    off = row.purpose in settings.alarms_off
    return Alarm(
        f"{row.title}Alarm",
        AlarmName=named(names.name("alarm", row.purpose)),
        AlarmDescription=_description(settings, row.meaning, row.runbook, row.page),
        ComparisonOperator="GreaterThanThreshold",
        Threshold=Ref(row.threshold.parameter) if isinstance(row.threshold, Threshold) else row.threshold,
        EvaluationPeriods=row.periods,
        TreatMissingData="notBreaching",
        Tags=tags(settings),
        **(_metric_math(row) if row.queries else _metric(row)),
        **_actions(settings, row.purpose),
        **({"ActionsEnabled": False} if off else {}),
        **accepted(PF033="the setting alarms_off names this alarm" if off else ""),
    )


def _description(settings: Settings, meaning: str, first: str, page: str) -> Sub:
    link = f". First: {first}. Runbook: {settings.runbook_base_url}{page}" if page else f". Runbook: {first}."
    return Sub(f"${{Environment}}: {meaning}{link}")


def _actions(settings: Settings, purpose: str) -> dict[str, Any]:
    topic = Ref(settings.alarm_topics.get(purpose, "NotificationsTopicArn"))
    return {"AlarmActions": [topic], "OKActions": [topic]}


def _metric(row: alarms.Alarm) -> dict[str, Any]:
    dimension = [MetricDimension(Name=row.dimension[0], Value=Ref(row.dimension[1]))] if row.dimension else []
    return {
        "Namespace": row.namespace,
        "MetricName": _sub(row.metric),
        "ExtendedStatistic" if row.is_percentile else "Statistic": row.statistic,
        "Period": row.seconds,
        **({"Dimensions": dimension} if dimension else {}),
    }


def _metric_math(row: alarms.Alarm) -> dict[str, Any]:
    """The queries of the row, of which the last one returns the value; the embedded AWS refuses them."""
    # Plain values: objects of troposphere for each query would cost a tenth of a render.
    queries = AWSHelperFn()
    queries.data = [{"Id": each.id, "ReturnData": each is row.queries[-1], **_query(row, each)} for each in row.queries]
    return {"Metrics": queries, "Condition": FULL}


def _query(row: alarms.Alarm, query: alarms.Query) -> dict[str, Any]:
    if query.expression:
        return {"Expression": _sub(query.expression), "Period": row.seconds}
    name, parameter = alarms.ENVIRONMENT
    metric = {
        "Namespace": METRICS_NAMESPACE,
        "MetricName": query.metric,
        "Dimensions": [{"Name": name, "Value": {"Ref": parameter}}],
    }
    return {"MetricStat": {"Metric": metric, "Period": row.seconds, "Stat": _sub(query.statistic)}}


def _sub(text: str) -> str | AWSHelperFn:
    return Sub(text) if "${" in text else text


def _health_alarm(settings: Settings) -> CompositeAlarm:
    """One alarm for the person on call: any alarm that pages and is not switched off."""
    paging = [each for each in ALARMS if each.pages and each.purpose not in settings.alarms_off]
    return CompositeAlarm(
        "PaymentHealthAlarm",
        AlarmName=named(names.PAYMENT_HEALTH_ALARM),
        AlarmDescription=_description(
            settings, "payments are unhealthy", "look which single alarm is in ALARM", f"{alarms.HEALTH}.md"
        ),
        AlarmRule=Join(" OR ", [Sub(f'ALARM("{names.name("alarm", each.purpose).sub()}")') for each in paging]),
        Condition=FULL,
        DependsOn=[f"{each.title}Alarm" for each in paging],
        Tags=tags(settings),
        **_actions(settings, alarms.HEALTH),
    )


def _mute_rule(settings: Settings, number: int, window: str) -> AlarmMuteRule:
    """A maintenance window: every alarm but those that stay sends no notice in it."""
    expression, _, rest = window.partition(") ")
    duration, _, zone = rest.partition(" ")
    muted = [names.name("alarm", each) for each in (*SWITCHABLE, alarms.HEALTH)]
    return AlarmMuteRule(
        f"MuteRule{number + 1}",
        Name=named(names.MUTE_RULES[number]),
        Description=Sub("${Environment}: maintenance, by the setting mute_windows"),
        MuteTargets=MuteTargets(AlarmNames=[named(each) for each in muted]),
        Rule=Rule(Schedule=Schedule(Expression=f"{expression})", Duration=duration, Timezone=zone or "UTC")),
        Condition=FULL,
        DependsOn=[*(f"{each.title}Alarm" for each in ALARMS if not each.stays), "PaymentHealthAlarm"],
        Tags=tags(settings),
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


def _failed_payments(template: Template) -> None:
    template.add_resource(
        QueryDefinition(
            "FailedPaymentsQuery",
            Name=named(names.FAILED_PAYMENTS_QUERY),
            LogGroupNames=[Ref("ValidationLogGroupName"), Ref("ProcessingLogGroupName")],
            QueryString=f"{FAILED_PAYMENTS} | limit 200",
            Condition=FULL,
        )
    )
