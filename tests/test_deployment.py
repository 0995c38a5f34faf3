"""A deploy of the whole set, up to the first thing that is sent: what is refused before it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from payflow_cfn.deployment import deploy_lines, deploy_set
from payflow_cfn.errors import DeployError, SettingsError
from payflow_cfn.options import Options
from payflow_cfn.publish import Encryption
from payflow_cfn.settings import Settings
from payflow_cfn.template_set import template_set

NAMES = {"Environment": "prod"}


class Meta:
    region_name = "eu-west-2"
    endpoint_url = "https://s3.eu-west-2.amazonaws.com"


class Cloud:
    """Knows one stack (or none) with one parameter of old; any other call is an AttributeError."""

    meta = Meta()

    def __init__(self, status: str = "") -> None:
        self.status = status

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if not self.status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")
        old = [{"ParameterKey": "Former", "ParameterValue": "1"}]
        return {"Stacks": [{"StackId": "i", "StackName": StackName, "StackStatus": self.status, "Parameters": old}]}


class Sent(Exception):  # noqa: N818
    """The bucket was asked: everything before was accepted."""


class Storage:
    meta = Meta()

    def list_objects_v2(self, **_: Any) -> Any:
        raise Sent


def go(cloud: Cloud, parameters: dict[str, str], options: Options | None = None) -> Any:
    return deploy_set(
        cloud, Storage(), Settings(), bucket="b", prefix="p", parameters={**NAMES, **parameters},
        on_event=lambda _: None, options=options,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["", "CREATE_COMPLETE"])
def test_a_parameter_that_nobody_knows_is_refused_with_the_nearest_before_anything_is_sent(status: str) -> None:
    with pytest.raises(DeployError, match=r"no parameter ErrorThreshold: did you mean ErrorsThreshold\?"):
        go(Cloud(status), {"ErrorThreshold": "1"})


def test_a_parameter_that_the_template_no_longer_has_is_no_mistake() -> None:
    with pytest.raises(Sent):
        go(Cloud("CREATE_COMPLETE"), {"Former": "1"})


def test_real_money_needs_a_real_gateway() -> None:
    with pytest.raises(SettingsError, match=r"moves no money.*--allow-simulated-gateway"):
        go(Cloud(), {}, Options(production=True))


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        ({"GatewayAdapter": "stripe"}, Options(production=True)),
        ({"AllowSimulatedGateway": "true"}, Options(production=True)),
        ({}, Options(production=True, allow_simulated_gateway=True)),
        ({}, Options()),
    ],
)
def test_another_gateway_or_a_second_word_goes_on(parameters: dict[str, str], options: Options) -> None:
    with pytest.raises(Sent):
        go(Cloud(), parameters, options)


def lines(cloud: Cloud, parameters: dict[str, str], sse: Encryption | None = None) -> tuple[str, ...]:
    return deploy_lines(
        cloud, Storage(), Settings(), bucket="b", prefix="p", parameters={**NAMES, **parameters},
        options=Options(protect_stateful=True), sse=sse,
    )  # fmt: skip


def test_the_lines_encrypt_as_the_deploy_would() -> None:
    assert lines(Cloud(), {}, Encryption("aws:kms", "k"))[0].endswith(" --region eu-west-2 --kms-key k")
    assert "--kms-key" not in lines(Cloud(), {}, Encryption())[0]


@pytest.mark.parametrize(
    ("status", "kind"), [("", "CREATE"), ("REVIEW_IN_PROGRESS", "CREATE"), ("UPDATE_COMPLETE", "UPDATE")]
)
def test_the_lines_name_every_parameter_and_the_kind(status: str, kind: str) -> None:
    package, made, *_ = lines(Cloud(status), {"RiskThreshold": "60"})
    assert package == "payflow package --env prod --bucket b --prefix p --region eu-west-2"
    assert f"--change-set-type {kind} " in made
    assert "https://b.s3.eu-west-2.amazonaws.com/p/" in made
    declared = json.loads(template_set(Settings())["root.json"])["Parameters"]
    assert [name for name in declared if f'"ParameterKey":"{name}"' not in made] == []
    assert '{"ParameterKey":"RiskThreshold","ParameterValue":"60"}' in made
