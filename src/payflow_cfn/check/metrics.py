"""Rules about alarms: they watch metrics that exist, and log groups have the prefix that vended logs need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payflow_cfn.check.expand import expand
from payflow_cfn.check.findings import Finding, error, nothing
from payflow_cfn.check.templates import TemplateSet, listed

# The metrics and dimension sets that the services publish (each service's CloudWatch metrics page).
_LAMBDA = ("Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions")
_STATES = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled", "ExecutionsStarted")
_SQS = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "NumberOfMessagesSent")
METRICS = frozenset(
    {("AWS/Lambda", each, ("FunctionName",)) for each in _LAMBDA}
    | {("AWS/States", each, ("StateMachineArn",)) for each in _STATES}
    | {("AWS/SQS", each, ("QueueName",)) for each in _SQS}
)
_STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")


def metrics_exist(templates: TemplateSet) -> Iterator[Finding]:
    """PF030: an alarm's metric is one that AWS or one of our filters publishes; a slip stays silent for ever."""
    own = set(_filtered(templates))
    alarms = list(templates.resources("AWS::CloudWatch::Alarm"))
    if not alarms:
        yield nothing("PF030", "alarm")
    for stack, logical, resource in alarms:
        path = f"Resources/{logical}/Properties"
        properties = expand(templates, stack, resource.get("Properties", {}))
        for problem in _alarm_problems(properties, own):
            yield error("PF030", stack=stack, path=path, message=problem)


def _alarm_problems(alarm: dict[str, Any], own: set[tuple[str, str]]) -> Iterator[str]:
    metric = (str(alarm.get("Namespace")), str(alarm.get("MetricName")))
    dimensions = tuple(sorted(each.get("Name", "") for each in alarm.get("Dimensions", [])))
    known = (metric in own and not dimensions) or (*metric, dimensions) in METRICS
    if not known:
        yield f"nothing publishes {metric[0]} {metric[1]} by {', '.join(dimensions) or 'no dimension'}"
    if alarm.get("Statistic") not in _STATISTICS and "ExtendedStatistic" not in alarm:
        yield f"{alarm.get('Statistic')} is not a statistic"
    if not alarm.get("TreatMissingData"):
        yield "TreatMissingData is not set"
    if "Runbook" not in str(alarm.get("AlarmDescription")):
        yield "the description has no runbook"


def _filtered(templates: TemplateSet) -> Iterator[tuple[str, str]]:
    for stack, _, resource in templates.resources("AWS::Logs::MetricFilter"):
        for each in expand(templates, stack, resource.get("Properties", {}).get("MetricTransformations", [])):
            yield str(each.get("MetricNamespace")), str(each.get("MetricName"))


def vended_prefix(templates: TemplateSet) -> Iterator[Finding]:
    """PF031: a state machine logs to a group whose physical name begins /aws/vendedlogs/states/.

    Any other name adds to one resource policy of about 5,120 characters that the whole region shares
    (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
    """
    machines = list(templates.resources("AWS::StepFunctions::StateMachine"))
    if not machines:
        yield nothing("PF031", "state machine")
    for stack, logical, resource in machines:
        path = f"Resources/{logical}/Properties/LoggingConfiguration"
        names = list(_log_groups(templates, stack, resource.get("Properties", {})))
        if not names or not all(each.startswith("/aws/vendedlogs/states/") for each in names):
            yield error("PF031", stack=stack, path=path, message="it does not log to a /aws/vendedlogs/states/ group")


def _log_groups(templates: TemplateSet, stack: str, properties: dict[str, Any]) -> Iterator[str]:
    for each in listed(properties.get("LoggingConfiguration", {}).get("Destinations")):
        place = templates.origin(stack, each.get("CloudWatchLogsLogGroup", {}).get("LogGroupArn"))
        if place is None or place.attribute != "Arn":  # the destination has to end in :*, as only GetAtt Arn does
            yield ""
        else:
            name = templates.resource(place).get("Properties", {}).get("LogGroupName")
            yield str(expand(templates, place.stack, name))
