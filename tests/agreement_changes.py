"""Changes that break, and that keep, the rules about what has to agree: counts, calls, choices, notices and tables."""

from __future__ import annotations

import copy
import json
from typing import Any

from meaning_changes import condition
from set_changes import STATES, Change, Sets, props, put, states, together
from step_changes import elsewhere, payload
from watching_changes import alarm, change

NOTICE = "NotifyFailure"


def query(title: str, ident: str) -> Any:
    return lambda sets: next(each for each in alarm(sets, title)["Metrics"] if each["Id"] == ident)


def expression(title: str, ident: str, text: Any) -> Change:
    return lambda sets: put(query(title, ident)(sets), "Expression", text)


def stat(title: str, ident: str, **values: Any) -> Change:
    return lambda sets: query(title, ident)(sets)["MetricStat"].update(values)


def goal(**values: Any) -> Change:
    return lambda sets: sets["root"]["Parameters"]["SettledGoalPercent"].update(values)


def without(state: str, *keys: str) -> Change:
    def changed(sets: Sets) -> None:
        found = states(sets)[state]["Arguments"]["Payload"]
        for each in keys[:-1]:
            found = found[each]
        del found[keys[-1]]

    return changed


def first_choice(state: str, text: str) -> Change:
    """Another choice, before those of the state."""
    made = {"Condition": f"{{% {text} %}}", "Next": "PaymentFailed"}
    return lambda sets: states(sets)[state]["Choices"].insert(0, made)


def typed(name: str, kind: str, **values: Any) -> Change:
    return lambda sets: states(sets)[NOTICE]["Arguments"]["MessageAttributes"][name].update(DataType=kind, **values)


def caught(state: str, target: str) -> Change:
    return lambda sets: put(states(sets)[state]["Catch"][-1], "Next", target)


def next_is(state: str, target: str) -> Change:
    return lambda sets: put(states(sets)[state], "Next", target)


def another_alarm(title: str, logical: str, **values: Any) -> Change:
    def changed(sets: Sets) -> None:
        found = copy.deepcopy(sets["monitoring"]["Resources"][f"{title}Alarm"])
        found["Properties"].update(values)
        sets["monitoring"]["Resources"][logical] = found

    return changed


def events(**values: Any) -> Change:
    """A bus, a rule on it, its queues, and a Task that puts an event; `values` are the rule's properties."""
    arns = [{"Fn::GetAtt": [each, "Arn"]} for each in ("Results", "Letters")]
    by_rule = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["ResultsRule", "Arn"]}}}
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    entry = {"Source": "shop", "DetailType": "Result", "Detail": "{% {'status': $status} %}"}
    target = {"Id": "queue", "Arn": arns[0], "DeadLetterConfig": {"Arn": arns[1]}}
    found = {
        "Results": {"Type": "AWS::SQS::Queue"},
        "Letters": {"Type": "AWS::SQS::Queue"},
        "ResultsBus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "results"}},
        "ResultsRule": {
            "Type": "AWS::Events::Rule",
            "Properties": {"EventBusName": {"Ref": "ResultsBus"}, "Targets": [target],
                           "EventPattern": {"source": ["shop"], "detail": {"status": ["COMPLETED"]}}, **values},
        },
        "ResultsPolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Results"}, {"Ref": "Letters"}],
                "PolicyDocument": {"Statement": [{**statement, "Resource": arns, "Condition": by_rule}]},
            },
        },
    }  # fmt: skip

    def changed(sets: Sets) -> None:
        sets["workflow"]["Resources"].update(found)
        states(sets)["Publish"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {"Entries": [{**entry, "EventBusName": {"Ref": "ResultsBus"}}]},
            "Next": "PaymentComplete",
        }

    return changed


def of_rule(**values: Any) -> Change:
    return together(events(), lambda s: s["workflow"]["Resources"]["ResultsPolicy"]["Properties"].update(values))


def entry(**values: Any) -> Change:
    return lambda sets: states(sets)["Publish"]["Arguments"]["Entries"][0].update(values)


def second_entry(sets: Sets) -> None:
    found = states(sets)["Publish"]["Arguments"]["Entries"]
    found.append({key: value for key, value in found[0].items() if key != "EventBusName"})


def table(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "storage", "TransactionsTable")
    return found


def index_key(name: str) -> Change:
    """A key attribute of the index under another name."""

    def changed(sets: Sets) -> None:
        for key in ("AttributeDefinitions", "GlobalSecondaryIndexes"):
            table(sets)[key] = json.loads(json.dumps(table(sets)[key]).replace("open_since", name))

    return changed


def key_type(name: str, kind: str) -> Change:
    def changed(sets: Sets) -> None:
        for each in table(sets)["AttributeDefinitions"]:
            if each["AttributeName"] == name:
                each["AttributeType"] = kind

    return changed


def row_status(text: str) -> Change:
    return lambda sets: states(sets)["RecordFailure"]["Assign"].update(status=f"{{% {text} %}}")


def remembered(text: str) -> Change:
    """The row of the record in a variable, and a choice that reads it."""
    return together(
        lambda s: states(s)["RecordFailure"]["Assign"].update(row="{% $states.result.Attributes %}"),
        first_choice("RouteUnknown", text),
    )


def secret(key: str) -> Change:
    made = {"SecretStringTemplate": "{}", "GenerateStringKey": key}
    return lambda sets: props(sets, "functions", "GatewaySecret")["GenerateSecretString"].update(made)


def weighted(version: Any) -> Change:
    weights = [{"FunctionVersion": version, "FunctionWeight": 0.1}]
    return lambda sets: put(props(sets, "functions", "ProcessingAlias"), "RoutingConfig",
                            {"AdditionalVersionWeights": weights})  # fmt: skip


def default(name: str, value: str) -> Change:
    return lambda sets: put(sets["root"]["Parameters"][name], "Default", value)


def exported(name: Any) -> Change:
    return lambda sets: put(sets["storage"]["Outputs"]["TransactionsTableName"], "Export", {"Name": name})


def logged_to(arn: str) -> Change:
    found = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::Sub": arn}}}
    return lambda sets: put(props(sets, "workflow", STATES)["LoggingConfiguration"], "Destinations", [found])


def queue(**values: Any) -> Change:
    """A queue with dead letters, beside that of the notices."""
    letters = {"Fn::GetAtt": ["NotificationsDeadLetterQueue", "Arn"]}
    redrive = {"RedrivePolicy": {"deadLetterTargetArn": letters, "maxReceiveCount": 5}}
    made = {"Type": "AWS::SQS::Queue", "Properties": {**redrive, **values}}
    return lambda sets: put(sets["notifications"]["Resources"], "Orders", made)


def kept(policy: str) -> Change:
    def changed(sets: Sets) -> None:
        for each in sets["functions"]["Resources"].values():
            if each["Type"] == "AWS::Lambda::Version":
                each["UpdateReplacePolicy"] = policy

    return changed


def event_name(name: str) -> Change:
    def changed(sets: Sets) -> None:
        found = props(sets, "monitoring", "PaymentDurationFilter")
        found["FilterPattern"] = found["FilterPattern"].replace("payment_processed", name)

    return changed


GROUP = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/vendedlogs/states/x-${Environment}"
SAME = {"Fn::GetAtt": ["Results", "Arn"]}


BAD: list[tuple[str, str, Change]] = [
    ("PF101", "a sum", expression("DeclineRate", "total", "completed + FILL(declined, 0)")),
    ("PF101", "a difference", expression("InTimeSlowBurn", "part", "total - quick")),
    ("PF101", "a goal by default", goal(Default=100, AllowedValues=[99, 100])),
    ("PF101", "an allowed goal", lambda s: s["root"]["Parameters"]["InTimeGoalPercent"]["AllowedValues"].append(100)),
    ("PF101", "the greatest goal", lambda s: put(s["root"]["Parameters"], "SettledGoalPercent",
                                                {"Type": "Number", "Default": 99, "MaxValue": 100})),
    ("PF102", "an alarm for ever", change("PaymentUnknown", TreatMissingData="ignore")),
    ("PF102", "three periods", change("NoticesLost", EvaluationPeriods=3)),
    ("PF102", "two of three", change("NoticesLost", EvaluationPeriods=3, DatapointsToAlarm=2)),
    ("PF103", "swapped", change("PaymentDuration", Threshold=900000)),
    ("PF103", "another side", stat("InTimeSlowBurn", "quick", Stat={"Fn::Sub": "TC(${SettledWithinMs}:)"})),
    ("PF103", "another sum", expression("SettledFastBurn", "part", "FILL(failed, 0)")),
    ("PF104", "a field less", without("ReconcilePayment", "execution")),
    ("PF104", "a field of a field less", without("ProcessPayment", "gateway", "url")),
    ("PF104", "another time", payload("ProcessPayment", clock_margin_seconds=5)),
    ("PF104", "a flag that is never set", payload("ReconcilePayment", last=False)),
    ("PF105", "a flag that is left out", first_choice("RouteProcessing", "$outcome = 'DECLINED'")),
    ("PF105", "a list", first_choice("RouteTold", "$outcome in ['DECLINED', 'FAILED', 'UNKNOWN']")),
    ("PF105", "the same twice", first_choice("RouteNotice", "$tries < 3")),
    ("PF106", "a text of the workflow", typed("status", "Number")),
    ("PF106", "a text", typed("environment", "Number", StringValue="dev")),
    ("PF107", "recorded at once", caught("ProcessPayment", "RecordFailure")),
    ("PF107", "told at once", caught("ProcessPayment", "RouteUnknown")),
    ("PF107", "an end", caught("ProcessPayment", "PaymentFailed")),
    ("PF108", "an unexpected outcome", next_is("UnexpectedOutcome", "PaymentFailed")),
    ("PF108", "the Default of a choice", lambda s: put(states(s)["RouteRecord"], "Default", "PaymentFailed")),
    ("PF108", "a failed validation", caught("ValidatePayment", "PaymentFailed")),
    ("PF109", "another source", events(EventPattern={"source": ["shops"]})),
    ("PF109", "another type", events(EventPattern={"detail-type": ["result"]})),
    ("PF109", "another status", events(EventPattern={"detail": {"status": ["COMPLETED", "SUCCEEDED"]}})),
    ("PF109", "switched off", events(State="DISABLED")),
    ("PF109", "the account's bus", together(events(), second_entry)),
    ("PF109", "its own dead letters",
     events(Targets=[{"Id": "queue", "Arn": SAME, "DeadLetterConfig": {"Arn": SAME}}])),
    ("PF110", "one queue", of_rule(Queues=[{"Ref": "Results"}])),
    ("PF110", "no policy", together(events(), lambda s: s["workflow"]["Resources"].pop("ResultsPolicy"))),
    ("PF110", "another rule", together(events(), lambda s: put(
        s["workflow"]["Resources"]["ResultsPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]["Condition"],
        "ArnEquals", {"aws:SourceArn": {"Fn::GetAtt": ["ResultsBus", "Arn"]}}))),
    ("PF111", "another key", index_key("opened_at")),
    ("PF111", "another type", key_type("open_shard", "N")),
    ("PF111", "a type of a Task", together(index_key("notice_until"), key_type("notice_until", "S"))),
    ("PF112", "without its type", row_status("$states.result.Attributes.status = 'FAILED' ? 'FAILED' : $status")),
    ("PF112", "a list", row_status("$states.result.Attributes.status in ['FAILED'] ? 'FAILED' : $status")),
    ("PF112", "another type", row_status("$states.result.Attributes.status.N")),
    ("PF112", "a type of a helper", row_status("$states.result.Attributes.amount.S")),
    ("PF112", "a variable", remembered("$row.status = 'FAILED'")),
    ("PF113", "limits below their steps", default("PaymentLimits", "USD 5000 10000")),
    ("PF113", "the coverage of a laptop", default("ResourceCoverage", "core")),
    ("PF114", "another key", secret("apiKey")),
    ("PF006", "a constant", lambda s: put(props(s, "root", "Functions")["Parameters"], "GatewayAdapter", "simulated")),
    ("PF031", "an ARN without its end", logged_to(GROUP)),
    ("PF041", "an export", exported("payments-table")),
    ("PF047", "an event that the code does not put together", event_name("payment_completed")),
    ("PF051", "a canary", weighted("1")),
    ("PF054", "no concurrency",
     lambda s: put(props(s, "functions", "ProcessingFunction"), "ReservedConcurrentExecutions", 0)),
    ("PF070", "a version", kept("Delete")),
    ("PF078", "messages that go before their attempts", queue(MessageRetentionPeriod=120)),
    ("PF098", "allowed by default", default("AllowSimulatedGateway", "true")),
    ("PF053", "a constant environment", lambda s: put(
        props(s, "functions", "ProcessingFunction")["Environment"]["Variables"], "ENVIRONMENT", "dev")),
    ("PF054", "the role of another machine",
     lambda s: put(props(s, "workflow", STATES), "StateMachineName", {"Fn::Sub": "other-${Environment}"})),
    ("PF054", "the key of something else", lambda s: put(
        props(s, "workflow", STATES)["EncryptionConfiguration"], "KmsKeyId", {"Ref": "CloudwatchKeyArn"})),
    ("PF115", "a cap", lambda s: table(s).update(OnDemandThroughput={"MaxWriteRequestUnits": 10})),
    ("PF115", "keys only",
     lambda s: put(table(s)["GlobalSecondaryIndexes"][0], "Projection", {"ProjectionType": "KEYS_ONLY"})),
    ("PF083", "a reserved word", lambda s: states(s)["ReopenPayment"]["Arguments"].update(
        ConditionExpression="status = :execution")),
]  # fmt: skip
GOOD: list[tuple[str, Change]] = [
    ("PF101 filled at once", expression("DeclineRate", "total", "FILL(METRICS(), 0)")),
    ("PF101 a quotient", expression("DeclineRate", "part", "declined / completed")),
    ("PF101 a floor of nothing", lambda s: s["root"]["Parameters"]["RateFloor"].update(MinValue=0)),
    ("PF102 a value that a line holds", change("PaymentDuration", TreatMissingData="ignore", Threshold=5)),
    ("PF102 missing data", change("NoticesLost", TreatMissingData="missing")),
    ("PF102 another threshold", change("NoticesLost", Threshold=4, EvaluationPeriods=2)),
    ("PF102 another set", together(elsewhere, change("NoticesLost", EvaluationPeriods=3))),
    ("PF103 one threshold", change("PaymentDuration", Threshold=240000)),
    ("PF103 another metric", change("PaymentDuration", Threshold=900000, MetricName="Other")),
    ("PF103 the average below", another_alarm("PaymentDuration", "LowAlarm", Threshold=900000,
                                              ComparisonOperator="LessThanThreshold")),
    ("PF104 a field of one's own choice",
     together(without("ProcessPayment", "clock_margin_seconds"), without("ReconcilePayment", "clock_margin_seconds"))),
    ("PF104 another set", together(elsewhere, payload("ProcessPayment", clock_margin_seconds=5))),
    ("PF105 a special one first", first_choice("RouteTold", "$told and $outcome in ['DECLINED', 'FAILED']")),
    ("PF105 a part", first_choice("RouteTold", "$outcome = 'DECLINED'")),
    ("PF105 another comparison", condition("RouteNotice", "$tries < 2")),
    ("PF106 a number", typed("environment", "Number", StringValue="7")),
    ("PF106 a number of the workflow", typed("status", "Number", StringValue="{% $string($tries) %}")),
    ("PF107 a pass before", together(lambda s: put(states(s), "Wait", {"Type": "Pass", "Next": "WaitForOutcome"}),
                                     caught("ProcessPayment", "Wait"))),
    ("PF107 another set", together(elsewhere, caught("ProcessPayment", "RecordFailure"))),
    ("PF108 a payment that was told", first_choice("RouteReconciliation", "$told and $outcome = 'UNKNOWN'")),
    ("PF108 a step of an extension",
     lambda s: put(states(s)["CountUnknown"]["Catch"][-1], "Next", "PaymentFailed")),
    ("PF109 its events", events()),
    ("PF109 a prefix", events(EventPattern={"source": [{"prefix": "sh"}]})),
    ("PF109 a field that is not known", events(EventPattern={"detail": {"amount": ["7"]}})),
    ("PF109 a source that the workflow works out",
     together(events(EventPattern={"source": ["shops"]}), entry(Source="{% $input.source %}"))),
    ("PF109 a bus of the account", events(EventBusName="default", State="DISABLED")),
    ("PF109 other publishers",
     together(events(State="DISABLED"), lambda s: put(s["workflow"]["Resources"], "Others", {
         "Type": "AWS::Events::EventBusPolicy", "Properties": {"StatementId": "all"}}))),
    ("PF110 its queues", events()),
    ("PF111 a key that a Task writes", together(index_key("notice_until"), key_type("notice_until", "N"))),
    ("PF111 a table that nothing here knows",
     lambda s: put(s["storage"]["Resources"], "Other", {"Type": "AWS::DynamoDB::Table", "Properties": {
         "KeySchema": [{"AttributeName": "order_number"}],
         "GlobalSecondaryIndexes": [{"KeySchema": [{"AttributeName": "shipped_at"}]}]}})),
    ("PF113 more limits", default("PaymentLimits", "USD 5000 1000, EUR 9000 4500")),
    ("PF114 the key of the code", secret("api_key")),
    ("PF031 an ARN with its end", logged_to(f"{GROUP}:*")),
    ("PF041 an export by environment", exported({"Fn::Sub": "table-${Environment}"})),
    ("PF041 an export by stack", exported({"Fn::Sub": "${AWS::StackName}-table"})),
    ("PF041 another set's export", together(elsewhere, exported("payments-table"))),
    ("PF047 an event that the code puts together", event_name("payment_ask")),
    ("PF051 a weight of another version", weighted({"Fn::GetAtt": ["ValidationVersion", "Version"]})),
    ("PF054 some concurrency",
     lambda s: put(props(s, "functions", "ProcessingFunction"), "ReservedConcurrentExecutions", 5)),
    ("PF078 time for the attempts", queue(MessageRetentionPeriod=3600, VisibilityTimeout=300)),
    ("PF053 another variable", lambda s: put(
        props(s, "functions", "ProcessingFunction")["Environment"]["Variables"], "LOG_LEVEL", "INFO")),
    ("PF054 a machine whose name is not known", lambda s: props(s, "workflow", STATES).pop("StateMachineName")),
    ("PF115 all attributes",
     lambda s: put(table(s)["GlobalSecondaryIndexes"][0], "Projection", {"ProjectionType": "ALL"})),
    ("PF112 its type", row_status("$states.result.Attributes.amount.N")),
    ("PF112 a variable", remembered("$row.status.S = 'FAILED'")),
    ("PF112 a variable of something else",
     together(remembered("$row.status = 'FAILED'"),
              lambda s: put(states(s)["RememberFacts"]["Assign"], "row", {"status": "None"}))),
    ("PF083 a word in a name", lambda s: states(s)["ReopenPayment"]["Arguments"].update(
        ConditionExpression="status_before = :execution")),
    ("PF110 a queue from elsewhere", events(Targets=[{"Id": "queue", "Arn": "arn:aws:sqs:eu-west-2:1:all"}])),
]  # fmt: skip
