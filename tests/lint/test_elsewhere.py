"""In a set that is not payflow's, what may be right is not a finding, and what is a fault in any set is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.lint.rules import apply_rules

QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue"}
TASK: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
METRIC = {"Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum", "Threshold": 1}


def told(rule: str, root: dict[str, Any], **children: dict[str, Any]) -> list[str]:
    texts = {f"{name}.json": json.dumps(each) for name, each in {"root": root, **children}.items()}
    return [each.message for each in apply_rules(parse_set(texts), [rule])]


def nesting(given: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    child = {"TemplateURL": "./child.json", "Parameters": given}
    return {
        "Parameters": {name: {"Type": each} for name, each in parameters.items()},
        "Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": child}},
    }


def one(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Resources": {"One": {"Type": kind, "Properties": properties}}}


def child_with(**parameter: Any) -> dict[str, Any]:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "A"}}}
    return {
        "Parameters": {"A": {"Type": "String", **parameter}},
        "Resources": {"B": bucket},
        "Outputs": {"Port": {"Value": {"Fn::GetAtt": ["B", "Port"]}}},
    }


@pytest.mark.parametrize(
    ("given", "child", "finds"),
    [
        ({}, child_with(Default="a"), []),
        ({}, child_with(), ["child.json needs the parameter A"]),
        ({"B": 1}, child_with(Default="a"), ["child.json has no parameter B"]),
    ],
)
def test_a_parameter_with_a_default_need_not_be_passed(given: Any, child: dict[str, Any], finds: list[str]) -> None:
    assert told("PF001", nesting(given), child=child) == finds


def test_an_output_may_be_for_people() -> None:
    assert told("PF003", nesting({"A": "a"}), child=child_with()) == []
    assert told("PF003", nesting({"A": "a"}, Spare="String"), child=child_with()) == ["the parameter is not used"]


@pytest.mark.parametrize(
    ("value", "own", "child", "finds"),
    [
        (True, "String", {}, False),
        ("1,2", "String", {"Type": "List<Number>"}, False),
        ("1,b", "String", {"Type": "List<Number>"}, True),
        ("a", "String", {"AllowedPattern": r"\p{Lower}+"}, False),
        ("a,b", "String", {"Type": "CommaDelimitedList", "AllowedValues": ["a", "b", "c"]}, False),
        ("a,d", "String", {"Type": "CommaDelimitedList", "AllowedValues": ["a", "b", "c"]}, True),
        ({"Ref": "Own"}, "AWS::EC2::VPC::Id", {}, False),
        ({"Ref": "Own"}, "String", {"Type": "AWS::EC2::VPC::Id"}, False),
        ({"Ref": "Own"}, "AWS::EC2::VPC::Id", {"Type": "AWS::EC2::Subnet::Id"}, True),
        ({"Ref": "Own"}, "AWS::EC2::KeyPair::KeyName", {"AllowedPattern": "[a-z]+"}, False),
        ({"Ref": "Own"}, "Number", {}, False),
        ({"Ref": "Own"}, "String", {"Type": "Number"}, True),
        ({"Fn::GetAtt": ["Child", "Outputs.Port"]}, "String", {"Type": "Number"}, False),
        ({"Fn::Sub": "${AWS::StackName}-a"}, "String", {"Type": "Number"}, True),
        ({"Fn::GetAtt": ["Child", "Arn"]}, "String", {"Type": "Number"}, True),
    ],
)
def test_a_value_that_the_child_takes_is_right(value: Any, own: str, child: dict[str, Any], finds: bool) -> None:
    assert bool(told("PF005", nesting({"A": value}, Own=own), child=child_with(**child))) is finds


@pytest.mark.parametrize(
    ("own", "child", "finds"),
    [("[a-z0-9_]+", "[0-9_a-z]+", False), ("[a-z]+", "[a-y]+", True), (r"[\]a]+", r"[a\]]+", False)],
)
def test_a_class_of_characters_has_no_order(own: str, child: str, finds: bool) -> None:
    root = nesting({"A": {"Ref": "Own"}}, Own="String")
    root["Parameters"]["Own"]["AllowedPattern"] = own
    assert bool(told("PF005", root, child=child_with(AllowedPattern=child))) is finds


def test_one_branch_of_a_condition_may_be_the_output() -> None:
    """The output is a condition itself, so that it is not one of the plain values."""
    output = {"Fn::If": ["IsBig", {"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": ["C", "Arn"]}]}
    named = {
        "Conditions": {"IsBig": {"Fn::Equals": [{"Ref": "AWS::StackName"}, "big"]}},
        "Resources": {"B": QUEUE, "C": QUEUE},
        "Outputs": {"Address": {"Value": output}},
    }
    root = nesting({"Address": {"Fn::If": ["IsOwn", {"Fn::GetAtt": ["Named", "Outputs.Address"]}, "other"]}})
    root["Conditions"] = {"IsOwn": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./named.json"}}
    root["Resources"]["Named"] = stack
    assert told("PF006", root, child=child_with(), named=named) == []


def test_a_task_without_a_timeout_or_a_catch_may_be_meant() -> None:
    def found(rule: str, **more: Any) -> list[str]:
        definition = {"StartAt": "A", "States": {"A": {**TASK, **more}}}
        return told(rule, one("AWS::StepFunctions::StateMachine", Definition=definition))

    assert [found(rule) for rule in ("PF014", "PF018", "PF019", "PF075")] == [[], [], [], []]
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    states = {"A": {**TASK, "Next": "B", "Catch": caught}, "B": {"Type": "Succeed"}}
    machine = one("AWS::StepFunctions::StateMachine", Definition={"StartAt": "A", "States": states})
    assert told("PF018", machine) == ["a failure leads straight to success"]
    caught[0] = {**caught[0], "ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"]}
    assert told("PF018", machine) == []
    machine["Resources"]["One"]["Properties"]["StateMachineType"] = "EXPRESS"
    assert told("PF075", machine) == ["executions are not logged"]


def test_a_group_without_a_key_and_a_subscription_without_a_queue_may_be_meant() -> None:
    assert told("PF021", one("AWS::Logs::LogGroup")) == []
    assert told("PF023", one("AWS::SNS::Subscription", TopicArn="arn:aws:sns:::a")) == []
    assert told("PF070", one("AWS::Logs::LogGroup")) == []
    assert len(told("PF070", one("AWS::DynamoDB::Table"))) == 2
    assert told("PF078", one("AWS::SQS::Queue")) == []


@pytest.mark.parametrize(("principal", "finds"), [("logs.amazonaws.com", False), ("sns.amazonaws.com", True)])
def test_the_service_of_logs_has_a_name_without_a_region_too(principal: str, finds: bool) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "kms:*", "Resource": "*"}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [statement]}}}
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}}
    found = told("PF021", {"Resources": {"Key": key, "Group": group}})
    assert any("does not admit" in each for each in found) is finds


@pytest.mark.parametrize(
    ("alarm", "finds"),
    [
        ({}, []),
        ({"OKActions": ["arn:aws:sns:::a"]}, ["the alarm has OKActions, and no action for when it rings"]),
        ({"Unit": "Count"}, []),
        ({"Unit": "Seconds"}, ["the alarm waits for Seconds, and the set publishes Orders in Count"]),
        ({"Unit": "Percent", "Namespace": "AWS/EC2"}, []),
    ],
)
def test_an_alarm_may_have_a_unit_and_no_action(alarm: dict[str, Any], finds: list[str]) -> None:
    made = [{"MetricName": "Orders", "MetricNamespace": "Shop", "MetricValue": "1", "Unit": "Count"}]
    logs = {"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": made}}
    resources = {"Logs": logs, "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {**METRIC, **alarm}}}
    assert told("PF033", {"Resources": resources}) == finds


@pytest.mark.parametrize(
    ("principal", "finds"), [("arn:aws:iam::999988887777:root", False), ("*", True), ("arn:aws:iam::*:root", True)]
)
def test_an_account_that_is_named_is_a_decision(principal: str, finds: bool) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:PutObject", "Resource": "*"}
    policy = one("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument={"Statement": [statement]})
    assert bool(told("PF077", policy)) is finds


def test_a_name_with_an_id_of_aws_has_a_length_that_nobody_knows() -> None:
    system = {"Type": "AWS::EFS::FileSystem"}
    function = one("AWS::Lambda::Function", FunctionName={"Fn::Sub": "${System}-" + "x" * 60})["Resources"]
    assert told("PF041", {"Resources": {"System": system, **function}}) == []
    assert told("PF041", one("AWS::Lambda::Function", FunctionName="x" * 65)) == [
        "the name has 65 characters, the limit is 64"
    ]


def test_a_widget_of_alarms_has_the_region_of_its_metrics() -> None:
    def shown(**properties: Any) -> list[str]:
        body = json.dumps({"widgets": [{"type": "metric", "properties": properties}]})
        return told("PF100", one("AWS::CloudWatch::Dashboard", DashboardBody=body))

    assert shown(annotations={"alarms": ["arn:aws:cloudwatch:eu-west-1:1:alarm:a"]}) == []
    assert shown(metrics=[["AWS/SQS", "NumberOfMessagesSent", "QueueName", "q"]]) == [
        "widget number 0: metric needs region"
    ]


def test_lambda_publishes_over_all_functions_too() -> None:
    widget = {"type": "metric", "properties": {"metrics": [["AWS/Lambda", "Errors"]], "region": "eu-west-1"}}
    body = json.dumps({"widgets": [widget]})
    assert told("PF100", one("AWS::CloudWatch::Dashboard", DashboardBody=body)) == []


def test_an_action_that_a_condition_leaves_out_is_no_action() -> None:
    assert told("PF020", one("AWS::CloudWatch::Alarm", **METRIC, AlarmActions=[""])) == []
    assert len(told("PF020", one("AWS::CloudWatch::Alarm", **METRIC, AlarmActions=["shop"]))) == 1


@pytest.mark.parametrize(
    ("states", "place"),
    [
        ({"QueryLanguage": "JSONata", "A": TASK}, "States/QueryLanguage"),
        ({"A": {**TASK, "Catch": "{% $a %}"}}, "States/A/Catch"),
        ({"A": {**TASK, "Retry": ["States.ALL"]}}, "States/A/Retry"),
        ({"A": {**TASK, "Assign": "{% $a %}"}}, "States/A/Assign"),
        ({"A": {"Type": "Map", "ItemProcessor": {"StartAt": "B"}, "End": True}}, "States/A/ItemProcessor/States"),
        ("A", "States"),
    ],
)
def test_a_machine_that_cannot_be_read_is_one_finding(states: Any, place: str) -> None:
    machine = one("AWS::StepFunctions::StateMachine", Definition={"StartAt": "A", "States": states})
    found = apply_rules(parse_set({"root.json": json.dumps(machine)}))
    path = f"Resources/One/Properties/Definition/{place}"
    assert [(each.rule, each.path) for each in found] == [("PF038", path)]


@pytest.mark.parametrize(
    ("code", "finds"),
    [
        ({"ZipFile": "def main(e, c): pass"}, ["nothing writes the attribute closed_att, there is closed_at"]),
        ({"ZipFile": "def main(e, c): return 'closed_att'"}, []),
        ({"S3Bucket": "b", "S3Key": "k"}, []),
    ],
)
def test_an_attribute_that_code_may_write_is_not_a_slip(code: dict[str, str], finds: list[str]) -> None:
    arguments = {
        "TableName": "t",
        "UpdateExpression": "SET closed_at = :now",
        "ConditionExpression": "attribute_not_exists(closed_att)",
        "ExpressionAttributeValues": {":now": {"S": "a"}},
    }
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Arguments": arguments, "End": True}
    definition = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": task}}
    function = one("AWS::Lambda::Function", Code=code, Handler="index.main", Runtime="python3.13")["Resources"]
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": definition}}
    assert told("PF094", {"Resources": {"Machine": machine, **function}}) == finds
