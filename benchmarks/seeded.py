"""The defects that are put into the shipped set, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from seeded_machine import in_depth, in_expressions, in_fields, in_integrations
from seeded_meaning import AREAS
from seeded_steps import STEPS

Template = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Defect:
    """One slip in one template; `make` changes the parsed template in place."""

    name: str
    template: str
    make: Callable[[Template], object]


def _p(template: Template, logical: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][logical]["Properties"]
    return found


def _set(container: dict[str, Any], key: str, value: Any) -> None:
    container[key] = value


def _states(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = _p(template, "PaymentWorkflow")["Definition"]["States"]
    return found


def _grant(template: Template, role: str = "ValidationRole") -> dict[str, Any]:
    """The first statement of a role's first policy."""
    found: dict[str, Any] = _p(template, role)["Policies"][0]["PolicyDocument"]["Statement"][0]
    return found


def _without(template: Template, logical: str, document: str, sid: str) -> None:
    policy = _p(template, logical)[document]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != sid]


def _only(template: Template, logical: str, sid: str) -> dict[str, Any]:
    statements = _p(template, logical)["KeyPolicy"]["Statement"]
    return next(each for each in statements if each["Sid"] == sid)


def _in_functions() -> Iterator[tuple[str, Callable[[Template], object]]]:
    function, role = "ValidationFunction", "ValidationRole"
    yield "a property that Lambda has not", lambda t: _set(_p(t, function), "Memory", 256)
    yield "a function without its role", lambda t: _p(t, function).pop("Role")
    yield "a runtime that there never was", lambda t: _set(_p(t, function), "Runtime", "python3.1")
    yield "a timeout above Lambda's longest", lambda t: _set(_p(t, function), "Timeout", 901)
    yield "a text where a number belongs", lambda t: _set(_p(t, function), "MemorySize", "large")
    yield "a reference to nothing", lambda t: _set(_p(t, function), "MemorySize", {"Ref": "Memory"})
    yield "an attribute that a role has not", lambda t: _set(_p(t, function), "Role", {"Fn::GetAtt": [role, "Name"]})
    yield "a parameter that nothing uses", lambda t: _set(t["Parameters"], "Spare", {"Type": "String"})
    yield "two resources that wait for each other", lambda t: _set(t["Resources"][role], "DependsOn", function)
    yield (
        "a variable that Fn::Sub cannot fill",
        lambda t: _set(_p(t, function), "Description", {"Fn::Sub": "for ${Stage}"}),
    )
    yield "a dependency on nothing", lambda t: _set(t["Resources"][function], "DependsOn", ["Missing"])
    yield "an effect that IAM has not", lambda t: _set(_grant(t), "Effect", "Permit")
    yield "an action that DynamoDB has not", lambda t: _set(_grant(t), "Action", ["dynamodb:PutItems"])
    yield "a grant on what is no ARN", lambda t: _set(_grant(t), "Resource", ["table/transactions"])
    yield "a grant on a whole service", lambda t: _set(_grant(t), "Action", ["dynamodb:*"])
    yield (
        "a grant on every table",
        lambda t: _set(
            _grant(t),
            "Resource",
            [{"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"}],
        ),
    )
    yield (
        "a managed policy of one partition",
        lambda t: _set(_p(t, role), "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"]),
    )
    yield (
        "a role by its name, so in no order",
        lambda t: _set(
            _p(t, function), "Role", {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/validation"}
        ),
    )
    yield (
        "a name too long in production",
        lambda t: _set(_p(t, function), "FunctionName", {"Fn::Sub": "lambda-of-the-payment-validation-${Environment}"}),
    )


def _in_keys_and_table() -> Iterator[tuple[str, str, Callable[[Template], object]]]:
    logs = "kms:EncryptionContext:aws:logs:arn"
    yield "encryption", "a key that is gone at once", lambda t: _set(_p(t, "SnsKey"), "PendingWindowInDays", 3)
    yield "encryption", "an alias without its prefix", lambda t: _set(_p(t, "SnsKeyAlias"), "AliasName", "sns")
    yield "encryption", "a key that alarms may not use", lambda t: _without(t, "SnsKey", "KeyPolicy", "AllowAlarms")
    yield (
        "encryption",
        "a key for every environment's logs",
        lambda t: _set(
            _only(t, "CloudwatchKey", "AllowLogs")["Condition"]["ArnLike"],
            logs,
            {"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"},
        ),
    )
    yield (
        "storage",
        "a key attribute that is not defined",
        lambda t: _set(_p(t, "TransactionsTable")["AttributeDefinitions"][0], "AttributeName", "id"),
    )
    yield (
        "storage",
        "provisioned without a throughput",
        lambda t: _set(_p(t, "TransactionsTable"), "BillingMode", "PROVISIONED"),
    )
    yield (
        "storage",
        "a billing mode that there is not",
        lambda t: _set(_p(t, "TransactionsTable"), "BillingMode", "FREE"),
    )
    yield "storage", "a table without tags", lambda t: _p(t, "TransactionsTable").pop("Tags")


def _in_monitoring_and_notices() -> Iterator[tuple[str, str, Callable[[Template], object]]]:
    alarm, topic = "WorkflowFailuresAlarm", "NotificationsTopicPolicy"
    yield "monitoring", "a comparison that there is not", lambda t: _set(_p(t, alarm), "ComparisonOperator", "Above")
    yield "monitoring", "a period of seven seconds", lambda t: _set(_p(t, alarm), "Period", 7)
    yield "monitoring", "two statistics at once", lambda t: _set(_p(t, alarm), "ExtendedStatistic", "p99")
    yield "monitoring", "a metric that nobody publishes", lambda t: _set(_p(t, alarm), "MetricName", "ExecutionFailed")
    yield (
        "notifications",
        "a topic that alarms may not publish to",
        lambda t: _without(t, topic, "PolicyDocument", "AllowAlarms"),
    )
    yield (
        "notifications",
        "alarms compared as text with a pattern",
        lambda t: _set(
            _p(t, topic)["PolicyDocument"]["Statement"][0],
            "Condition",
            {
                "StringEquals": {
                    "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:cloudwatch:*:${AWS::AccountId}:alarm:*"}
                }
            },
        ),
    )
    yield (
        "notifications",
        "a topic that everybody is denied",
        lambda t: _p(t, topic)["PolicyDocument"]["Statement"].append(
            {"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": {"Ref": "NotificationsTopic"}}
        ),
    )


def _in_workflow() -> Iterator[tuple[str, Callable[[Template], object]]]:
    yield "a step to nowhere", lambda t: _set(_states(t)["ReceivePayment"], "Next", "Nowhere")
    yield "a state without a type", lambda t: _states(t)["ReceivePayment"].pop("Type")
    yield "a state that nothing leads to", lambda t: _set(_states(t), "Forgotten", {"Type": "Succeed"})
    yield "States.ALL before the others", lambda t: _states(t)["ProcessPayment"]["Catch"].reverse()
    yield "a task without a time limit", lambda t: _states(t)["ProcessPayment"].pop("TimeoutSeconds")
    yield "a negative number of attempts", lambda t: _set(_states(t)["ProcessPayment"]["Retry"][0], "MaxAttempts", -1)
    yield "a retention that there is not", lambda t: _set(_p(t, "WorkflowLogGroup"), "RetentionInDays", 2)
    yield (
        "vended logs outside their prefix",
        lambda t: _set(
            _p(t, "WorkflowLogGroup"), "LogGroupName", {"Fn::Sub": "/aws/states/sfn-payment-workflow-${Environment}"}
        ),
    )


def _in_root() -> Iterator[tuple[str, Callable[[Template], object]]]:
    yield (
        "an output read by a misspelt path",
        lambda t: _set(
            t["Outputs"]["TransactionsTableArn"], "Value", {"Fn::GetAtt": ["Storage", "Output.TransactionsTableArn"]}
        ),
    )
    yield (
        "an output that the child has not",
        lambda t: _set(t["Outputs"]["TransactionsTableArn"], "Value", {"Fn::GetAtt": ["Storage", "Outputs.TableArn"]}),
    )
    yield "a logical id with a hyphen", lambda t: _set(t["Resources"], "Pay-ments", t["Resources"].pop("Storage"))
    yield "an output that is no text", lambda t: _set(t["Outputs"]["TransactionsTableArn"], "Value", {"a": "b"})
    yield "a section that there is not", lambda t: _set(t, "Resource", {})
    yield "a parameter that the child has not", lambda t: _set(_p(t, "Storage")["Parameters"], "Spare", "1")
    yield "a text for a child's number", lambda t: _set(t["Parameters"]["ErrorsThreshold"], "Type", "String")
    yield "values that a child refuses", lambda t: t["Parameters"]["ResourceCoverage"]["AllowedValues"].append("some")


DEFECTS = (
    *(Defect(name, "functions", make) for name, make in _in_functions()),
    *(Defect(name, template, make) for template, name, make in _in_keys_and_table()),
    *(Defect(name, template, make) for template, name, make in _in_monitoring_and_notices()),
    *(Defect(name, "workflow", make) for name, make in _in_workflow()),
    *(
        Defect(name, "workflow", make)
        for slips in (in_expressions, in_fields, in_integrations, in_depth)
        for name, make in slips()
    ),
    *(Defect(name, "root", make) for name, make in _in_root()),
    *(Defect(name, template, make) for slips in (*AREAS.values(), *STEPS.values()) for template, name, make in slips()),
)
