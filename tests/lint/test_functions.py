"""The rules about functions and alarms on other people's sets: code in the template, and what cannot be known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.lint.rules import apply_rules

RULES = ("PF045", "PF046", "PF047", "PF051", "PF052", "PF053", "PF054", "PF055", "PF056")
CODE = """
import json, os

def main(event, context):
    print(json.dumps({"kind": "order_taken", "took": 3}))
    return os.environ["QUEUE"]
"""
ARN = "Arn"


def found(resources: dict[str, Any], parameters: dict[str, Any] | None = None) -> list[str]:
    template = {"Parameters": parameters or {}, "Resources": resources}
    return [each.rule for each in apply_rules(parse_set({"root.json": json.dumps(template)}), RULES)]


def function(code: str = CODE, variables: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A function whose code is in the template; it gets the variable QUEUE."""
    environment = {"Variables": {"QUEUE": "q"} if variables is None else variables}
    properties = {"Runtime": "python3.13", "Handler": "index.main", "Code": {"ZipFile": code}, "Timeout": 10}
    return {"Type": "AWS::Lambda::Function", "Properties": {**properties, "Environment": environment, **more}}


def alarm(namespace: str, metric: str, **dimensions: Any) -> dict[str, Any]:
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    given = {"Namespace": namespace, "MetricName": metric, "Dimensions": pairs, "Statistic": "Sum", "Period": 60}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {**given, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"},
    }


def log_filter(pattern: str, group: Any) -> dict[str, Any]:
    made = [{"MetricName": "Orders", "MetricNamespace": "Shop", "MetricValue": "1"}]
    given = {"FilterPattern": pattern, "LogGroupName": group, "MetricTransformations": made}
    return {"Type": "AWS::Logs::MetricFilter", "Properties": given}


def role(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [statement]}}}


def reading(line: str) -> dict[str, Any]:
    """A function that runs this line and gets no variable."""
    return function(f"import os\ndef main(event, context):\n    {line}\n", {})


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("return os.environ['A']", ["PF053"]),
        ("a = os.environ.get('A')\n    if not a:\n        raise ValueError\n    return a", ["PF053"]),
        ("a = os.getenv('A')\n    if a is None:\n        raise ValueError\n    return a", ["PF053"]),
        ("return os.environ.get('A')", []),
        ("return os.environ.get('A', 'b')", []),
        ("return os.environ['A'] if event else None", []),
        ("if event:\n        return os.environ['A']", []),
        ("return os.environ['AWS_REGION']", []),
    ],
)
def test_a_variable_is_needed_where_its_absence_always_raises(line: str, rules: list[str]) -> None:
    assert found({"Orders": reading(line)}) == rules


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("def main(event, context): return 'B'", ["PF053"]),
        ("import os\ndef main(event, context): return os.environ.get('A')", []),
        ("import pydantic\ndef main(event, context): return 'B'", []),
        ("import os\ndef main(event, context): return os.environ.get(f'{event}_x')", []),
        ("import os\ndef main(event, context): return dict(os.environ)", []),
        ("import os\ndef main(event, context): return [each for each in os.environ]", []),
    ],
)
def test_a_variable_that_no_code_reads_is_found_where_all_code_is_known(code: str, rules: list[str]) -> None:
    assert found({"Orders": function(code, {"A": "x"})}) == rules


def test_code_that_is_not_python_or_not_here_is_not_judged() -> None:
    assert found({"Orders": function("exports.main = 1", Runtime="nodejs22.x")}) == []
    assert found({"Orders": function("def broken(", {})}) == []
    assert found({"Orders": function(Code={"S3Bucket": "b", "S3Key": "k"}, Handler="a.b")}) == []


def test_an_alarm_on_a_function_elsewhere_is_found_only_where_the_set_has_functions() -> None:
    watching = {"Alarm": alarm("AWS/Lambda", "Errors", FunctionName="other")}
    assert found(watching) == []
    assert found({**watching, "Orders": function()}) == ["PF045"]
    assert found({**watching, "Orders": function(FunctionName="other")}) == []
    assert found({**watching, "Orders": function(FunctionName={"Ref": "Name"})}, {"Name": {"Type": "String"}}) == []


@pytest.mark.parametrize(
    ("pattern", "rules"),
    [
        ('{ $.kind = "order_taken" }', []),
        ('{ $.kind = "order_*" }', []),
        ('{ $.kind = "order_lost" }', ["PF047"]),
        ('{ $.event = "order_taken" }', ["PF047"]),
        ('{ $.level = "ERROR" }', []),
        ("?Error ?Exception", []),
    ],
)
def test_a_filter_is_held_against_the_code_that_writes_to_its_group(pattern: str, rules: list[str]) -> None:
    named = function(FunctionName="orders")
    assert found({"Orders": named, "Filter": log_filter(pattern, "/aws/lambda/orders")}) == rules


def test_a_filter_of_a_group_of_no_function_is_found_and_one_of_another_service_is_not() -> None:
    named = function(FunctionName="orders")
    assert found({"Orders": named, "Filter": log_filter("", "/aws/lambda/order")}) == ["PF047"]
    assert found({"Orders": named, "Filter": log_filter("{ $.x = 1 }", "/ecs/shop")}) == []


def test_names_decide_only_where_both_sides_have_a_counterpart() -> None:
    """A role that only begins like the function is another service's; two functions that swap roles are a slip."""
    roles = {"ApiRole": role("lambda.amazonaws.com"), "OrderRole": role("lambda.amazonaws.com")}
    shared = {**roles, "LambdaRole": role("lambda.amazonaws.com")}
    api = {"ApiFunction": function(Role={"Fn::GetAtt": ["LambdaRole", ARN]})}
    swapped = {
        "ApiFunction": function(Role={"Fn::GetAtt": ["OrderRole", ARN]}),
        "OrderFunction": function(Role={"Fn::GetAtt": ["ApiRole", ARN]}),
    }
    assert found({**shared, **api}) == []
    assert found({**roles, **swapped}) == ["PF055", "PF055"]


def test_a_role_has_to_admit_lambda() -> None:
    orders = function(Role={"Fn::GetAtt": ["Worker", ARN]})
    assert found({"Orders": orders, "Worker": role("ecs-tasks.amazonaws.com")}) == ["PF054"]
    assert found({"Orders": orders, "Worker": role("lambda.amazonaws.com")}) == []
