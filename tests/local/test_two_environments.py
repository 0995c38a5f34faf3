"""Test that two environments get the bytes of one rendered set."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.handlers import json_decode_template_body

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.template_set import read_set
from payflow_cfn.cli.main import main
from payflow_cfn.deploy.publish.destination import Destination, Encryption, located
from sessions import always

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients

pytestmark = pytest.mark.local
BUCKET = "promoted-artifacts"
FILE = f"""
[settings]
function_memory = 512
[environments.stage]
bucket = "{BUCKET}"
[environments.stage.parameters]
ResourceCoverage = "core"
[environments.live-like]
bucket = "{BUCKET}"
production = false
[environments.live-like.parameters]
ResourceCoverage = "core"
ErrorsThreshold = "9"
"""


def held(clients: LocalClients, environment: str) -> dict[str, str]:
    """The text of each template that CloudFormation has, by its file's name."""
    cloudformation = clients("cloudformation")
    cloudformation.meta.events.unregister("after-call.cloudformation.GetTemplate", json_decode_template_body)
    root = f"payflow-{environment}"
    nested = {
        f"{each['LogicalResourceId'].lower()}.json": each["PhysicalResourceId"]
        for each in cloudformation.list_stack_resources(StackName=root)["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::CloudFormation::Stack"
    }
    stacks = {"root.json": root, **nested}
    return {file: cloudformation.get_template(StackName=name)["TemplateBody"] for file, name in stacks.items()}


def test_what_was_rendered_once_is_what_both_environments_have(
    clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    clients("s3").create_bucket(Bucket=BUCKET)
    Path("payflow.toml").write_text(FILE)
    assert main(["render", "--artifacts", "--out", "ci"]) == 0
    made = read_set("ci")
    zips = {each.name: each.build().body for each in set_artifacts(made)}
    # The settings changed after the render; the rendered set counts.
    Path("payflow.toml").write_text(FILE.replace("512", "1024"))
    for environment in ("stage", "live-like"):
        assert main(["deploy", "--env", environment, "--set", "ci", "--yes"], always(clients)) == 0, (
            capsys.readouterr().err
        )

    stage, live = held(clients, "stage"), held(clients, "live-like")
    assert stage.keys() == live.keys() == made.templates.keys()
    assert stage == live
    to = Destination(BUCKET, "payflow", clients("s3").meta.region_name, Encryption(), endpoint=clients.endpoint)
    artifacts = {each.name: each.key for each in set_artifacts(made)}
    assert stage == {name: text for name, (_, text) in located(to, made.templates, artifacts).items()}
    # All that packaging changes, besides the blanks, is where templates and zips lie.
    unmoved = set(made.templates) - {"root.json", "functions.json"}
    assert {name: json.loads(stage[name]) for name in unmoved} == {name: made.documents[name] for name in unmoved}
    for environment in ("stage", "live-like"):
        for function, body in zips.items():
            found = clients("lambda").get_function(FunctionName=f"lambda-payment-{function}-{environment}")
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            assert (found["Configuration"]["CodeSha256"], found["Configuration"]["MemorySize"]) == (digest, 512)
