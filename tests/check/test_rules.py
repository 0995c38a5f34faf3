"""Each rule finds its breach in a copy of the shipped set, and nothing in the shipped set itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.check import check_set
from payflow_cfn.check.rules import RULES
from payflow_cfn.check.templates import parse_set
from payflow_cfn.errors import CheckError

Sets = dict[str, Any]
Change = Callable[[Sets], object]
STATES = "PaymentWorkflow"


def props(sets: Sets, stack: str, logical: str) -> dict[str, Any]:
    found: dict[str, Any] = sets[stack]["Resources"][logical]["Properties"]
    return found


def states(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "workflow", STATES)["Definition"]["States"]
    return found


def put(container: dict[str, Any], key: str, value: Any) -> None:
    container[key] = value


def make_cycle(sets: Sets) -> None:
    passed = props(sets, "root", "Encryption")["Parameters"]
    passed["Loop"] = {"Fn::GetAtt": ["Workflow", "Outputs.StateMachineArn"]}


def add_unused(sets: Sets) -> None:
    sets["storage"]["Parameters"]["Spare"] = {"Type": "String"}


def no_end(sets: Sets) -> None:
    for state in states(sets).values():
        if state["Type"] in ("Succeed", "Fail"):
            state.update({"Type": "Pass", "Next": "ReceivePayment"})


def statement(sets: Sets, key: str, sid: str) -> dict[str, Any]:
    found = props(sets, "encryption", key)["KeyPolicy"]["Statement"]
    return next(each for each in found if each["Sid"] == sid)


def drop_statement(sets: Sets, key: str, sid: str) -> None:
    policy = props(sets, "encryption", key)["KeyPolicy"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != sid]


def logs_pattern(sets: Sets, pattern: str) -> None:
    condition = statement(sets, "CloudwatchKey", "AllowLogs")["Condition"]["ArnLike"]
    condition["kms:EncryptionContext:aws:logs:arn"] = [{"Fn::Sub": pattern}]


def role_policy(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "workflow", "WorkflowRole")["Policies"][0]["PolicyDocument"]["Statement"][0]
    return found


_LOGS = "arn:${AWS::Partition}:logs:"
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
]
EMPTY = {"root.json": json.dumps({"Resources": {}})}


def rule_ids(rendered: dict[str, str]) -> set[str]:
    return {each.rule for each in check_set(parse_set(rendered))}


def ids_of_rules() -> set[str]:
    return {str(rule.__doc__).partition(":")[0] for rule in RULES.values()}


def test_shipped_set_breaks_no_rule(shipped: dict[str, str]) -> None:
    assert check_set(parse_set(shipped)) == []


@pytest.mark.parametrize(("rule", "change"), [(a, c) for a, _, c in BAD], ids=[f"{a} {b}" for a, b, _ in BAD])
def test_rule_finds_its_breach(rule: str, change: Change, broken: Callable[[Change], dict[str, str]]) -> None:
    assert rule in rule_ids(broken(change))


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
