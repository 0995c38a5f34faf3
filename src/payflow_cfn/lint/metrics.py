"""Rules about alarms: they watch metrics that exist, and log groups have the prefix that vended logs need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.machine import every_state

# The metrics and dimension sets that the services publish (each service's CloudWatch metrics page).
_LAMBDA = ("Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions")
_STATES = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled", "ExecutionsStarted")
_SQS = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "NumberOfMessagesSent")
METRICS = frozenset(
    {("AWS/Lambda", each, ("FunctionName",)) for each in _LAMBDA}
    | {("AWS/States", each, ("StateMachineArn",)) for each in _STATES}
    | {("AWS/SQS", each, ("QueueName",)) for each in _SQS}
)
Metric = tuple[str, str, tuple[str, ...]]
_STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")


def metrics_exist(templates: ParsedSet) -> Iterator[Breach]:
    """PF030: AWS, a filter or the workflow publishes an alarm's metric, and the alarm has an instruction.

    AWS accepts a misspelt metric name, and the alarm never rings.
    """
    known = METRICS | set(_filtered(templates)) | set(_put_by_machines(templates))
    for stack, logical, resource in some("alarm", templates.resources("AWS::CloudWatch::Alarm")):
        path = f"Resources/{logical}/Properties"
        properties = expand(templates, stack, resource.get("Properties", {}))
        for problem in _alarm_problems(properties, known):
            yield Breach(stack, path, problem)


def _alarm_problems(alarm: dict[str, Any], known: frozenset[Metric]) -> Iterator[str]:
    namespace, name, dimensions = metric = _metric(alarm, str(alarm.get("Namespace")))
    if metric not in known:
        yield f"nothing publishes {namespace} {name} by {', '.join(dimensions) or 'no dimension'}"
    if alarm.get("Statistic") not in _STATISTICS and "ExtendedStatistic" not in alarm:
        yield f"{alarm.get('Statistic')} is not a statistic"
    if not alarm.get("TreatMissingData"):
        yield "TreatMissingData is not set"
    if "Runbook" not in str(alarm.get("AlarmDescription")):
        yield "the description has no runbook"


def _metric(given: dict[str, Any], namespace: str) -> Metric:
    dimensions = sorted(str(each.get("Name")) for each in given.get("Dimensions", []))
    return namespace, str(given.get("MetricName")), tuple(dimensions)


def _put_by_machines(templates: ParsedSet) -> Iterator[Metric]:
    for stack, _, resource in templates.resources(MACHINE):
        definition = resource.get("Properties", {}).get("Definition", {})
        for _, state in every_state(definition):
            if str(expand(templates, stack, state.get("Resource"))).endswith(":cloudwatch:putMetricData"):
                arguments = state.get("Arguments", {})
                for each in arguments.get("MetricData", []):
                    yield _metric(each, str(arguments.get("Namespace")))


def _filtered(templates: ParsedSet) -> Iterator[Metric]:
    for stack, _, resource in templates.resources("AWS::Logs::MetricFilter"):
        for each in expand(templates, stack, resource.get("Properties", {}).get("MetricTransformations", [])):
            yield _metric(each, str(each.get("MetricNamespace")))


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
        place = templates.origin(stack, each.get("CloudWatchLogsLogGroup", {}).get("LogGroupArn"))
        if place is None or place.attribute != "Arn":  # the destination has to end in :*, as only GetAtt Arn does
            yield ""
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
