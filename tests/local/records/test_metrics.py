"""Test that log lines make CloudWatch's points, and that alarms on the emulator see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.local.records.metrics import MetricPoint, embedded_metrics, filtered_metrics, log_metrics, put_metrics
from payflow_cfn.local.records.notices import listen, received

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow_cfn.local.emulator.clients import LocalClients

EMBEDDED = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {
                "Namespace": "PaymentWorkflow",
                "Dimensions": [["service"], ["service", "currency"]],
                "Metrics": [{"Name": "PaymentsCompleted", "Unit": "Count"}, {"Name": "PaymentDuration"}],
            }
        ],
    },
    "service": "processing",
    "currency": "USD",
    "PaymentsCompleted": [1.0],
    "PaymentDuration": [2, 3],
}

FILTER: dict[str, Any] = {
    "filterPattern": '{ $.event = "payment_processed" }',
    "metricTransformations": [
        {
            "metricName": "PaymentDuration",
            "metricNamespace": "PaymentWorkflow",
            "metricValue": "$.duration_ms",
            "unit": "Milliseconds",
            "dimensions": {"Currency": "$.currency"},
        }
    ],
}


def test_an_embedded_line_makes_a_point_for_each_metric_dimension_set_and_value() -> None:
    service = (("service", "processing"),)
    both = (("currency", "USD"), *service)
    assert list(embedded_metrics(EMBEDDED)) == [
        MetricPoint("PaymentWorkflow", name, value, unit, dimensions)
        for dimensions in (service, both)
        for name, value, unit in (
            ("PaymentsCompleted", 1.0, "Count"),
            ("PaymentDuration", 2.0, "None"),
            ("PaymentDuration", 3.0, "None"),
        )
    ]


def test_a_line_without_embedded_metrics_makes_none() -> None:
    assert list(embedded_metrics({"event": "payment_processed", "duration_ms": 1})) == []


@pytest.mark.parametrize(
    ("event", "points"),
    [
        (
            {"event": "payment_processed", "duration_ms": 1200, "currency": "EUR"},
            [MetricPoint("PaymentWorkflow", "PaymentDuration", 1200.0, "Milliseconds", (("Currency", "EUR"),))],
        ),
        ({"event": "payment_processed", "duration_ms": "1200", "currency": "EUR"}, []),
        ({"event": "payment_processed", "currency": "EUR"}, []),
        ({"event": "other", "duration_ms": 1200}, []),
    ],
)
def test_a_metric_filter_makes_a_point_of_a_number_in_a_line_it_takes(event: Any, points: list[MetricPoint]) -> None:
    assert list(filtered_metrics([FILTER], [event])) == points


def test_a_filter_with_a_fixed_value_counts_lines() -> None:
    counting = {
        "filterPattern": '{ $.event = "x" }',
        "metricTransformations": [{"metricName": "N", "metricNamespace": "S", "metricValue": "1"}],
    }
    assert list(filtered_metrics([counting], [{"event": "x"}, {"event": "y"}, {"event": "x"}])) == [
        MetricPoint("S", "N", 1.0),
        MetricPoint("S", "N", 1.0),
    ]


@pytest.mark.local
def test_a_slow_payment_in_the_log_raises_the_alarm_and_a_notice(
    clients: LocalClients, make_function: Callable[[str, str], str]
) -> None:
    topic = clients("sns").create_topic(Name="notices")["TopicArn"]
    queue = listen(clients, topic, queue="subscriber")
    make_function(
        "slow",
        """
import json
def handle(event, context):
    print(json.dumps({"event": "payment_processed", "duration_ms": 130000}))
""",
    )
    clients("logs").create_log_group(logGroupName="/aws/lambda/slow")
    clients("logs").put_metric_filter(
        logGroupName="/aws/lambda/slow",
        filterName="f",
        filterPattern='{ $.event = "payment_processed" }',
        metricTransformations=[
            {"metricName": "PaymentDuration", "metricNamespace": "PaymentWorkflow", "metricValue": "$.duration_ms"}
        ],
    )
    clients("cloudwatch").put_metric_alarm(
        AlarmName="slow",
        Namespace="PaymentWorkflow",
        MetricName="PaymentDuration",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=120000,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    clients("lambda").invoke(FunctionName="slow", Payload="{}")
    put_metrics(clients, log_metrics(clients, "/aws/lambda/slow"))
    alarms = clients("cloudwatch").describe_alarms(AlarmNames=["slow"])["MetricAlarms"]
    assert [alarm["StateValue"] for alarm in alarms] == ["ALARM"]
    assert [notice.subject for notice in received(clients, queue)] == ['ALARM: "slow" in us-east-1']
