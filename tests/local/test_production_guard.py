"""Test the root template's rules on the emulator: refused parameters create nothing."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from payflow_cfn.config.settings import Settings
from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

pytestmark = pytest.mark.local


def root_without_children() -> str:
    rendered = render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"}))
    template = json.loads(rendered["root.json"])
    handle = {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    kept = {name: template[name] for name in ("AWSTemplateFormatVersion", "Parameters", "Rules")}
    return json.dumps({**kept, "Resources": handle})


def create(clients: LocalClients, name: str, **parameters: str) -> None:
    clients("cloudformation").create_stack(
        StackName=name,
        TemplateBody=root_without_children(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


def test_production_with_the_simulated_gateway_is_refused_before_anything_is_made(clients: LocalClients) -> None:
    with pytest.raises(ClientError, match="AllowSimulatedGateway=true"):
        create(clients, "guarded", Environment="prod")
    with pytest.raises(ClientError, match="does not exist"):
        clients("cloudformation").describe_stacks(StackName="guarded")
    create(clients, "said", Environment="prod", AllowSimulatedGateway="true")
    with pytest.raises(ClientError, match="set GatewayUrl"):
        create(clients, "nowhere", Environment="prod", GatewayAdapter="http")
    create(clients, "real", Environment="prod", GatewayAdapter="http", GatewayUrl="https://gateway.example")
