"""Test the search for taken names before a first deploy: complete, and without guesses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from one_template import deploy_template
from payflow_cfn.config.names import ALL_NAMES
from payflow_cfn.deploy import Collision, find_collisions
from payflow_cfn.deploy.cloudformation.name_lookup import LOOKS
from payflow_cfn.errors import DeployError

if TYPE_CHECKING:
    from botocore.stub import Stubber

    from deploy.conftest import Stubbed
    from payflow_cfn.local.emulator.clients import LocalClients

TABLE = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}  # fmt: skip


def test_every_kind_of_name_is_looked_up_or_cannot_collide() -> None:
    kinds = {
        each.purpose for each in ALL_NAMES.values() if not any(each.purpose.startswith(f"{kind} ") for kind in LOOKS)
    }
    assert {each.split()[0] for each in kinds} <= {"policy", "metric", "query", "stack"}


@pytest.mark.local
def test_an_empty_account_has_no_collision_and_every_name_can_be_looked_up(clients: LocalClients) -> None:
    found = find_collisions(clients, environment="dev", stack_name="payflow-dev")
    assert (found.collisions, found.unchecked) == ((), ())
    found.require_free(environment="dev")


@pytest.mark.local
def test_a_kept_table_and_a_log_group_made_by_lambda_stop_a_first_deploy(clients: LocalClients) -> None:
    clients("dynamodb").create_table(TableName="dynamodb-transactions-dev", **TABLE)
    clients("logs").create_log_group(logGroupName="/aws/lambda/lambda-payment-validation-dev")
    clients("logs").create_log_group(logGroupName="/aws/lambda/lambda-payment-processing-dev-2")
    found = find_collisions(clients, environment="dev", stack_name="payflow-dev")
    assert [(each.kind, each.name, each.owner) for each in found.collisions] == [
        ("table", "dynamodb-transactions-dev", ""),
        ("function log group", "/aws/lambda/lambda-payment-validation-dev", ""),
    ]
    with pytest.raises(DeployError, match="table dynamodb-transactions-dev exists and belongs to no stack: import it"):
        found.require_free(environment="dev")


def test_a_role_without_a_stack_here_may_have_one_in_another_region() -> None:
    text = Collision("role", "role-lambda-validation-dev", "role-lambda-validation-dev", "").text
    assert text.endswith("look for its stack in the other regions, import it, or choose another environment name")


@pytest.mark.local
@pytest.mark.parametrize("deleted", [False, True])
def test_a_kept_secret_is_found_also_while_it_is_being_deleted(clients: LocalClients, deleted: bool) -> None:
    made = clients("secretsmanager").create_secret(Name="secret-payment-gateway-dev", SecretString="x")["ARN"]
    if deleted:
        clients("secretsmanager").delete_secret(SecretId=made, RecoveryWindowInDays=7)
    found = find_collisions(clients, environment="dev", stack_name="payflow-dev")
    assert [(each.kind, each.physical_id) for each in found.collisions] == [("secret", made)]


@pytest.mark.local
def test_a_resource_of_our_own_stack_is_not_a_collision_and_one_of_another_is(clients: LocalClients) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "sns-payment-notifications-dev"}}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "dynamodb-transactions-dev", **TABLE}}
    template = json.dumps({"Resources": {"Topic": topic, "Table": table}})
    deploy_template(clients("cloudformation"), stack_name="payflow-dev", root_template=template, parameters={})
    assert find_collisions(clients, environment="dev", stack_name="payflow-dev").collisions == ()
    other = find_collisions(clients, environment="dev", stack_name="payflow-qa").collisions
    assert {each.kind for each in other} == {"table", "topic"}


def test_the_owner_of_a_taken_name_is_shown(stubbed: Stubbed) -> None:
    made, stubs = services(stubbed)
    stubs["dynamodb"].add_response("describe_table", {"Table": {}}, {"TableName": "dynamodb-transactions-dev"})
    owner = {"StackId": "arn:other", "LogicalResourceId": "T", "ResourceType": "AWS::DynamoDB::Table",
             "Timestamp": "2026-11-25T09:00:00Z", "ResourceStatus": "CREATE_COMPLETE"}  # fmt: skip
    stubs["cloudformation"].add_response(
        "describe_stack_resources", {"StackResources": [owner]}, {"PhysicalResourceId": "dynamodb-transactions-dev"}
    )
    found = find_collisions(made.__getitem__, environment="dev", stack_name="s", names=ONE)
    assert [each.text for each in found.collisions] == [
        "table dynamodb-transactions-dev belongs to the stack arn:other: choose another environment name"
    ]


ONE = {"TABLE": ALL_NAMES["TABLE"]}


def services(stubbed: Stubbed) -> tuple[dict[str, Any], dict[str, Stubber]]:
    """Stubs of an account in China in which the stack s does not exist."""
    made: dict[str, Any] = {}
    stubs: dict[str, Stubber] = {}
    for service in ("cloudformation", "sts", "dynamodb"):
        made[service], stubs[service] = stubbed(service)
    identity = {"Account": "1", "Arn": "arn:aws-cn:iam::1:user/u", "UserId": "u"}
    stubs["sts"].add_response("get_caller_identity", identity)
    stubs["cloudformation"].add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
    return made, stubs


def test_what_may_not_be_looked_up_is_listed(stubbed: Stubbed) -> None:
    made, stubs = services(stubbed)
    stubs["dynamodb"].add_client_error("describe_table", "AccessDeniedException", "not authorized")
    found = find_collisions(made.__getitem__, environment="dev", stack_name="s", names=ONE)
    assert found.unchecked == (("table dynamodb-transactions-dev", "not authorized"),)
