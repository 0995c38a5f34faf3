"""The audit of one set: clean for every structure, and each edit of a policy is found with its file and statement."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet, write_set
from payflow_cfn.audit.permissions.configurations import CASES, Case
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.audit.permissions.needs_vs_grants import KINDS
from payflow_cfn.cli.main import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import CheckError
from payflow_cfn.stacks.render import build_set
from yaml_sets import yaml_set

SET = build_set(Settings())
Resources = dict[str, Any]
OPEN = {"PolicyDocument": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s:Do", "Resource": "*"}}}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def edited(file: str, edit: Callable[[Resources], object]) -> TemplateSet:
    template = json.loads(SET.templates[file])
    edit(template["Resources"])
    return replace(SET, templates={**SET.templates, file: json.dumps(template)})


def statement(resources: Resources, role: str, sid: str) -> dict[str, Any]:
    statements = resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    found: dict[str, Any] = next(each for each in statements if each["Sid"] == sid)
    return found


@pytest.mark.parametrize("case", CASES[:-1], ids=lambda case: case.name)
@pytest.mark.slow
def test_a_set_of_whatever_settings_is_clean(case: Case) -> None:
    assert audit_set(build_set(case.settings)) == []


@pytest.mark.slow
def test_a_set_in_yaml_is_audited_like_one_in_json() -> None:
    assert audit_set(TemplateSet(yaml_set(SET.templates))) == []
    changed = edited("functions.json", lambda each: each.pop("ProcessingRole"))
    found = audit_set(TemplateSet(yaml_set(changed.templates)))
    assert found
    assert found == [replace(each, file=each.file.replace(".json", ".yaml")) for each in audit_set(changed)]


def told(file: str, edit: Callable[[Resources], object]) -> list[tuple[str, ...]]:
    found = audit_set(edited(file, edit))
    return [(each.kind, each.file, each.resource, each.statement, each.grant.action, *each.when) for each in found]


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("name", ["nested/{}", "{}-v2"])
@pytest.mark.slow
def test_the_place_and_the_names_of_the_files_change_nothing(name: str, suffix: str) -> None:
    parts = SET.templates if suffix == "json" else yaml_set(SET.templates)
    files = {each: f"{name.format(each.partition('.')[0])}.{suffix}" for each in parts if not each.startswith("root.")}
    root = parts[f"root.{suffix}"]
    for old, new in files.items():
        root = root.replace(f"./{old}", new)
    moved = {f"root.{suffix}": root, **{new: parts[old] for old, new in files.items()}}
    assert "nested/storage" in root or "storage-v2" in root
    assert audit_set(TemplateSet(moved)) == []
    keyless = {
        each: text.replace("UseTableKey", "X").replace("kms:Decrypt", "kms:Encrypt") for each, text in moved.items()
    }
    assert {each.kind for each in audit_set(TemplateSet(keyless))} == {"missing", "unused"}


def test_an_action_that_nothing_needs_is_unused_where_it_is_written() -> None:
    found = told("functions.json", lambda it: statement(it, "ProcessingRole", "MovePayment")["Action"].append("a:B"))
    assert found == [("unused", "functions.json", "ProcessingRole", "statement MovePayment", "a:B")]


def test_an_action_that_is_gone_is_missing_in_the_statement_of_its_neighbours() -> None:
    found = told("functions.json", lambda it: statement(it, "ProcessingRole", "MovePayment")["Action"].pop())
    assert found == [("missing", "functions.json", "ProcessingRole", "statement MovePayment", "dynamodb:GetItem")]


def test_a_wider_resource_is_widened_with_both_values() -> None:
    made = edited("functions.json", lambda it: statement(it, "ValidationRole", "WriteLogs").update(Resource="*"))
    group = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/lambda-payment-validation-dev"
    place = "functions.json, ValidationRole, statement WriteLogs: identity ValidationRole"
    assert [str(each) for each in audit_set(made)] == [
        f"widened in {place}: Allow logs:{action} on *: resource {group} -> *"
        for action in ("CreateLogStream", "PutLogEvents")
    ]


def test_a_dropped_condition_is_widened() -> None:
    found = told("functions.json", lambda it: statement(it, "ValidationRole", "UseTableKey").pop("Condition"))
    assert found == [("widened", "functions.json", "ValidationRole", "statement UseTableKey", "kms:Decrypt")]


def test_an_added_denial_says_what_it_may_take() -> None:
    def deny(resources: Resources) -> None:
        policies = resources["ValidationRole"]["Properties"]["Policies"]
        policies[0]["PolicyDocument"]["Statement"].append({"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"})

    (found,) = audit_set(edited("functions.json", deny))
    assert (found.kind, found.resource, found.statement) == ("denied", "ValidationRole", "statement 5")
    assert found.needed
    assert found.needed.action == "dynamodb:PutItem"


def test_a_statement_that_is_there_twice_is_unused_the_second_time() -> None:
    def again(resources: Resources) -> None:
        policies = resources["ValidationRole"]["Properties"]["Policies"]
        (first,) = [each for each in policies[0]["PolicyDocument"]["Statement"] if each["Sid"] == "WriteLogs"]
        policies.append({"PolicyName": "more", "PolicyDocument": {"Statement": [{**first, "Sid": "Again"}]}})

    found = told("functions.json", again)
    assert {each[:4] for each in found} == {("unused", "functions.json", "ValidationRole", "statement Again")}


def test_a_policy_that_is_gone_is_missing_at_its_owner() -> None:
    found = told("notifications.json", lambda it: it.pop("NotificationsTopicPolicy"))
    assert {each[:4] for each in found} == {("missing", "notifications.json", "NotificationsTopic", "")}
    assert {each[4] for each in found} == {"sns:Publish"}


def test_what_holds_with_some_values_only_says_with_which() -> None:
    (found,) = told("functions.json", lambda it: it.pop("GatewaySecretPolicy"))
    assert found[:5] == ("missing", "functions.json", "GatewaySecret", "", "secretsmanager:GetSecretValue")
    assert found[5:] == tuple(f"GatewayAdapter {each}, ResourceCoverage full" for each in ("http", "stripe"))


@pytest.mark.parametrize(
    ("resource", "action"),
    [
        ({"Type": "AWS::IAM::User", "Properties": {"ManagedPolicyArns": [ADMIN]}}, "managed policy"),
        (
            {
                "Type": "AWS::IAM::Group",
                "Properties": {"Policies": [{"PolicyDocument": {"Statement": {"Action": "*", "Resource": "*"}}}]},
            },
            "*",
        ),
        (
            {
                "Type": "AWS::Lambda::Permission",
                "Properties": {"Principal": "*", "Action": "lambda:InvokeFunction", "FunctionName": "f"},
            },
            "lambda:InvokeFunction",
        ),
        (
            {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE", "TargetFunctionArn": "f"}},
            "lambda:InvokeFunctionUrl",
        ),
        ({"Type": "AWS::SNS::TopicInlinePolicy", "Properties": {"TopicArn": "t", **OPEN}}, "s:Do"),
        ({"Type": "AWS::SQS::QueueInlinePolicy", "Properties": {"Queue": "q", **OPEN}}, "s:Do"),
        ({"Type": "AWS::KMS::ReplicaKey", "Properties": {"KeyPolicy": OPEN["PolicyDocument"]}}, "s:Do"),
        (
            {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": "t", "Endpoint": "a@b.example"}},
            "receive every message",
        ),
        ({"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": "m", "RoleArn": "r"}]}}, "call as r"),
        ({"Type": "AWS::Events::EventBusPolicy"}, "do whatever it grants"),
    ],
    ids=lambda value: value["Type"] if isinstance(value, dict) else "",
)
@pytest.mark.slow
def test_a_new_resource_that_grants_something_is_unused(resource: Any, action: str) -> None:
    found, *_ = told("storage.json", lambda it: it.update(Added=resource))
    assert (found[0], found[1], found[2], found[4]) == ("unused", "storage.json", "Added", action)


def test_a_user_without_the_boundary_that_is_given_is_found() -> None:
    found = told("storage.json", lambda it: it.update(Added={"Type": "AWS::IAM::User"}))
    assert found == [("missing", "storage.json", "Added", "", "permissions boundary", "PermissionsBoundary given")]


def boundary(change: Callable[[dict[str, Any]], object]) -> list[tuple[str, ...]]:
    return told("functions.json", lambda it: change(it["ValidationRole"]["Properties"]))


def test_a_boundary_that_is_gone_is_missing_where_one_is_given() -> None:
    found = boundary(lambda it: it.pop("PermissionsBoundary"))
    assert found == [
        ("missing", "functions.json", "ValidationRole", "", "permissions boundary", "PermissionsBoundary given")
    ]


def test_another_boundary_is_found_with_and_without_the_parameter() -> None:
    found = boundary(lambda it: it.update(PermissionsBoundary="arn:b"))
    assert [(each[0], each[5]) for each in found] == [
        ("unused", "no PermissionsBoundary"),
        ("unused", "PermissionsBoundary given"),
        ("missing", "PermissionsBoundary given"),
    ]


def test_a_boundary_that_is_turned_round_is_found_on_both_sides() -> None:
    def turn(it: dict[str, Any]) -> None:
        it["PermissionsBoundary"]["Fn::If"][1:] = reversed(it["PermissionsBoundary"]["Fn::If"][1:])

    assert [(each[0], each[5]) for each in boundary(turn)] == [
        ("unused", "no PermissionsBoundary"),
        ("missing", "PermissionsBoundary given"),
    ]


def test_a_new_structure_of_the_set_brings_its_own_needs() -> None:
    found = told("functions.json", lambda it: it["ProcessingFunction"]["Properties"].update(TracingConfig={}))
    assert {each[0] for each in found} == {"missing"}
    assert {each[4].partition(":")[0] for each in found} == {"xray"}
    assert {each[2] for each in found} == {"ProcessingRole", "ValidationRole", "WorkflowRole"}


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        ({"root.json": '{"Resources": {}}'}, "the set has none of the policies that payflow needs"),
        ({"main.json": '{"Resources": {}}'}, "the set has none of the policies that payflow needs"),
        ({"root.json": "[]"}, "root.json is not a template"),
        (
            {
                **SET.templates,
                "functions.json": SET.templates["functions.json"].replace('"FullCoverage": {', '"Typo": {'),
            },
            "the set cannot be audited: KeyError: 'FullCoverage': lint it",
        ),
    ],
)
def test_what_is_no_set_of_ours_or_cannot_be_read_is_one_line(templates: dict[str, str], said: str) -> None:
    with pytest.raises(CheckError) as caught:
        audit_set(TemplateSet(templates))
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_command_audits_an_edited_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = edited("functions.json", lambda it: statement(it, "ProcessingRole", "MovePayment")["Action"].append("a:B"))
    write_set(made, str(tmp_path))
    table = "arn:aws:dynamodb:eu-west-2:111122223333:table/dynamodb-transactions-dev"
    assert main(["audit", str(tmp_path)]) == 3
    place = "functions.json, ProcessingRole, statement MovePayment"
    line = f"unused in {place}: identity ProcessingRole: Allow a:B on {table}"
    assert capsys.readouterr().out == f"{line}\n0 missing, 0 narrowed, 0 denied, 0 widened, 1 unused\n"
    assert main(["audit", "--set", str(tmp_path), "--json"]) == 3
    grant = {"policy": "identity ProcessingRole", "action": "a:B", "resource": table, "principal": ""}
    fault = {"file": "functions.json", "resource": "ProcessingRole", "statement": "statement MovePayment", "when": []}
    assert json.loads(capsys.readouterr().out) == {
        **{kind: [] for kind in KINDS},
        "unused": [{**fault, "grant": {**grant, "conditions": [], "effect": "Allow"}, "needed": None}],
    }


def test_the_command_takes_one_folder_and_no_emulator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(SET, str(tmp_path))
    assert main(["audit", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "0 missing, 0 narrowed, 0 denied, 0 widened, 0 unused\n"
    assert main(["audit", str(tmp_path), "--set", str(tmp_path)]) == 2
    assert main(["audit", str(tmp_path), "--emulator"]) == 2
