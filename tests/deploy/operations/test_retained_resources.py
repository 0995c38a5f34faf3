"""What stays when a stack is deleted is read from its template, whatever language that is in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.deploy.operations.retained_resources import what_stays

if TYPE_CHECKING:
    from deploy.conftest import Stubbed

STACK = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev/u"
AT = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        '{"Resources": {"Table": {"DeletionPolicy": "Retain"}, "Topic": {}}}',
        "Resources:\n  Table: {DeletionPolicy: Retain, TableName: !Sub x}\n  Topic: {}\n",
    ],
    ids=["json", "yaml"],
)
def test_the_policies_of_the_template_decide(stubbed: Stubbed, body: str) -> None:
    client, stub = stubbed("cloudformation")
    listed = [
        {
            "LogicalResourceId": name,
            "PhysicalResourceId": name.lower(),
            "ResourceType": kind,
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": AT,
        }
        for name, kind in (("Table", "AWS::DynamoDB::Table"), ("Topic", "AWS::SNS::Topic"))
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": listed}, {"StackName": STACK})
    stub.add_response("get_template", {"TemplateBody": body}, {"StackName": STACK, "TemplateStage": "Processed"})
    assert [each.path for each in what_stays(client, STACK)] == [("Table",)]
