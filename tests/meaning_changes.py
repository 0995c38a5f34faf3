"""Changes that break, and that keep, the rules about what a set means: versions, measures, waits, filters, rules."""

from __future__ import annotations

import copy
from typing import Any

from set_changes import STATES, Change, Sets, props, put, states, together
from watching_changes import alarm, change, pattern

VALIDATION, PROCESSING = "ValidationFunction", "ProcessingFunction"
QUEUE = "UndeliveredNotices"
NAMES, VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"
PRODUCTION = "RealGatewayInProduction"


def version(sets: Sets, title: str) -> str:
    return next(str(each) for each in sets["functions"]["Resources"] if each.startswith(f"{title}Version"))


def set_property(logical: str, **values: Any) -> Change:
    return lambda sets: props(sets, "functions", logical).update(values)


def set_variable(logical: str, name: str, value: str) -> Change:
    return lambda sets: put(props(sets, "functions", logical)["Environment"]["Variables"], name, value)


def another_version(**more: Any) -> Change:
    def changed(sets: Sets) -> None:
        made = copy.deepcopy(sets["functions"]["Resources"][version(sets, "Validation")])
        made.pop("Metadata")
        sets["functions"]["Resources"]["ValidationVersionBefore"] = {**made, **more}

    return changed


def without_artifact(sets: Sets) -> None:
    sets["functions"]["Resources"][version(sets, "Validation")].pop("Metadata")


def made(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = pattern(sets)["MetricTransformations"][0]
    return found


def composite(sets: Sets) -> dict[str, Any]:
    return props(sets, "monitoring", "PaymentHealthAlarm")


def rings_when(text: str) -> Change:
    return lambda sets: put(composite(sets), "AlarmRule", {"Fn::Sub": text})


def by_alias(value: Any) -> Change:
    return lambda sets: alarm(sets, "ValidationErrors")["Dimensions"].append({"Name": "Resource", "Value": value})


def named(title: str, name: str, **values: Any) -> Change:
    """Another alarm beside this one, under another name."""

    def changed(sets: Sets) -> None:
        found = copy.deepcopy(sets["monitoring"]["Resources"][f"{title}Alarm"])
        found["Properties"].update(AlarmName=name, **values)
        sets["monitoring"]["Resources"]["SecondAlarm"] = found

    return changed


def argument(state: str, field: str, key: str, value: Any) -> Change:
    return lambda sets: put(states(sets)[state]["Arguments"][field], key, value)


def expression(state: str, field: str, value: Any) -> Change:
    return lambda sets: put(states(sets)[state]["Arguments"], field, value)


def error(state: str, field: str, *names: str) -> Change:
    return lambda sets: put(states(sets)[state][field][0], "ErrorEquals", list(names))


def output(state: str, text: str) -> Change:
    return lambda sets: put(states(sets)[state], "Output", f"{{% {text} %}}")


def condition(state: str, text: str) -> Change:
    return lambda sets: put(states(sets)[state]["Choices"][0], "Condition", f"{{% {text} %}}")


def seconds(text: str) -> Change:
    return lambda sets: put(states(sets)["WaitForOutcome"], "Seconds", f"{{% {text} %}}")


def ends_after(timeout: int) -> Change:
    return lambda sets: put(props(sets, "workflow", STATES)["Definition"], "TimeoutSeconds", timeout)


def filtered(policy: Any, **more: Any) -> Change:
    return lambda sets: props(sets, "notifications", "EmailSubscription").update(FilterPolicy=policy, **more)


def turned(stack: str, name: str) -> Change:
    def changed(sets: Sets) -> None:
        conditions = sets[stack]["Conditions"]
        conditions[name] = conditions[name]["Fn::Not"][0]

    return changed


def rule(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = sets["root"]["Rules"][PRODUCTION]
    return found


def asserts(test: Any) -> Change:
    return lambda sets: put(rule(sets)["Assertions"][0], "Assert", test)


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def may_publish(sets: Sets) -> None:
    """The processing function may publish to the topic as well."""
    allowed = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}
    policies = props(sets, "functions", "ProcessingRole")["Policies"]
    policies[0]["PolicyDocument"]["Statement"].append(allowed)


def waits_for_token(sets: Sets) -> None:
    resource = {"Fn::Sub": "arn:${AWS::Partition}:states:::sns:publish.waitForTaskToken"}
    states(sets)["NotifyFailure"]["Resource"] = resource


def hands_token_over(sets: Sets) -> None:
    states(sets)["NotifyFailure"]["Arguments"]["Message"] = "{% $states.context.Task.Token %}"


BAD: list[tuple[str, str, Change]] = [
    ("PF080", "memory", set_property(VALIDATION, MemorySize=512)),
    ("PF080", "a variable", set_variable(PROCESSING, "LOG_LEVEL", "DEBUG")),
    ("PF080", "the key", set_property(VALIDATION, KmsKeyArn=ref("CloudwatchKeyArn"))),
    ("PF080", "the artifact",
     lambda s: put(s["functions"]["Resources"][version(s, "Validation")]["Metadata"]["payflow"], "artifact", "b")),
    ("PF080", "two versions", another_version()),
    ("PF081", "in flight", change(QUEUE, MetricName="ApproximateNumberOfMessagesNotVisible")),
    ("PF081", "an average of failures", change("WorkflowFailures", Statistic="Average")),
    ("PF081", "a percentile of aborts", lambda s: alarm(s, "WorkflowAborts").update(ExtendedStatistic="p90")),
    ("PF081", "the least of throttles", change("ValidationThrottles", Statistic="Minimum")),
    ("PF081", "a greatest of failures", change("WorkflowFailures", Statistic="Maximum", Threshold=2)),
    ("PF081", "how many throttles were counted", change("ValidationThrottles", Statistic="SampleCount")),
    ("PF081", "a sum of messages", change(QUEUE, Statistic="Sum", Threshold=5)),
    ("PF081", "a sum of times", change("PaymentDuration", Statistic="Sum")),
    ("PF081", "a constant for a time", lambda s: put(made(s), "MetricValue", "1")),
    ("PF081", "milliseconds as seconds", lambda s: put(made(s), "Unit", "Seconds")),
    ("PF081", "a bare alias", by_alias("live")),
    ("PF081", "an ARN of an alias", by_alias({"Fn::Sub": "arn:${AWS::Partition}:lambda:::function:x:live"})),
    ("PF081", "all at once", lambda s: put(composite(s)["AlarmRule"]["Fn::Join"], 0, " AND ")),  # type: ignore[arg-type]
    ("PF081", "no such alarm", rings_when('ALARM("alarm-sfn-failure-${Environment}")')),
    ("PF082", "errors for throttles", change("ValidationThrottles", MetricName="Errors")),
    ("PF082", "failures for timeouts", change("WorkflowTimeouts", MetricName="ExecutionsFailed")),
    ("PF082", "calls for errors", change("ValidationErrors", MetricName="Invocations")),
    ("PF082", "the same twice", named("ValidationErrors", "another")),
    ("PF083", "a value without use", argument("MarkTold", VALUES, ":x", {"S": "x"})),
    ("PF083", "a missing value", lambda s: states(s)["MarkTold"]["Arguments"][VALUES].pop(":me")),
    ("PF083", "a missing name", lambda s: states(s)["ClaimNotice"]["Arguments"].pop(NAMES)),
    ("PF083", "a name without use", expression("MarkTold", NAMES, {"#status": "status"})),
    ("PF083", "values without an expression", lambda s: [
        states(s)["MarkTold"]["Arguments"].pop(each) for each in ("UpdateExpression", "ConditionExpression")
    ]),
    ("PF084", "the SDK's spelling", error("ClaimNotice", "Catch", "DynamoDb.ConditionalCheckFailedException")),
    ("PF084", "a slip", error("ClaimNotice", "Retry", "DynamoDB.ConditionCheckFailedException")),
    ("PF084", "without its end", error("ClaimNotice", "Retry", "DynamoDB.ConditionalCheckFailed")),
    ("PF084", "another service", error("NotifyFailure", "Retry", "Lambda.ServiceException")),
    ("PF085", "a value that is never sent", filtered({"status": ["LOST"]})),
    ("PF085", "an attribute that is not sent", filtered({"state": ["DECLINED"]})),
    ("PF085", "one of two", filtered({"status": ["DECLINED"], "shop": [{"prefix": "a"}]})),
    ("PF086", "no address", turned("notifications", "HasEmail")),
    ("PF086", "no boundary", turned("workflow", "HasBoundary")),
    ("PF086", "the sides of an If", lambda s: props(s, "workflow", "WorkflowRole")["PermissionsBoundary"].update(
        {"Fn::If": ["HasBoundary", ref("AWS::NoValue"), {"Fn::Sub": "x/${PermissionsBoundary}"}]}
    )),
    ("PF087", "no assertion", lambda s: put(rule(s), "Assertions", [])),
    ("PF087", "every value", asserts({"Fn::Contains": [["true", "false"], ref("AllowSimulatedGateway")]})),
    ("PF087", "the same", asserts({"Fn::Equals": ["a", "a"]})),
    ("PF087", "no value",
     lambda s: put(rule(s), "RuleCondition", {"Fn::Equals": [ref("GatewayAdapter"), "simulation"]})),
    ("PF087", "a value that the pattern refuses",
     lambda s: put(rule(s), "RuleCondition", {"Fn::Equals": [ref("Environment"), "Production"]})),
    ("PF088", "the code's level", set_variable(PROCESSING, "LOG_LEVEL", "WARNING")),
    ("PF088", "the library's level", set_variable(PROCESSING, "POWERTOOLS_LOG_LEVEL", "ERROR")),
    ("PF088", "Lambda's level", lambda s: props(s, "functions", PROCESSING)["LoggingConfig"].update(
        LogFormat="JSON", ApplicationLogLevel="FATAL"
    )),
    ("PF089", "one too many", condition("AskAgain", "$asks <= 5")),
    ("PF089", "one too many, turned round", condition("AskAgain", "6 > $asks")),
    ("PF089", "one too few", condition("AskAgain", "$asks < 4 and true")),
    ("PF089", "the next entry", seconds("[60, 360, 3600, 86400, 86400][$asks + 1]")),
    ("PF089", "the entry before", seconds("[60, 360, 3600, 86400, 86400, 1][$asks - 1]")),
    ("PF019", "waits", ends_after(176_820)),
    ("PF019", "a long wait", lambda s: put(states(s)["AwaitNotice"], "Seconds", 190_000)),
    ("PF019", "pauses", lambda s: states(s)["NotifyFailure"]["Retry"][0].update(
        IntervalSeconds=600, MaxDelaySeconds=86_400, MaxAttempts=9
    )),
    ("PF036", "a number and a text", condition("AskAgain", "$asks < '5'")),
    ("PF036", "never equal", condition("AskAgain", "$asks = '5'")),
    ("PF036", "a variable of a wrong kind", output("MarkTold", "$uppercase($tries)")),
    ("PF036", "a wrong kind", output("MarkTold", "$uppercase(5)")),
    ("PF036", "a wrong kind after ~>", output("MarkTold", "'a' ~> $substring('1')")),
    ("PF036", "no entry", seconds("[60, 360][2]")),
    ("PF036", "no entry before", seconds("[60, 360][-3]")),
    ("PF036", "a token", output("MarkTold", "$states.context.Task.Token")),
    ("PF036", "no token", waits_for_token),
    ("PF046", "a constant below the threshold", lambda s: put(made(s), "MetricValue", "1")),
    ("PF052", "an old runtime", set_property(VALIDATION, Runtime="python3.9")),
    ("PF054", "the table's key", set_property(VALIDATION, KmsKeyArn=ref("DynamodbKeyArn"))),
    ("PF071", "a day", lambda s: put(
        props(s, "storage", "TransactionsTable")["PointInTimeRecoverySpecification"], "RecoveryPeriodInDays", 1
    )),
    ("PF075", "no errors", lambda s: put(props(s, "workflow", STATES)["LoggingConfiguration"], "Level", "FATAL")),
]  # fmt: skip
GOOD: list[tuple[str, Change]] = [
    ("PF080 a tag", lambda s: props(s, "functions", VALIDATION)["Tags"].append({"Key": "Team", "Value": "a"})),
    ("PF080 a version that does not say its artifact",
     together(without_artifact, set_property(VALIDATION, MemorySize=1))),
    ("PF080 a version under a condition", another_version(Condition="HasBoundary")),
    ("PF081 a rate", change("ValidationErrors", Statistic="Average", Threshold=0.05)),
    ("PF081 any failure", change("WorkflowFailures", Statistic="Maximum", Threshold=0)),
    ("PF081 any message", change(QUEUE, Statistic="Sum")),
    ("PF081 a function's alias", by_alias({"Fn::Sub": "lambda-payment-validation-${Environment}:live"})),
    ("PF081 an unqualified call", by_alias({"Fn::Sub": "lambda-payment-validation-${Environment}"})),
    ("PF081 two at once", rings_when(
        'ALARM("alarm-sfn-failures-${Environment}") AND ALARM("alarm-sfn-aborts-${Environment}")'
    )),
    ("PF081 another stack's alarm", rings_when('ALARM("shop-is-down")')),
    ("PF082 another threshold", named("ValidationErrors", "another", Threshold=50)),
    ("PF082 a name of two things", named("ValidationErrors", "errors-and-throttles", Threshold=50)),
    ("PF083 an expression that is put together", expression("MarkTold", "UpdateExpression", "{% 'SET a = :a' %}")),
    ("PF084 an error that no model has", error("NotifyFailure", "Retry", "SNS.SdkClientException")),
    ("PF084 an error of the code", error("ProcessPayment", "Retry", "Bank.Closed")),
    ("PF085 a value that is sent", filtered({"status": ["DECLINED"]})),
    ("PF085 an environment", filtered({"environment": ["production"], "error": [{"exists": True}]})),
    ("PF085 no attribute", filtered({"shop": [{"exists": False}]})),
    ("PF085 a filter on the body", filtered({"state": ["LOST"]}, FilterPolicyScope="MessageBody")),
    ("PF085 one of several", filtered({"$or": [{"status": ["LOST"]}, {"status": ["UNKNOWN"]}]})),
    ("PF085 anybody else who publishes", together(filtered({"status": ["LOST"]}), may_publish)),
    ("PF086 a default for an empty value", lambda s: props(s, "workflow", "WorkflowRole").update(
        Description={"Fn::If": ["HasBoundary", ref("PermissionsBoundary"), "none"]}
    )),
    ("PF087 a value of the account", asserts({"Fn::Equals": [ref("AWS::Region"), ref("AWS::Region")]})),
    ("PF088 a level that shows it", set_variable(PROCESSING, "LOG_LEVEL", "info")),
    ("PF088 a level that nothing reads", set_variable(PROCESSING, "LEVEL", "ERROR")),
    ("PF088 a level of text lines", lambda s: props(s, "functions", PROCESSING)["LoggingConfig"].update(
        LogFormat="Text", ApplicationLogLevel="FATAL"
    )),
    ("PF088 another function's level", set_variable(VALIDATION, "LOG_LEVEL", "ERROR")),
    ("PF089 a list without a loop's limit", condition("AskAgain", "$asks < $tries")),
    ("PF019 a timeout that is long enough", ends_after(200_000)),
    ("PF036 a text of a number", output("MarkTold", "$uppercase($string($tries))")),
    ("PF036 an entry from the end", seconds("[60, 360][-2]")),
    ("PF036 an argument that is handed over", output("MarkTold", "5 ~> $string")),
    ("PF036 the token of a task that waits", together(waits_for_token, hands_token_over)),
    ("PF071 a month", lambda s: put(
        props(s, "storage", "TransactionsTable")["PointInTimeRecoverySpecification"], "RecoveryPeriodInDays", 30
    )),
]  # fmt: skip
