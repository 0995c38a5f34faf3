"""An alarm on what nobody publishes is found, whichever of its names is wrong; so is a log that goes elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.lint.rules import apply_rules

Broken = Callable[[Callable[[dict[str, Any]], object]], dict[str, str]]
NAMES = [f"{each.title}Alarm" for each in ALARMS]
OF_ONE_METRIC = [f"{each.title}Alarm" for each in ALARMS if not each.queries]
OF_MATH = [f"{each.title}Alarm" for each in ALARMS if each.queries]
SLIPS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a metric's name": lambda alarm: alarm.update(MetricName="ExecutionsFailedCount"),
    "its case": lambda alarm: alarm.update(MetricName=str(alarm["MetricName"]).lower()),
    "a namespace": lambda alarm: alarm.update(Namespace="AWS/StepFunctions"),
    "a dimension's name": lambda alarm: alarm.update(Dimensions=[{"Name": "StateMachineName", "Value": "x"}]),
    "one dimension more": lambda alarm: alarm.setdefault("Dimensions", []).append({"Name": "Spare", "Value": "x"}),
    "a statistic": lambda alarm: alarm.update({statistic(alarm): "sum"}),
    "no statistic": lambda alarm: alarm.pop(statistic(alarm)),
    "missing data": lambda alarm: alarm.pop("TreatMissingData"),
    "no runbook": lambda alarm: alarm.update(AlarmDescription="something is wrong"),
}
QUERY_SLIPS: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "a metric's name": lambda queries: queries[0]["MetricStat"]["Metric"].update(MetricName="PaymentsComplete"),
    "a namespace": lambda queries: queries[0]["MetricStat"]["Metric"].update(Namespace="Payment"),
    "a dimension": lambda queries: queries[0]["MetricStat"]["Metric"].update(
        Dimensions=[{"Name": "stage", "Value": "x"}]
    ),
    "a statistic": lambda queries: queries[0]["MetricStat"].update(Stat="sum"),
    "an id": lambda queries: queries[0].update(Id="complete"),
}
DESTINATION = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/states/x:*"
ELSEWHERE: dict[str, Callable[[dict[str, Any]], object]] = {
    "another prefix": lambda r: r["WorkflowLogGroup"]["Properties"].update(LogGroupName={"Fn::Sub": "/aws/states/x"}),
    "a prefix in the logical id alone": lambda r: r["WorkflowLogGroup"]["Properties"].pop("LogGroupName"),
    "an ARN without its end": lambda r: logs(r).update(Destinations=[group({"Ref": "WorkflowLogGroup"})]),
    "a group of text": lambda r: logs(r).update(Destinations=[group(DESTINATION)]),
    "no group": lambda r: logs(r).update(Destinations=[]),
    "no log": lambda r: r["PaymentWorkflow"]["Properties"].pop("LoggingConfiguration"),
}


def statistic(alarm: dict[str, Any]) -> str:
    return "ExtendedStatistic" if "ExtendedStatistic" in alarm else "Statistic"


def group(arn: Any) -> dict[str, Any]:
    return {"CloudWatchLogsLogGroup": {"LogGroupArn": arn}}


def logs(resources: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resources["PaymentWorkflow"]["Properties"]["LoggingConfiguration"]
    return found


def test_every_alarm_of_the_set_is_here(shipped: dict[str, str]) -> None:
    kind = "AWS::CloudWatch::Alarm"
    assert sorted(name for _, name, _ in parse_set(shipped).resources(kind)) == sorted(NAMES)


@pytest.mark.parametrize("alarm", OF_MATH)
@pytest.mark.parametrize("slip", QUERY_SLIPS)
def test_a_slip_in_any_query_is_found_and_named(slip: str, alarm: str, broken: Broken) -> None:
    def change(sets: dict[str, Any]) -> None:
        QUERY_SLIPS[slip](sets["monitoring"]["Resources"][alarm]["Properties"]["Metrics"])

    found = apply_rules(parse_set(broken(change)), ["PF030"])
    assert {each.path for each in found} == {f"Resources/{alarm}/Properties"}


@pytest.mark.parametrize("alarm", OF_ONE_METRIC)
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_any_alarm_is_found_and_named(slip: str, alarm: str, broken: Broken) -> None:
    def change(sets: dict[str, Any]) -> None:
        SLIPS[slip](sets["monitoring"]["Resources"][alarm]["Properties"])

    (found,) = apply_rules(parse_set(broken(change)), ["PF030"])
    assert found.path == f"Resources/{alarm}/Properties"


@pytest.mark.parametrize("way", ELSEWHERE)
def test_a_workflow_that_does_not_log_to_a_vended_group_is_found(way: str, broken: Broken) -> None:
    found = apply_rules(parse_set(broken(lambda sets: ELSEWHERE[way](sets["workflow"]["Resources"]))), ["PF031"])
    assert [each.path for each in found] == ["Resources/PaymentWorkflow/Properties/LoggingConfiguration"]
