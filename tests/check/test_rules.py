"""Each rule finds its breach in a copy of the shipped set, and nothing in the shipped set itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import trust_changes
from governed_sets import EVERYTHING, parsed
from payflow_cfn.check import check_set
from payflow_cfn.check.reasons import WILDCARDS
from payflow_cfn.check.rules import RULES, explanations
from payflow_cfn.check.templates import parse_set
from payflow_cfn.errors import CheckError
from payflow_cfn.settings import Settings
from set_changes import STATES, Change, Sets, drop_statement, props, put, role_policy, statement, states


def make_cycle(sets: Sets) -> None:
    passed = props(sets, "root", "Encryption")["Parameters"]
    passed["Loop"] = {"Fn::GetAtt": ["Workflow", "Outputs.StateMachineArn"]}


def add_unused(sets: Sets) -> None:
    sets["storage"]["Parameters"]["Spare"] = {"Type": "String"}


def no_end(sets: Sets) -> None:
    for state in states(sets).values():
        if state["Type"] in ("Succeed", "Fail"):
            state.update({"Type": "Pass", "Next": "ReceivePayment"})


def logs_pattern(sets: Sets, pattern: str) -> None:
    condition = statement(sets, "CloudwatchKey", "AllowLogs")["Condition"]["ArnLike"]
    condition["kms:EncryptionContext:aws:logs:arn"] = [{"Fn::Sub": pattern}]


_LOGS = "arn:${AWS::Partition}:logs:"
ACCOUNT = {"Ref": "AWS::AccountId"}
GROUPS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"
STATE_MACHINE_ARN = {"Fn::GetAtt": ["Workflow", "Outputs.StateMachineArn"]}


def sub(rest: str) -> dict[str, str]:
    return {"Fn::Sub": "arn:${AWS::Partition}:" + rest}


def monitoring_inputs(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "root", "Monitoring")["Parameters"]
    return found


def role(sets: Sets) -> dict[str, Any]:
    return props(sets, "workflow", "WorkflowRole")


def topic_statement(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"][0]
    return found


def topic_denial(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"][1]
    return found


def conditions(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = topic_statement(sets)["Condition"]
    return found


def move_condition(sets: Sets, operator: str, other: str, text: object = None) -> None:
    """Put the condition on aws:SourceArn under another operator (or another text under that)."""
    given = conditions(sets).pop(operator)["aws:SourceArn"]
    conditions(sets).setdefault(other, {})["aws:SourceArn"] = given if text is None else text


def deny(sets: Sets, condition: dict[str, Any]) -> None:
    """Add a denial for everybody to the topic's policy."""
    policy = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]
    more = {"Sid": "DenyPlainTransport", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sns:Publish"}
    policy["Statement"].append({**more, "Resource": {"Ref": "NotificationsTopic"}, "Condition": condition})


def logs_equal(sets: Sets, operator: str) -> None:
    """Put the log groups under another operator; under StringEquals the first as a pattern."""
    condition = statement(sets, "CloudwatchKey", "AllowLogs")["Condition"]
    condition[operator] = condition.pop("ArnLike")
    if operator == "StringEquals":
        context = "kms:EncryptionContext:aws:logs:arn"
        condition[operator][context] = [{"Fn::Sub": GROUPS + "log-group:*"}]


def pad(sets: Sets, size: int) -> None:
    """Make the root as long as this once it is written."""
    sets["root"]["Metadata"] = {"x": ""}
    sets["root"]["Metadata"]["x"] = "y" * (size - len(json.dumps(sets["root"]).encode()))


BAD: list[tuple[str, str, Change]] = [
    (
        "PF001",
        "renamed parameter",
        lambda s: put(s["storage"]["Parameters"], "Env", s["storage"]["Parameters"].pop("Environment")),
    ),
    ("PF001", "extra key", lambda s: put(props(s, "root", "Storage")["Parameters"], "Spare", "1")),
    ("PF002", "dropped output", lambda s: s["encryption"]["Outputs"].pop("SnsKeyArn")),
    ("PF003", "unused parameter", add_unused),
    ("PF003", "unread output", lambda s: put(s["storage"]["Outputs"], "Spare", {"Value": "1"})),
    ("PF004", "cycle", make_cycle),
    ("PF010", "dangling Next", lambda s: put(states(s)["RememberFacts"], "Next", "Nowhere")),
    ("PF011", "unreachable", lambda s: put(states(s), "Island", {"Type": "Succeed"})),
    ("PF012", "no terminal", no_end),
    ("PF013", "States.ALL first", lambda s: states(s)["RecordFailure"]["Catch"].reverse()),
    ("PF013", "States.ALL mixed", lambda s: states(s)["RecordFailure"]["Catch"][1]["ErrorEquals"].append("Other")),
    ("PF014", "no timeout", lambda s: states(s)["ProcessPayment"].pop("TimeoutSeconds")),
    ("PF014", "short timeout", lambda s: put(states(s)["ProcessPayment"], "TimeoutSeconds", 299)),
    ("PF015", "large data not caught", lambda s: states(s)["ProcessPayment"]["Catch"].pop(0)),
    ("PF016", "substitutions", lambda s: put(props(s, "workflow", STATES), "DefinitionSubstitutions", {"a": "b"})),
    ("PF020", "key without alarms", lambda s: drop_statement(s, "SnsKey", "AllowAlarms")),
    (
        "PF020",
        "topic without alarms",
        lambda s: props(s, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"].pop(0),
    ),
    ("PF021", "no logs statement", lambda s: drop_statement(s, "CloudwatchKey", "AllowLogs")),
    ("PF021", "other environments", lambda s: logs_pattern(s, _LOGS + "${AWS::Region}:${AWS::AccountId}:log-group:*")),
    ("PF021", "other regions", lambda s: logs_pattern(s, _LOGS + "*:${AWS::AccountId}:log-group:*-${Environment}")),
    ("PF021", "other accounts", lambda s: logs_pattern(s, _LOGS + "${AWS::Region}:*:log-group:*-${Environment}")),
    (
        "PF021",
        "trailing star",
        lambda s: logs_pattern(s, _LOGS + "${AWS::Region}:${AWS::AccountId}:log-group:*-${Environment}:*"),
    ),
    ("PF022", "wild resource", lambda s: put(role_policy(s), "Resource", "*")),
    ("PF022", "wild action", lambda s: put(role_policy(s), "Action", "lambda:*")),
    ("PF022", "wild key principal", lambda s: put(statement(s, "SnsKey", "AllowAlarms"), "Principal", {"AWS": "*"})),
    (
        "PF030",
        "metric",
        lambda s: put(props(s, "monitoring", "WorkflowFailuresAlarm"), "MetricName", "ExecutionsFailedCount"),
    ),
    (
        "PF030",
        "dimension",
        lambda s: put(props(s, "monitoring", "WorkflowFailuresAlarm")["Dimensions"][0], "Name", "StateMachineName"),
    ),
    (
        "PF030",
        "a metric that the workflow does not put",
        lambda s: put(states(s)["CountUnknown"]["Arguments"]["MetricData"][0], "MetricName", "Other"),
    ),
    ("PF030", "statistic", lambda s: put(props(s, "monitoring", "WorkflowFailuresAlarm"), "Statistic", "sum")),
    ("PF030", "missing data", lambda s: props(s, "monitoring", "WorkflowFailuresAlarm").pop("TreatMissingData")),
    (
        "PF031",
        "prefix",
        lambda s: put(
            props(s, "workflow", "WorkflowLogGroup"), "LogGroupName", {"Fn::Sub": "/aws/states/x-${Environment}"}
        ),
    ),
    ("PF040", "201 outputs", lambda s: s["root"]["Outputs"].update({f"O{n}": {"Value": "1"} for n in range(201)})),
    ("PF040", "bytes", lambda s: put(s["storage"], "Metadata", {"x": "y" * 1_048_576})),
    (
        "PF041",
        "long name",
        lambda s: put(
            props(s, "functions", "ValidationFunction"),
            "FunctionName",
            {"Fn::Sub": "lambda-payment-validation-longer-${Environment}"},
        ),
    ),
    ("PF042", "no tags", lambda s: props(s, "storage", next(iter(s["storage"]["Resources"]))).pop("Tags")),
    ("PF042", "comma", lambda s: put(props(s, "root", "Storage")["Tags"][0], "Value", "A, B")),
    ("PF043", "partition", lambda s: put(role_policy(s), "Resource", "arn:aws:lambda:x:y:z")),
    (
        "PF043",
        "suffix",
        lambda s: put(role_policy(s), "Condition", {"StringEquals": {"kms:ViaService": "sns.eu-west-2.amazonaws.com"}}),
    ),
    (
        "PF050",
        "role by name",
        lambda s: put(
            props(s, "functions", "ValidationFunction"),
            "Role",
            {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"},
        ),
    ),
    (
        "PF032",
        "log class without metric filters",
        lambda s: put(props(s, "functions", "ProcessingLogGroup"), "LogGroupClass", "INFREQUENT_ACCESS"),
    ),
    (
        "PF032",
        "log class without embedded metrics",
        lambda s: put(props(s, "functions", "ValidationLogGroup"), "LogGroupClass", "INFREQUENT_ACCESS"),
    ),
    (
        "PF005",
        "number for a text",
        lambda s: put(s["root"]["Parameters"]["ErrorsThreshold"], "Type", "String"),
    ),
    ("PF005", "list passed", lambda s: put(s["root"]["Parameters"]["GatewayUrl"], "Type", "CommaDelimitedList")),
    ("PF005", "text for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", "many")),
    ("PF005", "output for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", STATE_MACHINE_ARN)),
    ("PF005", "a list of texts", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", ["1"])),
    ("PF005", "a value that the child refuses", lambda s: put(monitoring_inputs(s), "ResourceCoverage", "some")),
    ("PF005", "a name that the child refuses", lambda s: put(monitoring_inputs(s), "Environment", "Dev!")),
    (
        "PF005",
        "one branch of two",
        lambda s: put(monitoring_inputs(s), "ErrorsThreshold", {"Fn::If": ["A", 1, "many"]}),
    ),
    (
        "PF005",
        "values allowed above",
        lambda s: s["root"]["Parameters"]["ResourceCoverage"]["AllowedValues"].append("some"),
    ),
    ("PF005", "pattern only below", lambda s: s["root"]["Parameters"]["Environment"].pop("AllowedPattern")),
    ("PF005", "length only below", lambda s: put(s["root"]["Parameters"]["Environment"], "MaxLength", 39)),
    ("PF005", "bound only below", lambda s: put(s["monitoring"]["Parameters"]["ErrorsThreshold"], "MinValue", 1)),
    ("PF020", "equal to a pattern", lambda s: move_condition(s, "ArnLike", "StringEquals", "*")),
    ("PF020", "not like the alarms", lambda s: move_condition(s, "ArnLike", "ArnNotLike")),
    ("PF020", "another account", lambda s: conditions(s)["StringEquals"].update({"aws:SourceAccount": "999999999999"})),
    ("PF020", "a key that nobody sends", lambda s: conditions(s).update({"StringEquals": {"aws:SourceVpc": "v"}})),
    ("PF020", "denied", lambda s: deny(s, {})),
    ("PF020", "denied to services", lambda s: deny(s, {"Bool": {"aws:PrincipalIsAWSService": "true"}})),
    ("PF020", "denied unless of an organisation", lambda s: deny(s, {"StringNotEquals": {"aws:PrincipalOrgID": "o"}})),
    ("PF020", "denied on what is not known", lambda s: deny(s, {"StringEquals": {"aws:RequestedRegion": "a"}})),
    (
        "PF020",
        "one key action",
        lambda s: put(statement(s, "SnsKey", "AllowAlarms"), "Action", ["kms:Decrypt", "kms:GenerateDataKeyPair"]),
    ),
    (
        "PF020",
        "another topic",
        lambda s: put(topic_statement(s), "Resource", {"Fn::Sub": "arn:${AWS::Partition}:sns:::other"}),
    ),
    (
        "PF020",
        "one partition",
        lambda s: put(conditions(s)["ArnLike"], "aws:SourceArn", {"Fn::Sub": "arn:aws:cloudwatch:*:*:alarm:*"}),
    ),
    (
        "PF020",
        "an OK action to nowhere",
        lambda s: put(props(s, "monitoring", "WorkflowFailuresAlarm"), "OKActions", ["arn:x"]),
    ),
    (
        "PF020",
        "a composite alarm that is not admitted",
        lambda s: put(props(s, "monitoring", "PaymentHealthAlarm"), "AlarmActions", [{"Ref": "NotificationsTopicArn"}]),
    ),
    ("PF021", "equal to a pattern", lambda s: logs_equal(s, "StringEquals")),
    ("PF021", "unless it is the group", lambda s: logs_equal(s, "ArnNotLike")),
    ("PF021", "if there is a context", lambda s: put(statement(s, "CloudwatchKey", "AllowLogs"), "Condition", {})),
    (
        "PF021",
        "denied",
        lambda s: props(s, "encryption", "CloudwatchKey")["KeyPolicy"]["Statement"].append(
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}
        ),
    ),
    ("PF021", "everything", lambda s: put(statement(s, "CloudwatchKey", "AllowLogs"), "Action", "kms:*")),
    (
        "PF021",
        "grants",
        lambda s: statement(s, "CloudwatchKey", "AllowLogs")["Action"].append("kms:CreateGrant"),
    ),
    ("PF021", "an environment that ends the same", lambda s: logs_pattern(s, GROUPS + "log-group:*-${Environment}")),
    ("PF021", "an environment that begins the same", lambda s: logs_pattern(s, GROUPS + "log-group:*-${Environment}*")),
    (
        "PF021",
        "the principal of one partition",
        lambda s: put(
            statement(s, "CloudwatchKey", "AllowLogs"),
            "Principal",
            {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}},
        ),
    ),
    ("PF021", "no key", lambda s: props(s, "functions", "ValidationLogGroup").pop("KmsKeyId")),
    ("PF022", "wild service", lambda s: put(role_policy(s), "Action", ["dynamodb:*"])),
    ("PF022", "wild family", lambda s: put(role_policy(s), "Action", ["dynamodb:Put*"])),
    ("PF022", "wild family of kms", lambda s: put(role_policy(s), "Action", ["kms:Re*"])),
    ("PF022", "wild part of an ARN", lambda s: put(role_policy(s), "Resource", {"Fn::Sub": GROUPS + "log-group:a*"})),
    ("PF022", "one wild character", lambda s: put(role_policy(s), "Resource", [{"Fn::Sub": GROUPS + "log-group:a?"}])),
    (
        "PF022",
        "wild in one branch",
        lambda s: put(role_policy(s), "Resource", {"Fn::If": ["A", {"Fn::Sub": GROUPS + "a"}, "*"]}),
    ),
    ("PF022", "more than the row says", lambda s: put(statement(s, "SnsKey", "AllowAlarms"), "Action", "kms:*")),
    ("PF022", "all but", lambda s: role_policy(s).update({"NotAction": role_policy(s).pop("Action")})),
    ("PF022", "everything but", lambda s: role_policy(s).update({"NotResource": role_policy(s).pop("Resource")})),
    ("PF022", "everyone but", lambda s: put(topic_statement(s), "NotPrincipal", topic_statement(s).pop("Principal"))),
    ("PF022", "everyone", lambda s: put(topic_statement(s), "Principal", "*")),
    (
        "PF022",
        "denied to everyone but",
        lambda s: put(topic_denial(s), "NotPrincipal", topic_denial(s).pop("Principal")),
    ),
    ("PF022", "wild condition", lambda s: put(conditions(s)["ArnLike"], "aws:SourceArn", "arn:*")),
    (
        "PF023",
        "a queue without the topic",
        lambda s: props(s, "notifications", "NotificationsDeadLetterQueuePolicy")["PolicyDocument"]["Statement"].pop(0),
    ),
    ("PF023", "a key without the topic", lambda s: drop_statement(s, "SnsKey", "AllowTopicToQueue")),
    ("PF023", "no queue", lambda s: props(s, "notifications", "EmailSubscription").pop("RedrivePolicy")),
    (
        "PF043",
        "managed policy",
        lambda s: put(role(s), "ManagedPolicyArns", ["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
    ),
    (
        "PF043",
        "region in an ARN",
        lambda s: put(role_policy(s), "Resource", sub("sns:us-east-1:${AWS::AccountId}:f")),
    ),
    (
        "PF043",
        "account in an ARN",
        lambda s: put(role_policy(s), "Resource", sub("sns:${AWS::Region}:123456789012:f")),
    ),
    (
        "PF043",
        "console link",
        lambda s: put(s["root"]["Outputs"], "Console", {"Value": "https://console.aws.amazon.com/states"}),
    ),
    ("PF043", "region", lambda s: put(s["root"]["Outputs"], "Place", {"Value": "runs in eu-west-2"})),
    (
        "PF043",
        "address by joining",
        lambda s: put(s["root"]["Outputs"], "Api", {"Value": {"Fn::Join": ["", ["https://a.", "amazonaws.com"]]}}),
    ),
    ("PF043", "default", lambda s: put(s["root"]["Parameters"]["GatewayUrl"], "Default", "https://s3.amazonaws.com")),
    (
        "PF043",
        "principal with a suffix",
        lambda s: put(topic_statement(s), "Principal", {"Service": {"Fn::Sub": "cloudwatch.${AWS::URLSuffix}"}}),
    ),
    (
        "PF043",
        "principal with a slip",
        lambda s: put(topic_statement(s), "Principal", {"Service": "cloudwatsh.amazonaws.com"}),
    ),
    ("PF044", "large root", lambda s: put(s["root"], "Metadata", {"x": "é" * 25_600})),
]
GOOD: list[tuple[str, Change]] = [
    ("PF005 a number for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", 5)),
    ("PF005 a number as text", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", "5")),
    ("PF005 tighter above", lambda s: put(s["root"]["Parameters"]["Environment"], "MaxLength", 20)),
    ("PF005 an allowed value", lambda s: put(monitoring_inputs(s), "ResourceCoverage", "core")),
    ("PF020 equal where there is no pattern", lambda s: move_condition(s, "ArnLike", "ArnEquals")),
    ("PF020 the same as text", lambda s: move_condition(s, "ArnLike", "StringEquals")),
    ("PF020 denied without TLS", lambda s: deny(s, {"Bool": {"aws:SecureTransport": "false"}})),
    ("PF020 denied to other accounts", lambda s: deny(s, {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}})),
    (
        "PF020 denied to other people",
        lambda s: deny(
            s,
            {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
    ),
    ("PF020 upper case", lambda s: put(topic_statement(s), "Action", "SNS:publish")),
    ("PF021 equal", lambda s: logs_equal(s, "ArnEquals")),
    ("PF022 wildcard in a denial's condition", lambda s: deny(s, {"ArnLike": {"aws:SourceArn": "arn:*:iam::*"}})),
    ("PF022 wildcards in a denial", lambda s: topic_denial(s).update({"Action": "sns:*", "Resource": "arn:*"})),
    ("PF043 own region", lambda s: put(s["root"]["Outputs"], "Place", {"Value": {"Fn::Sub": "in ${AWS::Region}"}})),
    ("PF044 just fits", lambda s: pad(s, 51_200)),
]
BAD += trust_changes.BAD
GOOD += trust_changes.GOOD
EMPTY = {"root.json": json.dumps({"Resources": {}})}


def rule_ids(rendered: dict[str, str]) -> set[str]:
    return {each.rule for each in check_set(parse_set(rendered))}


def ids_of_rules() -> set[str]:
    return set(RULES)


def test_shipped_set_breaks_no_rule(shipped: dict[str, str]) -> None:
    assert check_set(parse_set(shipped)) == []


@pytest.mark.parametrize(("rule", "change"), [(a, c) for a, _, c in BAD], ids=[f"{a} {b}" for a, b, _ in BAD])
def test_rule_finds_its_breach(rule: str, change: Change, broken: Callable[[Change], dict[str, str]]) -> None:
    assert rule in rule_ids(broken(change))


@pytest.mark.parametrize(("name", "change"), GOOD, ids=[name for name, _ in GOOD])
def test_what_is_right_is_left_alone(name: str, change: Change, broken: Callable[[Change], dict[str, str]]) -> None:
    assert name.partition(" ")[0] not in rule_ids(broken(change))


@pytest.mark.parametrize(
    "settings",
    [
        EVERYTHING,
        Settings(vpc=True),
        Settings(existing_keys=("sns", "cloudwatch")),
        Settings(tracing=True, stripe=True, log_execution_data=True),
    ],
    ids=["everything", "vpc", "keys", "traces and data"],
)
def test_other_structures_break_no_rule(settings: Settings) -> None:
    assert check_set(parsed(settings)) == []


def test_the_id_of_a_rule_opens_its_text() -> None:
    assert [str(rule.__doc__).partition(":")[0] for rule in RULES.values()] == list(RULES)


def test_every_rule_says_what_it_demands_and_why() -> None:
    for key, why in explanations().items():
        assert why.short.endswith("."), key
        assert len(why.full) > len(why.short) + 20, key


def test_every_wildcard_has_a_reason() -> None:
    assert all(each.texts and len(each.reason) > 20 for each in WILDCARDS.values())


def test_every_rule_was_seen_failing() -> None:
    assert {rule for rule, _, _ in BAD} == ids_of_rules()


def test_every_rule_with_nothing_to_look_at_says_so() -> None:
    assert rule_ids(EMPTY) == ids_of_rules()


def packaged(sets: Sets) -> None:
    for resource in sets["root"]["Resources"].values():
        resource["Properties"]["TemplateURL"] = "https://b.s3.eu-west-2.amazonaws.com/0123.template"


def test_packaged_set_is_matched_by_logical_id(broken: Callable[[Change], dict[str, str]]) -> None:
    assert rule_ids(broken(packaged)) == set()

    def drop_too(sets: Sets) -> None:
        packaged(sets)
        sets["encryption"]["Outputs"].pop("SnsKeyArn")

    assert "PF002" in rule_ids(broken(drop_too))


def test_state_that_is_there_twice_is_refused() -> None:
    with pytest.raises(CheckError, match="twice"):
        parse_set({"root.json": '{"Resources": {"A": {}, "A": {}}}'})
