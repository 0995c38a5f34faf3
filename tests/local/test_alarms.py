"""Test that each alarm rings on the embedded AWS, and that the notices of ALARM and OK arrive at the topic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.aws.worlds import World
from payflow_cfn.config import names
from payflow_cfn.config.alarms import ALARMS, Alarm
from payflow_cfn.config.settings import Settings
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.records.notices import listen, received
from payflow_cfn.stacks.render import build_set
from payflow_cfn.workflow.run import run_payment

pytestmark = [pytest.mark.local, pytest.mark.slow]

OF_ONE_METRIC = [each for each in ALARMS if not each.queries]
UNKNOWN = {"transaction_id": "T-93", "payment_amount": "1.93", "payment_method": "credit_card", "customer_id": "C-1"}


@dataclass(frozen=True, slots=True)
class Site:
    """The deployed set and a subscriber of its topic."""

    clients: LocalClients
    outputs: Mapping[str, str]
    queue: str

    def alarm(self, name: str) -> dict[str, Any]:
        found = self.clients("cloudwatch").describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (alarm,) = found["MetricAlarms"] or found["CompositeAlarms"]
        return dict(alarm)

    def quiet(self, name: str) -> None:
        """Set the alarm to OK, and empty the queue."""
        self.clients("cloudwatch").set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")
        received(self.clients, self.queue)

    def told(self, name: str) -> list[str]:
        """The states in the alarm's notices that arrived since."""
        found = [json.loads(each.message) for each in received(self.clients, self.queue)]
        return [each["NewStateValue"] for each in found if each.get("AlarmName") == name]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients)
        yield Site(clients, outputs, listen(clients, outputs["NotificationsTopicArn"], queue="alarms"))


def name_of(row: Alarm) -> str:
    return names.name("alarm", row.purpose).text("demo")


@pytest.mark.parametrize("row", OF_ONE_METRIC, ids=lambda row: row.purpose)
def test_each_alarm_rings_by_its_metric_and_its_notices_arrive(site: Site, row: Alarm) -> None:
    name = name_of(row)
    alarm = site.alarm(name)
    assert site.outputs[f"{row.title}AlarmName"] == name
    site.quiet(name)
    datum = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Value": alarm["Threshold"] * 10 + 1}
    site.clients("cloudwatch").put_metric_data(Namespace=alarm["Namespace"], MetricData=[datum])
    assert site.alarm(name)["StateValue"] == "ALARM"
    assert site.told(name) == ["ALARM"]
    site.clients("cloudwatch").set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")
    assert site.told(name) == ["OK"]


@pytest.mark.parametrize("title", ["Validation", "Processing"])
def test_a_function_that_raises_is_counted_by_the_metric_of_its_alarm(site: Site, title: str) -> None:
    alarm = site.alarm(site.outputs[f"{title}ErrorsAlarmName"])
    failures, before = int(alarm["Threshold"]) + 1, counted(site, alarm)
    for _ in range(failures):
        answer = site.clients("lambda").invoke(FunctionName=site.outputs[f"{title}FunctionName"], Payload=b"{}")
        assert "FunctionError" in answer
    assert counted(site, alarm) - before == failures
    site.quiet(alarm["AlarmName"])
    # The embedded AWS looks at its alarms when somebody puts a metric.
    site.clients("cloudwatch").put_metric_data(Namespace="none", MetricData=[{"MetricName": "none", "Value": 0}])
    assert site.told(alarm["AlarmName"]) == ["ALARM"]


def counted(site: Site, alarm: Mapping[str, Any]) -> float:
    now = datetime.now(UTC)
    found = site.clients("cloudwatch").get_metric_statistics(
        **{key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions", "Period")},
        Statistics=[alarm["Statistic"]],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
    )
    return sum(float(each[alarm["Statistic"]]) for each in found["Datapoints"])


def test_a_payment_whose_outcome_stays_unknown_rings_and_its_notice_names_the_runbook(site: Site) -> None:
    name = site.outputs["PaymentUnknownAlarmName"]
    site.quiet(name)
    run_payment(site.clients("stepfunctions"), site.outputs["StateMachineArn"], UNKNOWN)
    found = [json.loads(each.message) for each in received(site.clients, site.queue)]
    assert [each["NewStateValue"] for each in found if each.get("AlarmName") == name] == ["ALARM"]
    (notice,) = (each for each in found if each.get("transaction_id") == "T-93")
    assert (notice["status"], notice["runbook"]) == ("UNKNOWN", "docs/runbooks/payment-needs-attention.md")


def test_the_alarm_that_pages_rings_with_one_of_its_alarms_and_not_with_another(site: Site) -> None:
    """The stack leaves it out here, since CloudFormation of the embedded AWS has no such type; CloudWatch has."""
    templates = parse_set(build_set(Settings()).templates)
    ((_, _, resource),) = templates.resources("AWS::CloudWatch::CompositeAlarm")
    given = expand(templates, "monitoring", resource["Properties"], World(environment="demo"))
    topic = site.outputs["NotificationsTopicArn"]
    for row in ALARMS:
        if row.queries:  # the rule may name only alarms that exist
            site.clients("cloudwatch").put_metric_alarm(
                AlarmName=name_of(row), Namespace="none", MetricName="none", Statistic="Sum", Period=60,
                EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
            )  # fmt: skip
    site.clients("cloudwatch").put_composite_alarm(
        AlarmName=given["AlarmName"], AlarmRule=given["AlarmRule"], AlarmActions=[topic], OKActions=[topic]
    )
    pages, informs = ({each.pages: each for each in OF_ONE_METRIC}[which] for which in (True, False))
    for row in OF_ONE_METRIC:
        site.quiet(name_of(row))
    for row, expected in ((informs, []), (pages, ["ALARM"])):
        site.clients("cloudwatch").set_alarm_state(AlarmName=name_of(row), StateValue="ALARM", StateReason="a test")
        assert site.told(given["AlarmName"]) == expected


def test_the_dashboard_is_deployed_with_the_names_of_the_deployment(site: Site) -> None:
    body = site.clients("cloudwatch").get_dashboard(DashboardName="dashboard-payments-demo")["DashboardBody"]
    assert "${" not in body.replace("${PROP('Dim.currency')}", "")
    assert site.outputs["StateMachineArn"] in body
    assert site.outputs["TransactionsTableName"] in body
    assert len(json.loads(body)["widgets"]) > 10


def test_alarms_with_metric_math_are_left_out_here(site: Site) -> None:
    assert {each for each in ALARMS if f"{each.title}AlarmName" not in site.outputs} == {
        each for each in ALARMS if each.queries
    }
