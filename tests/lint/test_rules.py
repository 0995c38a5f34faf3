"""Each rule finds its breach in a copy of the shipped set, and nothing in the shipped set itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

import access_changes
import agreement_changes
import function_changes
import meaning_changes
import step_changes
import store_changes
import trust_changes
import watching_changes
import wiring_changes
from governed_sets import EVERYTHING, parsed
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import FilesError
from payflow_cfn.lint import check_set
from payflow_cfn.lint.ours import OURS_ALONE
from payflow_cfn.lint.rules import RULES, apply_rules, explanations
from payflow_cfn.lint.wildcard_allowlist import WILDCARDS
from set_changes import STATES, Change, Sets, props, put, states
from yaml_sets import yaml_set


def make_cycle(sets: Sets) -> None:
    passed = props(sets, "root", "Encryption")["Parameters"]
    passed["Loop"] = {"Fn::GetAtt": ["Workflow", "Outputs.StateMachineArn"]}


def add_unused(sets: Sets) -> None:
    sets["storage"]["Parameters"]["Spare"] = {"Type": "String"}


def no_end(sets: Sets) -> None:
    for state in states(sets).values():
        if state["Type"] in ("Succeed", "Fail"):
            state.update({"Type": "Pass", "Next": "ReceivePayment"})


BAD: list[tuple[str, str, Change]] = [
    (
        "PF001",
        "renamed parameter",
        lambda s: put(s["storage"]["Parameters"], "Env", s["storage"]["Parameters"].pop("Environment")),
    ),
    ("PF001", "extra key", lambda s: put(props(s, "root", "Storage")["Parameters"], "Spare", "1")),
    ("PF002", "dropped output", lambda s: s["encryption"]["Outputs"].pop("SnsKeyArn")),
    ("PF002", "an output without a value", lambda s: s["encryption"]["Outputs"]["SnsKeyArn"].pop("Value")),
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
    ("PF035", "unparsed", lambda s: put(states(s)["MarkTold"], "Output", "{% $result. %}")),
    ("PF036", "function", lambda s: put(states(s)["MarkTold"], "Output", "{% $pretty($result) %}")),
    ("PF036", "result", lambda s: put(states(s)["UnseenRow"]["Assign"], "status", "{% $states.result.status %}")),
    ("PF037", "integration", lambda s: put(states(s)["MarkTold"], "Resource", "arn:aws:states:::dynamodb:updateItems")),
    ("PF037", "argument", lambda s: states(s)["MarkTold"]["Arguments"].pop("Key")),
    ("PF038", "two times", lambda s: put(states(s)["AwaitNotice"], "Timestamp", "2030-01-01T00:00:00Z")),
    (
        "PF039",
        "answer",
        lambda s: put(states(s)["ProcessPayment"]["Assign"], "told", "{% $states.result.Payload.tell %}"),
    ),
    ("PF016", "substitutions", lambda s: put(props(s, "workflow", STATES), "DefinitionSubstitutions", {"a": "b"})),
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
GOOD: list[tuple[str, Change]] = []
for module in (
    access_changes,
    agreement_changes,
    function_changes,
    meaning_changes,
    step_changes,
    store_changes,
    trust_changes,
    watching_changes,
    wiring_changes,
):
    BAD += module.BAD
    GOOD += module.GOOD
EMPTY = {"root.json": json.dumps({"Resources": {}})}
OURS = {"root.json": json.dumps({"Description": "payflow 1.0.0 root: nothing", "Resources": {}})}


def rule_ids(rendered: dict[str, str]) -> set[str]:
    return {each.rule for each in check_set(parse_set(rendered))}


def ids_of_rules() -> set[str]:
    return set(RULES)


def test_shipped_set_breaks_no_rule(shipped: dict[str, str]) -> None:
    assert check_set(parse_set(shipped)) == []


@pytest.mark.parametrize(("rule", "change"), [(a, c) for a, _, c in BAD], ids=[f"{a} {b}" for a, b, _ in BAD])
def test_rule_finds_its_breach(rule: str, change: Change, broken: Callable[[Change], dict[str, str]]) -> None:
    assert apply_rules(parse_set(broken(change)), [rule])


@pytest.mark.parametrize(("name", "change"), GOOD, ids=[name for name, _ in GOOD])
def test_what_is_right_is_left_alone(name: str, change: Change, broken: Callable[[Change], dict[str, str]]) -> None:
    assert apply_rules(parse_set(broken(change)), [name.partition(" ")[0]]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        EVERYTHING,
        Settings(vpc=True),
        Settings(existing_keys=("sns", "cloudwatch")),
        Settings(tracing=True, stripe=True, log_execution_data=True),
        Settings(log_level="WARNING", workflow_log_level="FATAL"),
    ],
    ids=["everything", "vpc", "keys", "traces and data", "fewer logs"],
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


# A set may do without alarms, metric filters and functions of its own: these rules have no finding then.
SILENT = {"PF045", "PF046", "PF047", "PF051", "PF052", "PF053", "PF054", "PF055", "PF056"}
SILENT |= {
    "PF080",
    "PF081",
    "PF082",
    "PF085",
    "PF086",
    "PF087",
    "PF088",
    "PF096",
    "PF097",
    "PF098",
    "PF100",
    "PF101",
    "PF102",
}
SILENT |= {"PF103", "PF109", "PF110", "PF111", "PF113", "PF114", "PF115"}


def test_every_rule_with_nothing_to_look_at_says_so_or_may_find_nothing() -> None:
    assert rule_ids(OURS) == ids_of_rules() - SILENT


def test_a_rule_with_nothing_to_look_at_is_silent_about_another_set() -> None:
    assert rule_ids(EMPTY) == set()


CHOICES = [(rule, change) for rule, _, change in BAD if rule in OURS_ALONE]


@pytest.mark.parametrize(("rule", "change"), CHOICES, ids=[f"{n} {rule}" for n, (rule, _) in enumerate(CHOICES)])
def test_a_choice_of_ours_is_not_wanted_of_another_set(
    rule: str, change: Change, broken: Callable[[Change], dict[str, str]]
) -> None:
    def made_elsewhere(sets: Sets) -> None:
        change(sets)
        step_changes.elsewhere(sets)

    assert apply_rules(parse_set(broken(made_elsewhere)), [rule]) == []


def packaged(sets: Sets) -> None:
    for resource in sets["root"]["Resources"].values():
        resource["Properties"]["TemplateURL"] = "https://b.s3.eu-west-2.amazonaws.com/0123.template"


@pytest.mark.slow
def test_packaged_set_is_matched_by_logical_id(broken: Callable[[Change], dict[str, str]]) -> None:
    assert rule_ids(broken(packaged)) == set()

    def drop_too(sets: Sets) -> None:
        packaged(sets)
        sets["encryption"]["Outputs"].pop("SnsKeyArn")

    assert "PF002" in rule_ids(broken(drop_too))


@pytest.mark.slow
@pytest.mark.parametrize(("letter", "finds"), [("y", False), ("é", True)])
def test_the_inline_limit_is_in_bytes(letter: str, finds: bool, shipped: dict[str, str]) -> None:
    text = json.dumps({**json.loads(shipped["root.json"]), "Metadata": {"x": letter * 26_000}}, ensure_ascii=False)
    assert len(text) <= 51_200
    assert ("PF044" in rule_ids({**shipped, "root.json": text})) is finds


def test_state_that_is_there_twice_is_refused() -> None:
    with pytest.raises(FilesError, match="twice"):
        parse_set({"root.json": '{"Resources": {"A": {}, "A": {}}}'})


def renamed(sets: Sets) -> None:
    put(sets["storage"]["Parameters"], "Env", sets["storage"]["Parameters"].pop("Environment"))


@pytest.mark.slow
def test_a_set_in_yaml_has_the_findings_of_the_same_set_in_json(
    broken: Callable[[Change], dict[str, str]], shipped: dict[str, str]
) -> None:
    texts = broken(renamed)
    found = check_set(parse_set(texts))
    assert {each.file for each in found} == {"root.json", "storage.json"}
    in_yaml = [
        replace(each, file=each.file.replace(".json", ".yaml"), message=each.message.replace(".json", ".yaml"))
        for each in found
    ]
    assert check_set(parse_set(yaml_set(texts))) == in_yaml
    assert check_set(parse_set(yaml_set(shipped))) == []


@pytest.mark.slow
def test_the_root_of_another_name_is_named_in_findings(broken: Callable[[Change], dict[str, str]]) -> None:
    texts = broken(renamed)
    texts["main.json"] = texts.pop("root.json")
    assert {each.file for each in check_set(parse_set(texts))} == {"main.json", "storage.json"}


@pytest.mark.slow
def test_a_template_with_a_macro_gets_no_finding_of_ours(broken: Callable[[Change], dict[str, str]]) -> None:
    def with_macro(sets: Sets) -> None:
        renamed(sets)
        sets["storage"]["Transform"] = ["AWS::Serverless-2016-10-31"]

    assert {each.file for each in check_set(parse_set(broken(with_macro)))} == {"root.json"}
