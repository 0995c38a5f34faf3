"""The stack of the artifact bucket: it is deployed before the set, and the bucket stays after the set is deleted."""

from __future__ import annotations

from troposphere import Equals, GetAtt, If, Not, NoValue, Output, Parameter, Ref, Sub, Template

from payflow_cfn.aws.bucket_names import NAME_PATTERN
from payflow_cfn.config import names
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import policies
from payflow_cfn.stacks.resources import kms, s3
from payflow_cfn.stacks.template_base import add_outputs, arn, named, new_template, tags

KMS, AES256 = "aws:kms", "AES256"


def bootstrap_stack(settings: Settings) -> Template:
    """One bucket, and by default a key of its own. CloudFormation chooses its name unless one is given.

    If the name were made from the account and the region, a stranger could take it first and receive our files.
    """
    template = new_template("bootstrap", "artifact bucket")
    template.add_parameter(
        Parameter(
            "BucketName",
            Type="String",
            Default="",
            AllowedPattern=f"({NAME_PATTERN})?",
            Description="Name of the bucket; empty for one that CloudFormation chooses",
        )
    )
    template.add_parameter(
        Parameter(
            "Encryption",
            Type="String",
            Default=KMS,
            AllowedValues=[KMS, AES256],
            Description="aws:kms with a key of its own, or AES256 with S3's key",
        )
    )
    template.add_condition("Named", Not(Equals(Ref("BucketName"), "")))
    template.add_condition("OwnKey", Equals(Ref("Encryption"), KMS))
    _add_key(template, settings)
    bucket = template.add_resource(
        s3.artifact_bucket(
            name=If("Named", Ref("BucketName"), NoValue),
            algorithm=Ref("Encryption"),
            key_arn=If("OwnKey", GetAtt("ArtifactKey", "Arn"), NoValue),
            tags=tags(settings),
        )
    )
    everything = [GetAtt(bucket, "Arn"), Sub(f"${{{bucket.title}.Arn}}/*")]
    policy = policies.document(policies.deny_plain_transport("s3:*", everything))
    template.add_resource(s3.artifact_bucket_policy(bucket, policy=policy))
    add_outputs(template, {"ArtifactBucketName": Ref(bucket), "ArtifactBucketArn": GetAtt(bucket, "Arn")})
    template.add_output(Output("ArtifactKeyArn", Value=GetAtt("ArtifactKey", "Arn"), Condition="OwnKey"))
    return template


def _add_key(template: Template, settings: Settings) -> None:
    key = kms.key(
        "ArtifactKey",
        purpose="Templates and artifacts at rest in S3",
        policy=policies.document(policies.administer_key(arn("iam", "root", region=False))),
        pending_window_days=settings.key_pending_window_days,
        tags=tags(settings),
    )
    alias = kms.alias(key, name=named(names.ARTIFACTS_ALIAS))
    key.resource["DeletionPolicy"] = s3.KEPT
    for each in (key, alias):
        each.Condition = "OwnKey"
        template.add_resource(each)
