"""The set of a governed organisation runs: its own keys, network, boundary and path, and a payment completes.

The emulator takes VpcConfig, the boundary, code signing and the keys of table and topic, and forgets them: tests/stacks
shows those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from governed_sets import EVERYTHING, PURPOSES
from payflow_cfn.config.options import Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.deploy_set import deploy_set
from payflow_cfn.errors import DeployError
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.stacks.customer_resources import KEYS
from payflow_cfn.stacks.render import build_set
from payflow_cfn.workflow.run import run_payment

pytestmark = [pytest.mark.local, pytest.mark.slow]

PATH = "/app/payments/"
# The emulator runs zips where it runs, so the architecture stays its own.
SETTINGS = replace(EVERYTHING, architecture="x86_64")
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
PAYMENT = {
    "transaction_id": "governed-1",
    "payment_amount": 12.5,
    "payment_method": "credit_card",
    "customer_id": "customer-1",
}


@dataclass(frozen=True, slots=True)
class Live:
    """The deployed set, and what the organisation had given."""

    clients: LocalClients
    given: Mapping[str, str]
    outputs: Mapping[str, str]


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with emulator() as cloud:
        clients = local_clients(cloud)
        given = _given(clients)
        clients("s3").create_bucket(Bucket="governed-artifacts")
        yield Live(clients, given, _deployed(clients, given))


def _given(clients: LocalClients) -> dict[str, str]:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{each}.0/24")["Subnet"]["SubnetId"] for each in range(2)]
    group = ec2.create_security_group(GroupName="payments", Description="payments", VpcId=vpc)["GroupId"]
    clients("iam").create_policy(PolicyName="boundary", Path="/org/", PolicyDocument=json.dumps(ALL))
    keys = {f"{title}Arn": clients("kms").create_key()["KeyMetadata"]["Arn"] for title in KEYS.values()}
    # The owner's alias is named as ours would be: nothing of ours takes that name.
    clients("kms").create_alias(AliasName="alias/sns-payment-notifications-governed", TargetKeyId=keys["SnsKeyArn"])
    return {
        **keys,
        "SubnetIds": ",".join(subnets),
        "SecurityGroupIds": group,
        "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-0123456789abcdefg",
        "ValidationReservedConcurrency": "2",
        "ProcessingReservedConcurrency": "3",
        "PermissionsBoundary": "org/boundary",
        "RolePath": PATH,
    }


def _deployed(
    clients: LocalClients,
    given: Mapping[str, str],
    settings: Settings = SETTINGS,
    leaving: tuple[str, ...] = (),
) -> Mapping[str, str]:
    return deploy_set(
        clients("cloudformation"),
        clients("s3"),
        build_set(settings),
        bucket="governed-artifacts",
        prefix="payflow",
        parameters={"Environment": "governed", "ResourceCoverage": "core", **given},
        on_event=lambda _: None,
        clients=clients,
        options=Options(allow_replace=leaving),
    ).outputs


def test_a_payment_completes(live: Live) -> None:
    execution = run_payment(live.clients("stepfunctions"), live.outputs["StateMachineArn"], dict(PAYMENT))
    assert (execution.status, execution.result["status"]) == ("SUCCEEDED", "COMPLETED")


def test_every_role_has_the_path_and_what_refers_to_it_follows(live: Live) -> None:
    arns = [live.outputs[f"{each}RoleArn"] for each in ("ValidationFunction", "ProcessingFunction", "StateMachine")]
    roles = [live.clients("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"] for arn in arns]
    assert [(each["Path"], each["Arn"]) for each in roles] == [(PATH, arn) for arn in arns]
    names = [live.outputs[f"{title}FunctionName"] for title in ("Validation", "Processing")]
    functions = [live.clients("lambda").get_function_configuration(FunctionName=name) for name in names]
    machine = live.clients("stepfunctions").describe_state_machine(stateMachineArn=live.outputs["StateMachineArn"])
    assert [*(each["Role"] for each in functions), machine["roleArn"]] == arns


def test_the_outputs_name_the_given_keys_and_no_other_key_is_made(live: Live) -> None:
    arns = {name: live.outputs[name] for name in live.given if name.endswith("KeyArn")}
    assert arns == {name: live.given[name] for name in arns}
    assert [live.outputs[f"{name[:-3]}Id"] for name in arns] == [arn.rpartition("/")[2] for arn in arns.values()]
    assert {each["KeyArn"] for each in live.clients("kms").list_keys()["Keys"]} == set(arns.values())


def test_other_subnets_publish_another_version_and_the_alias_moves(live: Live) -> None:
    before = _alias_version(live)
    _deployed(live.clients, {**live.given, "SubnetIds": live.given["SubnetIds"].partition(",")[0]})
    assert _alias_version(live) == str(int(before) + 1)


def _alias_version(live: Live) -> str:
    function = live.outputs["ProcessingFunctionName"]
    return str(live.clients("lambda").get_alias(FunctionName=function, Name="live")["FunctionVersion"])


def test_an_environment_changes_to_existing_keys_if_allowed_and_its_own_stay(clients: LocalClients) -> None:
    clients("s3").create_bucket(Bucket="governed-artifacts")
    own = _deployed(clients, {}, Settings())
    given = {f"{title}Arn": clients("kms").create_key()["KeyMetadata"]["Arn"] for title in KEYS.values()}
    settings = Settings(existing_keys=PURPOSES)
    with pytest.raises(DeployError, match="Encryption"):
        _deployed(clients, given, settings)
    new = _deployed(clients, given, settings, ("Encryption", *KEYS.values()))
    assert {name: new[name] for name in given} == given
    assert set(new) == set(own)
    stays = {each["KeyArn"] for each in clients("kms").list_keys()["Keys"]}
    assert stays == {*given.values(), *(own[name] for name in given)}
    execution = run_payment(clients("stepfunctions"), new["StateMachineArn"], dict(PAYMENT))
    assert (execution.status, execution.result["status"]) == ("SUCCEEDED", "COMPLETED")
