"""Test reading the templates of a deployed stack, call by call."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.deploy import read_deployed
from payflow_cfn.errors import DeployError, PlanError

if TYPE_CHECKING:
    from botocore.stub import Stubber

    from deploy.conftest import Stubbed

NAME = "payflow-dev"
ROOT, CHILD = (f"arn:aws:cloudformation:eu-west-2:1:stack/{each}/u" for each in (NAME, f"{NAME}-Child"))
AT = datetime(2026, 11, 26, tzinfo=UTC)


def stack(stub: Stubber) -> None:
    given = [{"ParameterKey": "Environment", "ParameterValue": "dev"}]
    found = {"StackId": ROOT, "StackName": NAME, "StackStatus": "CREATE_COMPLETE", "CreationTime": AT}
    stub.add_response("describe_stacks", {"Stacks": [{**found, "Parameters": given}]}, {"StackName": NAME})


def template(stub: Stubber, stack_id: str, body: str, *nested: tuple[str, str, str]) -> None:
    stub.add_response("get_template", {"TemplateBody": body}, {"StackName": stack_id, "TemplateStage": "Original"})
    listed: list[dict[str, Any]] = [
        {
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": "AWS::CloudFormation::Stack",
            "ResourceStatus": status,
            "LastUpdatedTimestamp": AT,
        }
        for logical_id, physical_id, status in nested
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": listed}, {"StackName": stack_id})


def test_every_stack_is_read_by_its_id_and_one_that_was_removed_is_not(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub)
    template(stub, ROOT, '{"a": 1}', ("Child", CHILD, "CREATE_COMPLETE"), ("Gone", f"{CHILD}2", "DELETE_COMPLETE"))
    template(stub, CHILD, '{"b": 2}')
    found = read_deployed(client, stack_name=NAME)
    assert dict(found.source.template) == {"a": 1}
    assert {name: dict(each.template) for name, each in found.source.children.items()} == {"Child": {"b": 2}}
    assert found.root.parameters == {"Environment": "dev"}


def test_a_refusal_is_one_line_with_its_remedy(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub)
    stub.add_client_error("get_template", "AccessDenied", "not\nyou")
    with pytest.raises(DeployError, match="reading the templates of payflow-dev failed: not you"):
        read_deployed(client, stack_name=NAME)


def test_a_template_in_yaml_is_read_like_one_in_json(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub)
    template(stub, ROOT, "Resources:\n  Topic:\n    Type: !Sub AWS::SNS::Topic\n")
    found = read_deployed(client, stack_name=NAME)
    assert dict(found.source.template) == {"Resources": {"Topic": {"Type": {"Fn::Sub": "AWS::SNS::Topic"}}}}


@pytest.mark.parametrize("body", ["Resources:\n  A: 1\n", json.dumps([1])])
def test_a_template_of_another_shape_is_refused(stubbed: Stubbed, body: str) -> None:
    client, stub = stubbed("cloudformation")
    stack(stub)
    stub.add_response("get_template", {"TemplateBody": body})
    with pytest.raises(PlanError, match=r"the template of .* is not a template"):
        read_deployed(client, stack_name=NAME)
