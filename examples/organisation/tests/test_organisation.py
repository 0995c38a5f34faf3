"""An organisation's keys, network, boundary and names: the set is clean, makes no other keys, and payments run."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from payflow_cfn import Settings, TemplateSet, build_set, diff_sets
from payflow_cfn.config.project import read_project
from payflow_cfn.diff import Effect, ResourceChange
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import Emulator
from payflow_cfn.testing import Deployed

KEYS = ("DynamodbKeyArn", "SnsKeyArn", "CloudwatchKeyArn", "LambdaKeyArn", "StatesKeyArn")
ROLES = ("acme-role-lambda-validation-demo", "acme-role-lambda-processing-demo", "acme-role-sfn-payment-workflow-demo")
ROLE_IDS = {"ValidationRole", "ProcessingRole", "WorkflowRole"}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="session")
def payflow_parameters(payflow_aws: Emulator) -> Mapping[str, str]:
    """What the organisation has in the account before the first deploy."""
    clients: LocalClients = local_clients(payflow_aws)
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{each}.0/24")["Subnet"]["SubnetId"] for each in range(2)]
    group = ec2.create_security_group(GroupName="payments", Description="payments", VpcId=vpc)["GroupId"]
    clients("iam").create_policy(PolicyName="payments", Path="/org/", PolicyDocument=json.dumps(ALL))
    keys = {each: clients("kms").create_key()["KeyMetadata"]["Arn"] for each in KEYS}
    return {**keys, "SubnetIds": ",".join(subnets), "SecurityGroupIds": group}


def resources(templates: TemplateSet, kind: str) -> dict[str, Mapping[str, Any]]:
    every = [each.get("Resources", {}) for each in templates.documents.values()]
    return {name: each for part in every for name, each in part.items() if each["Type"] == kind}


def test_the_set_is_clean(payflow_findings: list[object]) -> None:
    assert payflow_findings == []


def test_the_rules_hold_for_every_role_and_environment(payflow_set: TemplateSet) -> None:
    names = [each["Properties"]["RoleName"]["Fn::Sub"] for each in resources(payflow_set, "AWS::IAM::Role").values()]
    assert sorted(names) == sorted(each.replace("demo", "${Environment}") for each in ROLES)
    root = payflow_set.documents["root.json"]["Parameters"]
    assert max(len(each.replace("${Environment}", "")) for each in names) + root["Environment"]["MaxLength"] == 64
    assert root["PermissionsBoundary"]["Default"] == "org/payments"
    assert min(root["LogRetentionDays"]["AllowedValues"]) == root["LogRetentionDays"]["Default"] == 400


def test_of_the_plain_set_only_the_roles_are_replaced_and_nothing_is_lost(payflow_set: TemplateSet) -> None:
    settings = read_project().settings
    plain = build_set(Settings(existing_keys=settings.existing_keys, vpc=True))
    changes = [each for each in diff_sets(plain, payflow_set) if isinstance(each, ResourceChange)]
    assert {each.action for each in changes} == {"modify"}
    assert {each.path[-1] for each in changes if each.effect is not Effect.NO_INTERRUPTION} == ROLE_IDS
    assert [each.path for each in changes if each.losses] == []


def test_a_payment_runs_with_what_the_organisation_has(
    payflow_deployed: Deployed, payflow_parameters: Mapping[str, str]
) -> None:
    payment = {"payment_amount": "100.50", "payment_method": "credit_card", "customer_id": "CUST-1"}
    paid = payflow_deployed.pay({**payment, "transaction_id": "T-1"})
    assert (paid.status, paid.row["status"], paid.charges, paid.notices) == ("COMPLETED", "COMPLETED", 1, ())
    declined = payflow_deployed.pay({**payment, "transaction_id": "T-2", "payment_amount": "12.05"})
    assert (declined.status, declined.charges, len(declined.notices)) == ("DECLINED", 0, 1)
    roles = payflow_deployed.client("iam").list_roles()["Roles"]
    assert {each["RoleName"] for each in roles} >= set(ROLES)
    kms = payflow_deployed.client("kms")
    made = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in kms.list_keys()["Keys"]]
    ours = {each["Arn"] for each in made if each["KeyManager"] == "CUSTOMER"}
    assert ours == {payflow_parameters[each] for each in KEYS}
    assert {name: payflow_deployed.outputs[name] for name in KEYS} == {name: payflow_parameters[name] for name in KEYS}
