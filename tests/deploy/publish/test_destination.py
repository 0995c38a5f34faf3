"""Test the place of a set in S3, without requests: keys below a prefix, URLs, and templates with them."""

from __future__ import annotations

import json

from payflow_cfn.deploy.publish.destination import Destination, Encryption, located_set

TO = Destination("artifacts", "payflow/", "eu-west-2", Encryption())
CHILD = json.dumps({"Resources": {}})
ROOT = json.dumps(
    {"Resources": {"C": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./child.json"}}}}
)


def test_a_parent_names_its_child_by_the_url_of_its_content() -> None:
    found = located_set(TO, rendered={"root.json": ROOT, "child.json": CHILD}, artifacts={})
    child = json.loads(found.rendered["root.json"])["Resources"]["C"]["Properties"]["TemplateURL"]
    assert child == found.templates["child.json"]
    assert child.startswith("https://artifacts.s3.eu-west-2.amazonaws.com/payflow/child-")
    assert (found.root_url, found.uploaded, found.skipped) == (found.templates["root.json"], (), ())


def test_another_s3_is_named_by_its_own_endpoint_and_a_prefix_ends_once() -> None:
    to = Destination("artifacts", "payflow", "eu-west-2", Encryption(), endpoint="http://127.0.0.1:9")
    assert to.url(to.key("a.zip")) == "http://127.0.0.1:9/artifacts/payflow/a.zip"
    assert TO.key("a.zip") == to.key("a.zip")
