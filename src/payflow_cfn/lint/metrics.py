"""Rules about alarms: they watch metrics that exist, and log groups have the prefix that vended logs need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.metric_sources import ALARM, Publishers, watched
from payflow_cfn.lint.ours import says_payflow

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"\b[a-z]\w*")
_GROUP_ARN = re.compile(r"arn:.*:log-group:(.*):\*")
STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")


def metrics_exist(templates: ParsedSet) -> Iterator[Breach]:
    """PF030: AWS, a filter, the workflow or a function publishes an alarm's metric.

    AWS accepts a misspelt metric name, and the alarm never rings
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html). An alarm of payflow's
    also has a runbook in its description, and TreatMissingData.
    """
    known, is_ours = Publishers(templates), says_payflow(templates)
    for stack, logical, resource in some("alarm", templates.resources(ALARM)):
        path = f"Resources/{logical}/Properties"
        properties = expand(templates, stack, resource.get("Properties", {}))
        for problem in (*_alarm_problems(properties, known), *(_untold(properties) if is_ours else ())):
            yield Breach(stack, path, problem)


def _alarm_problems(alarm: dict[str, Any], known: Publishers) -> Iterator[str]:
    for metric in watched(alarm):
        if not known.may_publish(metric):
            yield f"nothing publishes {metric.namespace} {metric.name} by {metric.keys}"
        if metric.statistic not in STATISTICS and not metric.percentile:
            yield f"{metric.statistic} is not a statistic"
    yield from _math_problems(alarm)


def _untold(alarm: dict[str, Any]) -> Iterator[str]:
    """What every alarm of ours says."""
    if not alarm.get("TreatMissingData"):
        yield "TreatMissingData is not set"
    if "Runbook" not in str(alarm.get("AlarmDescription")):
        yield "the description has no runbook"


def _math_problems(alarm: dict[str, Any]) -> Iterator[str]:
    """Names in the expressions of an alarm that no query of it has; text in quotes and SQL hold others."""
    queries = [each for each in listed(alarm.get("Metrics")) if isinstance(each, dict)]
    ids = {str(each.get("Id")) for each in queries}
    for text in (str(each.get("Expression", "")) for each in queries):
        for name in unknown_names(text, ids):
            yield f"the expression {text} names {name}, which is not the id of a query"


def unknown_names(expression: str, ids: Iterable[str]) -> list[str]:
    """The names in an expression of metric math that are not among the ids; SQL has other names."""
    if expression.lstrip().upper().startswith("SELECT"):
        return []
    return sorted(set(_NAME.findall(_QUOTED.sub("", expression))) - set(ids))


def vended_prefix(templates: ParsedSet) -> Iterator[Breach]:
    """PF031: a state machine logs to a group whose physical name begins with /aws/vendedlogs/states/.

    Any other name adds to one resource policy of about 5,120 characters that the whole region shares
    (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
    """
    for stack, logical, resource in some("state machine", templates.resources(MACHINE)):
        path = f"Resources/{logical}/Properties/LoggingConfiguration"
        names = list(_log_groups(templates, stack, resource.get("Properties", {})))
        if not names or not all(each.startswith("/aws/vendedlogs/states/") for each in names):
            yield Breach(stack, path, "it does not log to a /aws/vendedlogs/states/ group")


def _log_groups(templates: ParsedSet, stack: str, properties: dict[str, Any]) -> Iterator[str]:
    for each in listed(properties.get("LoggingConfiguration", {}).get("Destinations")):
        arn = each.get("CloudWatchLogsLogGroup", {}).get("LogGroupArn")
        place = templates.origin(stack, arn)
        if place is None or place.attribute != "Arn":  # the destination has to end in :*, as GetAtt Arn does
            # A plain text names a group of one account and region, whatever this set makes.
            written = None if isinstance(arn, str) else _GROUP_ARN.fullmatch(str(expand(templates, stack, arn)))
            yield written[1] if written else ""
        else:
            name = templates.resource(place).get("Properties", {}).get("LogGroupName")
            yield str(expand(templates, place.stack, name))


def class_fits(templates: ParsedSet) -> Iterator[Breach]:
    """PF032: a log group with metric filters, subscriptions or embedded metrics has a log class that supports them.

    INFREQUENT_ACCESS supports neither metric filters, nor subscriptions, nor the embedded metric format that
    our functions write
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html).
    """
    readers = ((kind, *each) for kind in _READERS for each in templates.resources(kind))
    for kind, stack, logical, resource in some("reader of a log group", readers):
        value: Any = resource.get("Properties", {})
        for key in _READERS[kind]:
            value = value.get(key, {})
        group = templates.origin(stack, value)
        if group and templates.resource(group).get("Properties", {}).get("LogGroupClass", "STANDARD") != "STANDARD":
            path = f"Resources/{logical}/Properties/{'/'.join(_READERS[kind])}"
            yield Breach(stack, path, "the log class of the group does not allow this")


_READERS = {
    "AWS::Logs::MetricFilter": ("LogGroupName",),
    "AWS::Logs::SubscriptionFilter": ("LogGroupName",),
    "AWS::Lambda::Function": ("LoggingConfig", "LogGroup"),
}
