"""Changes that break, and that keep, the rules about alarms and metric filters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from set_changes import STATES, Change, Sets, props, put, together

MACHINES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:"
FUNCTIONS = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
QUEUE = "NotificationsDeadLetterQueue"
Metric = dict[str, Any]


def alarm(sets: Sets, title: str) -> dict[str, Any]:
    return props(sets, "monitoring", f"{title}Alarm")


def given(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "root", "Monitoring")["Parameters"]
    return found


def pattern(sets: Sets) -> dict[str, Any]:
    return props(sets, "monitoring", "PaymentDurationFilter")


def watch(title: str, value: Any) -> Change:
    """Give the alarm's only dimension this value."""
    return lambda sets: put(alarm(sets, title)["Dimensions"][0], "Value", value)


def change(title: str, **values: Any) -> Change:
    return lambda sets: alarm(sets, title).update(values)


def swap(key: str, other: str) -> Change:
    """Pass the monitoring stack what another parameter gets."""
    return lambda sets: put(given(sets), key, given(sets)[other])


def from_output(key: str, output: str) -> Change:
    stack, name = output.split(".")
    return lambda sets: put(given(sets), key, {"Fn::GetAtt": [stack, f"Outputs.{name}"]})


def by_math(edit: Callable[[list[Metric]], object]) -> Change:
    """The error alarm as a rate: errors for each call, with a change of its queries."""

    def changed(sets: Sets) -> None:
        old = alarm(sets, "ValidationErrors")
        own = {key: old.pop(key) for key in ("Namespace", "MetricName", "Dimensions")}
        old.pop("Statistic"), old.pop("Period")
        queries: list[Metric] = [
            {"Id": "rate", "Expression": "100 * errors / calls"},
            {"Id": "errors", "ReturnData": False, "MetricStat": {"Metric": own, "Period": 300, "Stat": "Sum"}},
            {
                "Id": "calls",
                "ReturnData": False,
                "MetricStat": {"Metric": {**own, "MetricName": "Invocations"}, "Period": 300, "Stat": "Sum"},
            },
        ]
        edit(queries)
        old["Metrics"] = queries

    return changed


def stat(queries: list[Metric]) -> Metric:
    found: Metric = queries[1]["MetricStat"]
    return found


def on_dashboard(title: str, edit: Callable[[dict[str, Any]], object]) -> Change:
    """Change the widget with this title."""

    def changed(sets: Sets) -> None:
        dashboard = props(sets, "monitoring", "PaymentsDashboard")
        body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
        edit(next(each for each in body["widgets"] if each["properties"].get("title", each["type"]) == title))
        dashboard["DashboardBody"] = {"Fn::Sub": json.dumps(body)}

    return changed


def lines(widget: dict[str, Any]) -> list[Any]:
    found: list[Any] = widget["properties"]["metrics"]
    return found


OUTCOMES, SUCCESS, AMOUNT = "Payments by outcome", "Success rate, %", "Amount completed, by currency, minor units"
SPEED = "Time to the result, ms"
BAD: list[tuple[str, str, Change]] = [
    ("PF100", "a metric that nothing publishes",
     on_dashboard(OUTCOMES, lambda w: lines(w)[0].__setitem__(1, "PaymentsDone"))),
    ("PF100", "another dimension", on_dashboard(OUTCOMES, lambda w: lines(w)[0].__setitem__(2, "stage"))),
    ("PF100", "a search for a metric that nothing publishes", on_dashboard(AMOUNT, lambda w: lines(w)[0][0].update(
        expression=lines(w)[0][0]["expression"].replace("AmountCompleted", "AmountDone")))),
    ("PF100", "a repeated name", on_dashboard(OUTCOMES, lambda w: lines(w).append([".", "PaymentsDone", ".", "."]))),
    ("PF100", "all names repeated", on_dashboard(OUTCOMES, lambda w: lines(w).extend(
        [["AWS/Lambda", "Errors", "FunctionName", "a"], ["...", "Name", "b"]]))),
    ("PF100", "a statistic that is not", on_dashboard(SPEED, lambda w: lines(w)[0][-1].update(stat="median"))),
    ("PF100", "an id that is not there", on_dashboard(SUCCESS, lambda w: lines(w).pop())),
    ("PF100", "an id used twice", on_dashboard(SUCCESS, lambda w: lines(w).append(lines(w)[1]))),
    ("PF100", "a type that is not", on_dashboard(OUTCOMES, lambda w: w.update(type="graph"))),
    ("PF100", "a view that is not", on_dashboard(OUTCOMES, lambda w: w["properties"].update(view="line"))),
    ("PF100", "no region", on_dashboard(OUTCOMES, lambda w: w["properties"].pop("region"))),
    ("PF100", "no metrics", on_dashboard(OUTCOMES, lambda w: w["properties"].pop("metrics"))),
    ("PF100", "beyond the grid", on_dashboard(OUTCOMES, lambda w: w.update(x=20))),
    ("PF100", "no y", on_dashboard(OUTCOMES, lambda w: w.pop("y"))),
    ("PF100", "too high", on_dashboard(OUTCOMES, lambda w: w.update(height=1001))),
    ("PF100", "an alarm that is not", on_dashboard("Alarms", lambda w: w["properties"]["alarms"].append(
        w["properties"]["alarms"][0].replace("sfn-failures", "sfn-failure")))),
    ("PF100", "no text", on_dashboard("text", lambda w: w["properties"].pop("markdown"))),
    ("PF100", "no JSON", lambda s: put(props(s, "monitoring", "PaymentsDashboard"), "DashboardBody", "{")),
    ("PF020", "the topic's name", from_output("NotificationsTopicArn", "Notifications.NotificationsTopicName")),
    ("PF020", "a queue", from_output("NotificationsTopicArn", "Notifications.NotificationsDeadLetterQueueArn")),
    ("PF030", "another service's metric", change("UndeliveredNotices", MetricName="NumberOfNotificationsFailed")),
    ("PF030", "a namespace that is not", change("ValidationErrors", Namespace="AWS/Functions")),
    ("PF030", "a metric of the code, by another name", change("NoticesLost", MetricName="PaymentsFailedAgain")),
    ("PF030", "a metric of the code, by another dimension",
     lambda s: put(alarm(s, "NoticesLost")["Dimensions"][0], "Name", "stage")),
    ("PF030", "a metric of the code, in another namespace", change("NoticesLost", Namespace="Payments")),
    ("PF030", "a query of no metric", by_math(lambda q: put(stat(q)["Metric"], "MetricName", "Mistakes"))),
    ("PF030", "a query's statistic", by_math(lambda q: put(stat(q), "Stat", "sum"))),
    ("PF030", "an expression of no query", by_math(lambda q: put(q[0], "Expression", "100 * errors / total"))),
    ("PF045", "a name that is misspelt",
     watch("ValidationErrors", {"Fn::Sub": "lambda-payment-validaton-${Environment}"})),
    ("PF045", "a name in one environment", watch("ValidationErrors", "lambda-payment-validation-dev")),
    ("PF045", "an ARN for a name", swap("ValidationFunctionName", "StateMachineArn")),
    ("PF045", "the function's own ARN", from_output("ValidationFunctionName", "Functions.ValidationFunctionArn")),
    ("PF045", "an alias", from_output("ValidationFunctionName", "Functions.ValidationAliasArn")),
    ("PF045", "the other function", swap("ValidationFunctionName", "ProcessingFunctionName")),
    ("PF045", "the machine's name",
     lambda s: put(s["workflow"]["Outputs"]["StateMachineArn"], "Value", {"Fn::GetAtt": f"{STATES}.Name"})),
    ("PF045", "a machine of another name",
     watch("WorkflowAborts", {"Fn::Sub": f"{MACHINES}x"})),
    ("PF045", "the queue's ARN", from_output(f"{QUEUE}Name", f"Notifications.{QUEUE}Arn")),
    ("PF045", "a function's name for a queue", swap("NotificationsDeadLetterQueueName", "ValidationFunctionName")),
    ("PF045", "in a query",
     by_math(lambda q: put(stat(q)["Metric"], "Dimensions", [{"Name": "FunctionName", "Value": "other"}]))),
    ("PF045", "another environment", watch("NoticesLost", "production")),
    ("PF046", "more datapoints than periods", change("PaymentDuration", DatapointsToAlarm=3)),
    ("PF046", "a period of 45 s", change("ValidationErrors", Period=45)),
    ("PF046", "two days", change("ValidationErrors", Period=1800, EvaluationPeriods=96)),
    ("PF046", "eight days", change("ValidationErrors", Period=3600, EvaluationPeriods=192)),
    ("PF046", "a query's period", by_math(lambda q: put(stat(q), "Period", 90))),
    ("PF046", "never", change("UndeliveredNotices", ComparisonOperator="LessThanThreshold")),
    ("PF046", "never with a metric of the workflow", change("NoticesLost", ComparisonOperator="LessThanThreshold")),
    ("PF046", "always", change("UndeliveredNotices", ComparisonOperator="GreaterThanOrEqualToThreshold")),
    ("PF046", "below nothing", change("ValidationErrors", Threshold=-1)),
    ("PF046", "turned round", change("ValidationErrors", ComparisonOperator="LessThanThreshold")),
    ("PF046", "an average above one", change("ValidationErrors", Statistic="Average")),
    ("PF046", "a maximum above one", change("ValidationErrors", Statistic="Maximum", Threshold=1)),
    ("PF046", "a count of calls", change("ValidationErrors", Statistic="SampleCount")),
    ("PF046", "no call", change("ValidationErrors", TreatMissingData="breaching")),
    ("PF033", "no action after all", change("ValidationErrors", AlarmActions=[{"Ref": "AWS::NoValue"}])),
    ("PF047", "a text that no list has",
     lambda s: put(pattern(s), "FilterPattern", '{ $.event = "payment_mended" && $.duration_ms >= 0 }')),
    ("PF047", "a text that no code writes",
     lambda s: put(pattern(s), "FilterPattern", '{ $.event = "payment_procesed" && $.duration_ms >= 0 }')),
    ("PF047", "a field that no code writes",
     lambda s: put(pattern(s), "FilterPattern", '{ $.kind = "payment_processed" && $.duration_ms >= 0 }')),
    ("PF047", "a value that no code writes",
     lambda s: put(pattern(s)["MetricTransformations"][0], "MetricValue", "$.duration_s")),
    ("PF047", "the other function's group", from_output("ProcessingLogGroupName", "Functions.ValidationLogGroupName")),
    ("PF047", "the workflow's group",
     lambda s: put(pattern(s), "LogGroupName", {"Fn::Sub": "/aws/lambda/lambda-payment-${Environment}"})),
    ("PF047", "an ARN of a group", from_output("ProcessingLogGroupName", "Functions.ProcessingLogGroupArn")),
]  # fmt: skip
GOOD: list[tuple[str, Change]] = [
    ("PF100 repeated names", on_dashboard(OUTCOMES, lambda w: lines(w).extend(
        [["AWS/Lambda", "Errors", "FunctionName", "a"], [".", "Throttles", ".", "."], ["...", "b"]]))),
    ("PF100 no place", on_dashboard(OUTCOMES, lambda w: (w.pop("x"), w.pop("y")))),
    ("PF100 another account's alarm", on_dashboard("Alarms", lambda w: w["properties"]["alarms"].append(
        "arn:aws:cloudwatch:eu-west-2:999999999999:alarm:x"))),
    ("PF020 a function", change("ValidationErrors", AlarmActions=[{"Fn::Sub": f"{FUNCTIONS}mend"}])),
    ("PF030 a rate", by_math(lambda _: None)),
    ("PF045 a rate", by_math(lambda _: None)),
    ("PF046 a rate", by_math(lambda _: None)),
    ("PF033 a rate", by_math(lambda _: None)),
    ("PF030 a percentile in a query", by_math(lambda q: put(stat(q), "Stat", "p99.9"))),
    ("PF030 a metric of the code", change("NoticesLost", MetricName="PaymentsFailed")),
    ("PF030 a service that is not known here", change("ValidationErrors", Namespace="AWS/X", MetricName="Y")),
    ("PF030 an alias of a function",
     lambda s: alarm(s, "ValidationErrors")["Dimensions"].append({"Name": "Resource", "Value": "x:live"})),
    ("PF030 all concurrency", change("ValidationErrors", MetricName="ClaimedAccountConcurrency", Dimensions=[])),
    ("PF045 the same name, written out",
     watch("ValidationErrors", {"Fn::Sub": "lambda-payment-validation-${Environment}"})),
    ("PF045 a name that is given", together(
        lambda s: s["root"]["Parameters"].update(Other={"Type": "String"}),
        lambda s: put(given(s), "ValidationFunctionName", {"Ref": "Other"}),
    )),
    ("PF046 any error", change("ValidationErrors", Statistic="Maximum", Threshold=0)),
    ("PF046 a rate of errors", change("ValidationErrors", Statistic="Average", Threshold=0.05)),
    ("PF046 ten seconds", change("ValidationErrors", Period=10)),
    ("PF046 a week", change("ValidationErrors", Period=3600, EvaluationPeriods=168)),
    ("PF046 at least one", change("UndeliveredNotices", ComparisonOperator="GreaterThanOrEqualToThreshold",
                                  Threshold=1)),
    ("PF046 no calls", change("ValidationErrors", MetricName="Invocations", ComparisonOperator="LessThanThreshold",
                              Threshold=1)),
    ("PF047 words of a platform's line", lambda s: put(pattern(s), "FilterPattern", '"Task timed out"')),
    ("PF047 a level", lambda s: put(pattern(s), "FilterPattern", '{ $.level = "ERROR" && $.duration_ms >= 0 }')),
    ("PF047 a text that is put together",
     lambda s: put(pattern(s), "FilterPattern", '{ $.event = "payment_settle" && $.duration_ms >= 0 }')),
]  # fmt: skip
