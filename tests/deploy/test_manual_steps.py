"""Test a deploy as lines for a shell: every parameter, the kind of change set, the encryption."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from asked_bucket import Storage
from fake_cloudformation import FakeCloudFormation
from payflow_cfn.config.options import Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.manual_steps import deploy_lines
from payflow_cfn.deploy.publish.destination import Encryption
from payflow_cfn.stacks.render import build_set

NAMES = {"Environment": "prod"}


def lines(status: str, parameters: dict[str, str], sse: Encryption | None = None) -> tuple[str, ...]:
    cloud, s3 = FakeCloudFormation(), cast(Any, Storage())
    if status:
        cloud.put("payflow-prod", status)
    return deploy_lines(
        cloud.client, s3, build_set(Settings()), bucket="b", prefix="p", parameters={**NAMES, **parameters},
        options=Options(protect_stateful=True), sse=sse,
    )  # fmt: skip


def test_the_lines_encrypt_as_the_deploy_would() -> None:
    assert lines("", {}, Encryption("aws:kms", "k"))[0].endswith(" --region eu-west-2 --kms-key k")
    assert "--kms-key" not in lines("", {}, Encryption())[0]


@pytest.mark.parametrize(
    ("status", "kind"), [("", "CREATE"), ("REVIEW_IN_PROGRESS", "CREATE"), ("UPDATE_COMPLETE", "UPDATE")]
)
def test_the_lines_name_every_parameter_and_the_kind(status: str, kind: str) -> None:
    package, made, *_ = lines(status, {"RiskThreshold": "60"})
    assert package == "payflow package --env prod --bucket b --prefix p --region eu-west-2"
    assert f"--change-set-type {kind} " in made
    assert "https://b.s3.eu-west-2.amazonaws.com/p/" in made
    declared = json.loads(build_set(Settings()).templates["root.json"])["Parameters"]
    assert [name for name in declared if f'"ParameterKey":"{name}"' not in made] == []
    assert '{"ParameterKey":"RiskThreshold","ParameterValue":"60"}' in made
