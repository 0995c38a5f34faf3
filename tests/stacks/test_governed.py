"""Each setting of a governed organisation reaches every resource that it must, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from governed_sets import EVERYTHING, parsed, passed, properties, rendered, statements
from payflow_cfn.aws.parsed_set import walk
from payflow_cfn.config.settings import Settings, parse_settings
from payflow_cfn.errors import SettingsError


def test_the_network_reaches_both_functions_and_their_roles_and_no_other() -> None:
    templates = parsed(Settings(vpc=True))
    network = {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}}
    functions = properties(templates, "AWS::Lambda::Function")
    assert {name: each["VpcConfig"] for name, each in functions.items()} == dict.fromkeys(functions, network)
    with_network = {
        name
        for name, role in properties(templates, "AWS::IAM::Role").items()
        if {"DescribeNetwork", "CreateInterfaces", "ManageInterfaces", "DenyNetworkToCode"} <= set(statements(role))
    }
    assert (len(functions), with_network) == (2, {"ValidationRole", "ProcessingRole"})
    assert "ec2:" not in rendered(Settings(vpc=True))["workflow.json"]
    for each in network:  # a nested stack takes text only
        assert passed(templates, "functions", each) == {"Fn::Join": [",", {"Ref": each}]}


# AWS's managed policy AWSLambdaVPCAccessExecutionRole (v3), without its log actions.
LAMBDA_NEEDS = {
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
}


@pytest.mark.parametrize("purpose", ["validation", "processing"])
def test_a_role_has_exactly_what_lambda_needs_and_the_code_has_none_of_it(purpose: str) -> None:
    role = properties(parsed(Settings(vpc=True)), "AWS::IAM::Role")[f"{purpose.capitalize()}Role"]
    found = statements(role)
    allowed = [
        each for sid in ("DescribeNetwork", "CreateInterfaces", "ManageInterfaces") for each in found[sid]["Action"]
    ]
    assert sorted(allowed) == sorted(LAMBDA_NEEDS)
    denial = found["DenyNetworkToCode"]
    function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    code = {"Fn::Sub": f"{function}lambda-payment-{purpose}-${{Environment}}"}
    assert (denial["Effect"], set(denial["Action"])) == ("Deny", LAMBDA_NEEDS)
    assert denial["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": code}}


def test_another_network_or_key_makes_another_version() -> None:
    def referred(settings: Settings) -> set[str]:
        versions = properties(parsed(settings), "AWS::Lambda::Version").values()
        assert len(versions) == 2
        refs = [{value["Ref"] for _, value in walk(each["Description"]) if _is_ref(value)} for each in versions]
        assert refs[0] == refs[1]
        return refs[0]

    def _is_ref(value: Any) -> bool:
        return isinstance(value, dict) and "Ref" in value

    assert referred(Settings()) == set()
    assert referred(Settings(vpc=True)) == {"SubnetIds", "SecurityGroupIds"}
    assert referred(Settings(existing_keys=("lambda",))) == {"LambdaKeyArn"}
    assert referred(Settings(existing_keys=("sns",))) == set()


def test_code_signing_concurrency_and_architecture_reach_both_functions() -> None:
    functions = properties(parsed(EVERYTHING), "AWS::Lambda::Function")
    assert {
        name: (each["CodeSigningConfigArn"], each["ReservedConcurrentExecutions"], each["Architectures"])
        for name, each in functions.items()
    } == {
        f"{title}Function": ({"Ref": "CodeSigningConfigArn"}, {"Ref": f"{title}ReservedConcurrency"}, ["arm64"])
        for title in ("Validation", "Processing")
    }


def test_tracing_reaches_functions_machine_and_their_roles() -> None:
    templates = parsed(Settings(tracing=True))
    assert [each["TracingConfig"] for each in properties(templates, "AWS::Lambda::Function").values()] == [
        {"Mode": "Active"}
    ] * 2
    machine = properties(templates, "AWS::StepFunctions::StateMachine")["PaymentWorkflow"]
    assert machine["TracingConfiguration"] == {"Enabled": True}
    roles = properties(templates, "AWS::IAM::Role")
    granted = {
        name: {action for each in statements(role).values() for action in each["Action"] if action.startswith("xray:")}
        for name, role in roles.items()
    }
    write = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert granted == {
        "ValidationRole": write,
        "ProcessingRole": write,
        "WorkflowRole": write | {"xray:GetSamplingRules", "xray:GetSamplingTargets"},
    }


def test_the_log_class_reaches_the_workflows_group_alone() -> None:
    groups = properties(parsed(Settings(workflow_log_class="INFREQUENT_ACCESS")), "AWS::Logs::LogGroup")
    assert {name: each.get("LogGroupClass") for name, each in groups.items()} == {
        "ValidationLogGroup": None,
        "ProcessingLogGroup": None,
        "WorkflowLogGroup": "INFREQUENT_ACCESS",
    }


@pytest.mark.parametrize("setting", ["log_class", "workflow_log_class"])
def test_a_log_class_that_our_metric_filters_cannot_read_is_no_setting(setting: str) -> None:
    with pytest.raises(SettingsError, match=setting):
        parse_settings({setting: "DELIVERY"})
