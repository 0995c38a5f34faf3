"""The bootstrap stack's template: what the bucket refuses, keeps and encrypts; every check that applies passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import limits, partitions, wildcards
from payflow_cfn.lint.cfn_lint import lint_templates
from payflow_cfn.stacks.bootstrap import bootstrap_stack
from payflow_cfn.stacks.render import render_template

TEXT = render_template(bootstrap_stack(Settings(tags={"Team": "a"})))
TEMPLATE = json.loads(TEXT)
RESOURCES = TEMPLATE["Resources"]
BUCKET: dict[str, Any] = RESOURCES["ArtifactBucket"]["Properties"]


def test_nothing_in_the_bucket_is_public_or_has_another_owner() -> None:
    assert set(BUCKET["PublicAccessBlockConfiguration"].values()) == {True}
    assert BUCKET["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_everyone_needs_tls_for_the_bucket_and_all_that_is_in_it() -> None:
    bucket = {"Fn::GetAtt": ["ArtifactBucket", "Arn"]}
    assert RESOURCES["ArtifactBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Sid": "DenyPlainTransport",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["s3:*"],
            "Resource": [bucket, {"Fn::Sub": "${ArtifactBucket.Arn}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_nothing_expires_but_uploads_that_were_never_finished() -> None:
    (rule,) = BUCKET["LifecycleConfiguration"]["Rules"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert not [key for key in rule if "Expiration" in key or "Transition" in key]
    assert BUCKET["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_key_is_the_buckets_own_unless_aes256_is_chosen() -> None:
    (rule,) = BUCKET["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    arn = {"Fn::If": ["OwnKey", {"Fn::GetAtt": ["ArtifactKey", "Arn"]}, {"Ref": "AWS::NoValue"}]}
    assert rule == {
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": {"Ref": "Encryption"}, "KMSMasterKeyID": arn},
        "BucketKeyEnabled": True,
    }
    assert TEMPLATE["Conditions"]["OwnKey"] == {"Fn::Equals": [{"Ref": "Encryption"}, "aws:kms"]}
    conditional = {name for name, each in {**RESOURCES, **TEMPLATE["Outputs"]}.items() if "Condition" in each}
    assert conditional == {"ArtifactKey", "ArtifactKeyAlias", "ArtifactKeyArn"}


@pytest.mark.parametrize("name", ["ArtifactBucket", "ArtifactBucketPolicy", "ArtifactKey"])
def test_what_holds_artifacts_stays_when_the_stack_goes(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.slow
def test_the_linter_and_our_own_rules_find_nothing() -> None:
    part = {"bootstrap.json": TEXT}
    found = lint_templates({"bootstrap.json": part}, regions=["eu-west-1", "us-gov-west-1"])
    assert found["bootstrap.json"].findings == ()
    one = ParsedSet({"bootstrap": TEMPLATE}, {"bootstrap": TEXT})
    rules = (wildcards.wildcards_are_known, limits.within_limits, limits.tagged, partitions.no_partition)
    assert [str(finding) for rule in rules for finding in rule(one)] == []


def test_the_tags_are_those_of_the_whole_set() -> None:
    found = {each["Key"]: each["Value"] for each in BUCKET["Tags"]}
    assert found["Environment"] == {"Ref": "Environment"}
    assert (found["Owner"], found["Team"]) == ("PaymentTeam", "a")
