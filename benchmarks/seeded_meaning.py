"""Defects of meaning: each template is valid, deploys, and does something else than its names say.

Written before the rules that find them, by the part of the system that they are in.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seeded_edits import MACHINE, Make, Template, at, properties, without

# The template, what is wrong in it, and the change that makes it so.
Slip = tuple[str, str, Make]


def _given(logical: str, **values: Any) -> Make:
    return lambda template: properties(template, logical).update(values)


def _version(template: Template, title: str) -> str:
    """The logical id of a function's version."""
    return next(str(each) for each in template["Resources"] if each.startswith(f"{title}Version"))


def _two_versions(template: Template) -> None:
    found = copy.deepcopy(template["Resources"][_version(template, "Validation")])
    template["Resources"]["ValidationVersionBefore"] = found


def in_versions() -> Iterator[Slip]:
    """A function changed while its published version, and so the alias, stays."""
    name = "ProcessingFunction"
    yield "functions", "a memory that no version publishes", _given(name, MemorySize=512)
    yield "functions", "a timeout that no version publishes", _given("ValidationFunction", Timeout=200)
    yield "functions", "a variable that no version publishes", _variable(name, "POWERTOOLS_SERVICE_NAME", "payments")
    yield "functions", "two versions of one function", _two_versions
    yield (
        "functions",
        "a version of the other function",
        lambda t: properties(t, _version(t, "Validation")).update(FunctionName={"Ref": name}),
    )
    yield "functions", "a runtime that is older than the code", _given(name, Runtime="python3.9")


def _variable(logical: str, name: str, value: Any) -> Make:
    return lambda t: properties(t, logical)["Environment"]["Variables"].update({name: value})


def in_logs() -> Iterator[Slip]:
    """What is logged, and what filters and alarms read of it."""
    name = "PaymentDurationFilter"
    yield "functions", "a log level that hides what is counted", _variable("ProcessingFunction", "LOG_LEVEL", "ERROR")
    yield (
        "functions",
        "a log level of Lambda that hides what is counted",
        lambda t: properties(t, "ProcessingFunction")["LoggingConfig"].update(
            LogFormat="JSON", ApplicationLogLevel="FATAL"
        ),
    )
    yield "monitoring", "an event that no code logs", _given(name, FilterPattern='{ $.event = "payment_proceeded" }')
    yield (
        "monitoring",
        "a constant where a duration is read",
        lambda t: properties(t, name)["MetricTransformations"][0].update(MetricValue="1"),
    )
    yield (
        "monitoring",
        "milliseconds that are called seconds",
        lambda t: properties(t, name)["MetricTransformations"][0].update(Unit="Seconds"),
    )
    yield (
        "workflow",
        "an execution's errors that are not logged",
        lambda t: properties(t, MACHINE)["LoggingConfiguration"].update(Level="FATAL"),
    )


def _all_at_once(template: Template) -> None:
    properties(template, "PaymentHealthAlarm")["AlarmRule"]["Fn::Join"][0] = " AND "


def in_alarms() -> Iterator[Slip]:
    """Alarms on another metric, or on a value that says nothing."""
    queue, timeouts = "UndeliveredNoticesAlarm", "WorkflowTimeoutsAlarm"
    yield "monitoring", "messages in flight", _given(queue, MetricName="ApproximateNumberOfMessagesNotVisible")
    yield "monitoring", "an average of failures", _given("WorkflowFailuresAlarm", Statistic="Average", Threshold=0)
    yield "monitoring", "a least number of aborts", _given("WorkflowAbortsAlarm", Statistic="Minimum")
    yield "monitoring", "a sum of durations", _given("PaymentDurationAlarm", Statistic="SampleCount")
    yield "monitoring", "an alarm of all alarms at once", _all_at_once
    yield (
        "monitoring",
        "a bare alias as a dimension",
        lambda t: properties(t, "ValidationErrorsAlarm")["Dimensions"].append({"Name": "Resource", "Value": "live"}),
    )
    yield "monitoring", "errors under the name of throttles", _given("ValidationThrottlesAlarm", MetricName="Errors")
    yield "monitoring", "aborts under the name of timeouts", _given(timeouts, MetricName="ExecutionsAborted")
    yield (
        "monitoring",
        "a name that no alarm has in a composite alarm",
        lambda t: properties(t, "PaymentHealthAlarm")["AlarmRule"]["Fn::Join"][1].__setitem__(
            0, {"Fn::Sub": 'ALARM("alarm-sfn-failure-${Environment}")'}
        ),
    )


def in_waits() -> Iterator[Slip]:
    """A workflow that is stopped on its way."""
    yield (
        "workflow",
        "a workflow that ends within its waits",
        lambda t: properties(t, MACHINE)["Definition"].update(TimeoutSeconds=86400),
    )
    yield "workflow", "a wait that is longer than the workflow", at("AwaitNotice", "Seconds", value=200_000)
    yield "workflow", "a retry that is longer than the workflow", at("NotifyFailure", "Retry", 0, value=_SLOW)
    yield "workflow", "a schedule that is read past its end", at("AskAgain", "Choices", 0, "Condition", value=_LONG)
    yield "workflow", "an entry that a list has not", at("WaitForOutcome", "Seconds", value="{% [60, 90][2] %}")


_SLOW = {
    "ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600, "MaxAttempts": 60, "BackoffRate": 1,
    "MaxDelaySeconds": 7200, "JitterStrategy": "FULL",
}  # fmt: skip
_LONG = "{% $asks <= 5 %}"


def in_kinds() -> Iterator[Slip]:
    """Values of another kind than what reads them."""
    yield "workflow", "a number that is compared with a text", at("AskAgain", "Choices", 0, "Condition", value=_TEXT)
    yield "workflow", "a number that is joined as a text", at("MarkTold", "Output", value="{% $uppercase($tries) %}")
    yield "workflow", "a function of a wrong kind", at("MarkTold", "Output", value="{% $uppercase(5) %}")
    yield "workflow", "a sum of texts", at("MarkTold", "Output", value="{% $sum('1') %}")
    yield (
        "workflow",
        "the token of a task that does not wait",
        at("MarkTold", "Output", value="{% $states.context.Task.Token %}"),
    )


_TEXT = '{% $asks < "5" %}'


def in_tables() -> Iterator[Slip]:
    """A table's expressions, errors and recovery."""
    values = ("Arguments", "ExpressionAttributeValues")
    yield "workflow", "a value that no expression uses", at("MarkTold", *values, ":old", value={"S": "x"})
    yield "workflow", "a value that is not given", without("MarkTold", *values, ":me")
    yield "workflow", "a name that is not given", without("ClaimNotice", "Arguments", "ExpressionAttributeNames")
    yield (
        "workflow",
        "an error under a name of the SDK",
        at("ClaimNotice", "Catch", 0, "ErrorEquals", value=["DynamoDb.ConditionalCheckFailedException"]),
    )
    yield (
        "workflow",
        "an error that the table has not",
        at("ClaimNotice", "Catch", 0, "ErrorEquals", value=["DynamoDB.ConditionCheckFailedException"]),
    )
    yield (
        "workflow",
        "an error of another service",
        at("NotifyFailure", "Retry", 0, "ErrorEquals", value=["Lambda.ServiceException"]),
    )
    yield (
        "storage",
        "a recovery of one day",
        lambda t: properties(t, "TransactionsTable")["PointInTimeRecoverySpecification"].update(RecoveryPeriodInDays=1),
    )


def in_conditions() -> Iterator[Slip]:
    """Conditions, rules and filters that are the wrong way round."""
    yield (
        "notifications",
        "a subscription for an empty address",
        lambda t: t["Conditions"].update(HasEmail=t["Conditions"]["HasEmail"]["Fn::Not"][0]),
    )
    yield (
        "workflow",
        "a boundary where there is none",
        lambda t: t["Conditions"].update(HasBoundary=t["Conditions"]["HasBoundary"]["Fn::Not"][0]),
    )
    yield "root", "a rule that asserts nothing", lambda t: t["Rules"]["RealGatewayInProduction"].update(Assertions=[])
    yield "root", "an assertion that always holds", _asserted
    yield "root", "a rule for no value", _never
    yield "notifications", "a filter that lets nothing through", _filtered({"status": ["LOST"]})
    yield "notifications", "a filter on what is not sent", _filtered({"state": ["DECLINED"]})
    table_key = {"Ref": "DynamodbKeyArn"}
    yield "functions", "variables under the table's key", _given("ValidationFunction", KmsKeyArn=table_key)


def _asserted(template: Template) -> None:
    rule = template["Rules"]["RealGatewayInProduction"]["Assertions"][0]
    rule["Assert"] = {"Fn::Contains": [["true", "false"], {"Ref": "AllowSimulatedGateway"}]}


def _never(template: Template) -> None:
    tests = template["Rules"]["RealGatewayInProduction"]["RuleCondition"]["Fn::And"]
    tests[1] = {"Fn::Equals": [{"Ref": "GatewayAdapter"}, "simulation"]}


def _filtered(policy: Mapping[str, Any]) -> Make:
    return lambda template: properties(template, "EmailSubscription").update(FilterPolicy=policy)


AREAS: Mapping[str, Callable[[], Iterator[Slip]]] = {
    "versions": in_versions,
    "logs": in_logs,
    "alarms": in_alarms,
    "waits": in_waits,
    "kinds": in_kinds,
    "tables": in_tables,
    "conditions": in_conditions,
}
