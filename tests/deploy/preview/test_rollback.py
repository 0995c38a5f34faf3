"""Files that only a rollback would read are looked for at every level, each once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.conftest import Stubbed
from fake_cloudformation import NAME, STACK, FakeCloudFormation, change
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import parse_root
from payflow_cfn.deploy.preview import preview_change
from payflow_cfn.deploy.preview.rollback import StoredFile, rollback_problems, stored_files
from payflow_cfn.diff import StackSource

FUNCTION = "AWS::Lambda::Function"


def function(**code: Any) -> dict[str, Any]:
    return {"Type": FUNCTION, "Properties": {"Code": code}}


def tree(url: str = "https://bucket.s3.eu-west-2.amazonaws.com/p/functions-1.json") -> StackSource:
    child = {"Resources": {"F": function(S3Bucket="bucket", S3Key="p/old.zip"), "Inline": function(ZipFile="x")}}
    root = {"Resources": {"Functions": {"Type": STACK, "Properties": {"TemplateURL": url}}}}
    return StackSource(root, {"Functions": StackSource(child)})


def test_the_files_of_every_level_are_found() -> None:
    assert list(stored_files(tree())) == [
        StoredFile(("Functions",), "bucket", "p/functions-1.json"),
        StoredFile(("Functions", "F"), "bucket", "p/old.zip"),
    ]


def test_a_loop_of_a_deployed_template_is_passed_over() -> None:
    loop = ["Name", ["A"], {"T${Name}": {"Type": "AWS::SNS::Topic"}}]
    found = StackSource({"Resources": {"Fn::ForEach::T": loop, **tree().template["Resources"]}}, tree().children)
    assert list(stored_files(found)) == list(stored_files(tree()))


@pytest.mark.parametrize(
    ("url", "bucket", "key", "version"),
    [
        ("https://my.bucket.s3.amazonaws.com/a/b.json", "my.bucket", "a/b.json", ""),
        ("https://bucket.s3-eu-west-1.amazonaws.com/b.json?versionId=v1", "bucket", "b.json", "v1"),
        ("https://s3.eu-west-1.amazonaws.com/bucket/a/b%20c.json", "bucket", "a/b c.json", ""),
        ("https://localhost:4566/bucket/a/b.json", "bucket", "a/b.json", ""),
    ],
)
def test_a_template_is_found_by_every_form_of_its_address(url: str, bucket: str, key: str, version: str) -> None:
    assert next(stored_files(tree(url))) == StoredFile(("Functions",), bucket, key, version)


@pytest.mark.parametrize(
    "resource",
    [
        {"Type": STACK, "Properties": {"TemplateURL": {"Fn::Sub": "https://${B}/x"}}},
        {"Type": STACK, "Properties": {"TemplateURL": "./x.json"}},
        function(S3Bucket={"Ref": "B"}, S3Key="k"),
        function(ImageUri="i"),
    ],
)
def test_a_name_that_only_a_deploy_evaluates_is_left_out(resource: dict[str, Any]) -> None:
    assert list(stored_files(StackSource({"Resources": {"R": resource}}))) == []


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [("404", 404, "is gone"), ("403", 403, "may not be read"), ("SlowDown", 503, "could not be looked at: m")],
)
def test_a_file_that_a_rollback_would_miss_is_named_with_its_resource(
    stubbed: Stubbed, code: str, status: int, problem: str
) -> None:
    client, stub = stubbed("s3")
    stub.add_response("head_object", {}, {"Bucket": "bucket", "Key": "p/functions-1.json"})
    stub.add_client_error("head_object", code, "m", status, expected_params={"Bucket": "bucket", "Key": "p/old.zip"})
    found = rollback_problems(client, tree(), {"root.json": "{}"})
    assert found == (f"Functions/F (s3://bucket/p/old.zip) {problem}",)


def test_what_the_new_set_names_too_is_not_looked_at(stubbed: Stubbed) -> None:
    client, _ = stubbed("s3")
    assert rollback_problems(client, tree(), {"root.json": "p/functions-1.json", "functions.json": "p/old.zip"}) == ()


def test_a_plan_of_an_update_lists_them_and_looks_only_with_clients(stubbed: Stubbed) -> None:
    s3, stub = stubbed("s3")
    stub.add_client_error("head_object", "404", "m", 404)
    new = {"root.json": json.dumps({"Resources": {"F": function(S3Bucket="bucket", S3Key="p/new.zip")}})}
    request = Request(NAME, parse_root(new["root.json"]), {}, new)
    cloud = FakeCloudFormation("UPDATE_COMPLETE", change("F", FUNCTION, Replacement="False"))
    cloud.templates[NAME] = {"Resources": {"F": function(S3Bucket="bucket", S3Key="p/old.zip")}}
    seen = preview_change(cloud.client, request, clients={"s3": s3}.__getitem__)
    assert "  ! F (s3://bucket/p/old.zip) is gone" in seen.text.splitlines()
    assert seen.data["rollback"] == ["F (s3://bucket/p/old.zip) is gone"]
    assert preview_change(cloud.client, request).rollback == ()
