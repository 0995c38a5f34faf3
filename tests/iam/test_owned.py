"""The documents of an extended set: its names are covered, no other environment's, and the rest is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iam_evaluator import Asked, allowed
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import Settings
from payflow_cfn.extensions import Draft, add_resource, add_stack, add_subscriber
from payflow_cfn.iam import Access, Role, Scope, access_for, children_of
from payflow_cfn.stacks.render import build_set
from team_extension import screening_in, write_screening

Make = Callable[..., Scope]
HERE = "eu-west-2:111122223333"
OURS = {"aws:ResourceTag/Environment": ("dev",), "aws:ResourceTag/Owner": ("PaymentTeam",)}
VIA = {"aws:CalledVia": ("cloudformation.amazonaws.com",)}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def reports(payments: Draft) -> Draft:
    payments = add_stack(payments, "reports", purpose="reports of the payments")
    for name, each in {
        "Rows": resource(
            "AWS::DynamoDB::Table",
            TableName={"Fn::Sub": "acme-rows-${Environment}"},
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ),
        "Nightly": resource("AWS::Events::Rule", ScheduleExpression="rate(1 day)"),
        "Bus": resource("AWS::Events::EventBus", Name={"Fn::Sub": "acme-bus-${Environment}"}),
        "Secret": resource("AWS::SecretsManager::Secret", Name={"Fn::Sub": "acme/${Environment}/key"}),
        "Source": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn={"Ref": "DeclinesQueueArn"},
            FunctionName={"Ref": "ScreeningAliasArn"},
        ),
    }.items():
        payments = add_resource(payments, "reports", each, name=name, why="the reports of the payments")
    return payments


def subscribed(payments: Draft) -> Draft:
    return add_subscriber(payments, "Declines", queue=True, statuses=["DECLINED"])


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> TemplateSet:
    folder = write_screening(tmp_path_factory.mktemp("team"))
    return build_set(Settings(), [screening_in(folder), subscribed, reports])


def documents(found: Access) -> list[dict[str, Any]]:
    return [each for document in found.documents for each in document.body["Statement"]]


def access(templates: TemplateSet, make: Make, role: Role = "deployer", **given: Any) -> Access:
    return access_for(role, make(children=children_of(templates), **given), templates)


ARNS = [
    ("s3:CreateBucket", "s3:::payflow-dev-storage-1qw2-screeningbucket-abc"),
    ("dynamodb:CreateTable", f"dynamodb:{HERE}:table/acme-rows-dev"),
    ("events:PutRule", f"events:{HERE}:rule/payflow-dev-Reports-1QW2-Nightly-ABC"),
    ("events:CreateEventBus", f"events:{HERE}:event-bus/acme-bus-dev"),
    ("secretsmanager:CreateSecret", f"secretsmanager:{HERE}:secret:acme/dev/key-aB3dE6"),
    ("sqs:CreateQueue", f"sqs:{HERE}:sqs-declines-dev"),
    ("lambda:CreateFunction", f"lambda:{HERE}:function:lambda-screening-dev"),
    ("iam:CreateRole", "iam::111122223333:role/role-lambda-screening-dev"),
    ("logs:CreateLogGroup", f"logs:{HERE}:log-group:/aws/lambda/lambda-screening-dev:*"),
    ("cloudwatch:PutMetricAlarm", f"cloudwatch:{HERE}:alarm:alarm-lambda-screening-errors-dev"),
    ("cloudformation:CreateStack", f"cloudformation:{HERE}:stack/payflow-dev-Reports-1QW2/3"),
]


@pytest.mark.parametrize(("action", "arn"), ARNS)
@pytest.mark.slow
def test_the_names_of_an_extension_are_covered_in_its_environment_alone(
    action: str, arn: str, extended: TemplateSet, scope: Make
) -> None:
    given = documents(access(extended, scope))
    assert allowed(given, Asked(action, f"arn:aws:{arn}", VIA))
    for other in ("dev-2", "dev2", "prod", "de"):
        foreign = arn.replace("-dev-", f"-{other}-").replace("/dev/", f"/{other}/")
        foreign = f"{foreign.removesuffix('-dev')}-{other}" if foreign.endswith("-dev") else foreign
        foreign = foreign.replace("-dev:*", f"-{other}:*")
        assert foreign != arn
        assert not allowed(given, Asked(action, f"arn:aws:{foreign}", VIA)), foreign


def test_no_statement_names_a_resource_twice(templates: TemplateSet, scope: Make) -> None:
    for each in documents(access(templates, scope)):
        assert len(set(each["Resource"])) == len(each["Resource"])


def test_a_role_of_an_extension_is_passed_to_the_service_that_it_trusts(extended: TemplateSet, scope: Make) -> None:
    given, role = documents(access(extended, scope)), "arn:aws:iam::111122223333:role/role-lambda-screening-dev"
    to = {service: {**VIA, "iam:PassedToService": (f"{service}.amazonaws.com",)} for service in ("lambda", "states")}
    assert allowed(given, Asked("iam:PassRole", role, to["lambda"]))
    assert not allowed(given, Asked("iam:PassRole", role, to["states"]))


def test_an_event_source_is_told_by_its_function(extended: TemplateSet, scope: Make) -> None:
    given = documents(access(extended, scope))
    mapping = f"arn:aws:lambda:{HERE}:event-source-mapping:1"
    own = {**VIA, "lambda:FunctionArn": (f"arn:aws:lambda:{HERE}:function:lambda-screening-dev:live",)}
    other = {**VIA, "lambda:FunctionArn": (f"arn:aws:lambda:{HERE}:function:lambda-screening-prod:live",)}
    for action, on in (("Create", "*"), ("Delete", mapping), ("Update", mapping)):
        assert allowed(given, Asked(f"lambda:{action}EventSourceMapping", on, own))
        assert not allowed(given, Asked(f"lambda:{action}EventSourceMapping", on, other))
    assert allowed(given, Asked("lambda:UntagResource", mapping, {**VIA, **OURS}))
    assert not allowed(given, Asked("lambda:UntagResource", mapping, VIA))


def test_nothing_of_that_is_left_out_and_every_document_fits(extended: TemplateSet, scope: Make) -> None:
    found = access(extended, scope)
    assert found.left_out == ()
    assert len(found.documents) <= 6


@pytest.mark.parametrize(
    ("made", "environment", "said"),
    [
        (resource("AWS::SecretsManager::Secret"), "dev", "AWS::SecretsManager::Secret New: without a Name nothing"),
        (resource("AWS::SQS::Queue", QueueName="acme"), "dev", "AWS::SQS::Queue New: its QueueName does not hold"),
        (resource("AWS::SQS::Queue", QueueName={"Ref": "AWS::StackName"}), "dev", "its QueueName is not known before"),
        (resource("AWS::S3::Bucket"), "e" * 38, "AWS::S3::Bucket New: without a BucketName its name is cut short"),
        (resource("AWS::ApiGateway::RestApi", Name="acme"), "dev", "AWS::ApiGateway::RestApi apigateway:POST"),
        (resource("AWS::Lambda::LayerVersion"), "dev", "AWS::Lambda::LayerVersion lambda:PublishLayerVersion"),
        (resource("Custom::Thing", ServiceToken="x"), "dev", "Custom::Thing all: cfn-lint has no schema of it"),
    ],
)
@pytest.mark.slow
def test_what_no_policy_can_name_is_reported(made: dict[str, Any], environment: str, said: str, scope: Make) -> None:
    templates = build_set(Settings(), [lambda payments: add_resource(payments, "storage", made, name="New")])
    found = access(templates, scope, environment=environment)
    assert any(said in each for each in found.left_out), found.left_out


def test_an_operator_reads_the_logs_of_an_extension_and_a_reader_does_not(extended: TemplateSet, scope: Make) -> None:
    asked = Asked("logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/lambda-screening-dev:*")
    assert allowed(documents(access(extended, scope, "operator")), asked)
    assert not allowed(documents(access(extended, scope, "reader")), asked)


def test_a_parameter_of_the_environment_may_be_part_of_a_name(scope: Make) -> None:
    from payflow_cfn.extensions import add_parameter

    def named(payments: Draft) -> Draft:
        payments = add_parameter(payments, "Region2", description="where", default="x")
        table = resource("AWS::DynamoDB::Table", TableName={"Fn::Sub": "acme-${Region2}-${Environment}"})
        return add_resource(payments, "storage", table, name="Rows")

    text = json.dumps(documents(access(build_set(Settings(), [named]), scope, parameters={"Region2": "north"})))
    assert "table/acme-north-dev" in text
    assert "table/acme-x-dev" not in text
