"""Keys and URLs in S3: right in every partition, the same for the same content, children before parents."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.aws.s3_urls import (
    checked_prefix,
    object_url,
    packaged_order,
    partition_of,
    template_key,
    url_suffix,
    with_locations,
)
from payflow_cfn.errors import PackageError


def nested(*children: str) -> str:
    stacks = {
        f"Stack{number}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        for number, url in enumerate(children)
    }
    return json.dumps({"Resources": stacks})


def test_partition_and_dns_suffix_are_botocores_in_every_region() -> None:
    partitions = json.loads(files("botocore").joinpath("data/partitions.json").read_text())["partitions"]
    wanted = {
        region: (partition["id"], partition["outputs"]["dnsSuffix"])
        for partition in partitions
        for region in partition["regions"]
        if not region.endswith("-global")
    }
    assert len(wanted) > 40
    assert {region: (partition_of(region), url_suffix(region)) for region in wanted} == wanted


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ({"bucket": "b", "region": "us-east-1"}, "https://b.s3.us-east-1.amazonaws.com/p/k.json"),
        ({"bucket": "b", "region": "cn-north-1"}, "https://b.s3.cn-north-1.amazonaws.com.cn/p/k.json"),
        ({"bucket": "b", "region": "eusc-de-east-1"}, "https://b.s3.eusc-de-east-1.amazonaws.eu/p/k.json"),
        ({"bucket": "a.b", "region": "eu-west-2"}, "https://s3.eu-west-2.amazonaws.com/a.b/p/k.json"),
        (
            {"bucket": "b", "region": "us-east-1", "endpoint": "http://127.0.0.1:4566/"},
            "http://127.0.0.1:4566/b/p/k.json",
        ),
    ],
)
def test_an_objects_url(arguments: dict[str, str], url: str) -> None:
    assert object_url(key="p/k.json", **arguments) == url


@given(st.binary(), st.binary())
def test_a_templates_key_changes_exactly_with_its_bytes(one: bytes, other: bytes) -> None:
    assert (template_key("p/", "root.json", one) == template_key("p/", "root.json", other)) == (one == other)


@pytest.mark.parametrize(("prefix", "wanted"), [("", ""), ("a", "a/"), ("a/b/", "a/b/"), ("/a//b", "a/b/")])
def test_a_prefix_ends_with_one_slash(prefix: str, wanted: str) -> None:
    assert checked_prefix(prefix) == wanted


@pytest.mark.parametrize("prefix", ["a b", "ü", "a/../b", "a?b", "a#b", "a\n", "a%20b", "."])
def test_a_prefix_that_a_url_would_have_to_quote_is_refused(prefix: str) -> None:
    with pytest.raises(PackageError, match="cannot stand in an S3 key here"):
        checked_prefix(prefix)


def test_children_come_before_their_parents_at_any_depth() -> None:
    rendered = {"root.json": nested("./a.json", "b.json"), "a.json": nested("./c.json"), "b.json": "{}", "c.json": "{}"}
    assert packaged_order(rendered) == ("c.json", "a.json", "b.json", "root.json")


def test_a_template_that_is_nested_twice_comes_once() -> None:
    assert packaged_order({"root.json": nested("./a.json", "./a.json"), "a.json": "{}"}) == ("a.json", "root.json")


@pytest.mark.parametrize(
    ("rendered", "message"),
    [
        ({"root.json": nested("./gone.json")}, r"gone\.json is nested but is not in the set"),
        ({"root.json": nested("./a.json"), "a.json": nested("./root.json")}, r"root\.json nests itself"),
        ({"root.json": nested("../secret.json")}, r"\.\./secret\.json is nested but is not in the set"),
    ],
)
def test_a_set_that_does_not_close_is_refused(rendered: dict[str, str], message: str) -> None:
    with pytest.raises(PackageError, match=message):
        packaged_order(rendered)


def located(template: Any) -> Any:
    text = with_locations(
        json.dumps(template),
        template_urls={"a.json": "https://x/a"},
        bucket="b",
        artifact_keys={"validation": "p/k.zip"},
    )
    return json.loads(text)


def test_only_local_paths_are_replaced() -> None:
    template = {
        "Resources": {
            "Local": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "./a.json", "Parameters": {}},
            },
            "Remote": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://y/z.json"}},
            "Chosen": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": {"Ref": "Url"}}},
            "Ours": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "./artifacts/validation.zip"}},
            "Inline": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "pass"}}},
            "Topic": {"Type": "AWS::SNS::Topic"},
        },
        "Outputs": {"Text": {"Value": "./a.json"}},
    }
    wanted = json.loads(json.dumps(template))
    wanted["Resources"]["Local"]["Properties"]["TemplateURL"] = "https://x/a"
    wanted["Resources"]["Ours"]["Properties"]["Code"] = {"S3Bucket": "b", "S3Key": "p/k.zip"}
    assert located(template) == wanted


def test_numbers_and_their_types_stay_as_they_are_written() -> None:
    text = with_locations('{"Rate": 2.0, "Count": 2, "Flag": true}', template_urls={}, bucket="b", artifact_keys={})
    assert text == '{"Rate":2.0,"Count":2,"Flag":true}\n'


def test_a_resource_without_properties_stays_without() -> None:
    text = '{"Resources":{"Nested":{"Type":"AWS::CloudFormation::Stack"}}}\n'
    assert with_locations(text, template_urls={}, bucket="b", artifact_keys={}) == text
