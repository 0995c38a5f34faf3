"""Test a published set on the embedded AWS: nested templates are read, and the zip runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.artifacts.package import package_function
from payflow_cfn.deploy.publish.destination import destination
from payflow_cfn.deploy.publish.publish import publish

from .conftest import TRUST

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients

HANDLER = b"import thing\n\ndef handle(event, context):\n    return {'said': thing.say(event['name'])}\n"
THING = b"def say(name):\n    return f'hello {name}'\n"


def child() -> str:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "published-role", "AssumeRolePolicyDocument": json.loads(TRUST)},
    }
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "published",
            "Handler": "validation.handler.handle",
            "Runtime": "python3.11",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": "./artifacts/validation.zip",
        },
    }
    return json.dumps({"Resources": {"Role": role, "Function": function}})


def root() -> str:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./functions.json"}}
    return json.dumps({"Resources": {"Functions": nested}})


@pytest.mark.local
def test_the_set_deploys_from_the_bucket_and_the_function_runs(clients: LocalClients) -> None:
    s3, formation = clients("s3"), clients("cloudformation")
    s3.create_bucket(Bucket="artifacts")
    artifact = package_function("validation", {"validation/handler.py": HANDLER, "thing.py": THING}, vendored={})
    found = publish(
        s3,
        destination(s3, bucket="artifacts", prefix="payflow", region=s3.meta.region_name),
        rendered={"root.json": root(), "functions.json": child()},
        artifacts=[artifact],
    )
    formation.create_stack(StackName="published", TemplateURL=found.root_url, Capabilities=["CAPABILITY_NAMED_IAM"])
    formation.get_waiter("stack_create_complete").wait(StackName="published", WaiterConfig={"Delay": 0.05})
    answer = clients("lambda").invoke(FunctionName="published", Payload=b'{"name": "you"}')
    assert json.loads(answer["Payload"].read()) == {"said": "hello you"}
