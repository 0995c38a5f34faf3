"""The stack of the artifact bucket: it is deployed before the set, and the bucket stays after the set is deleted."""

from __future__ import annotations

from troposphere import Equals, GetAtt, If, Not, NoValue, Output, Parameter, Ref, Sub, Template
from troposphere.s3 import (
    AbortIncompleteMultipartUpload,
    Bucket,
    BucketEncryption,
    BucketPolicy,
    LifecycleConfiguration,
    LifecycleRule,
    OwnershipControls,
    OwnershipControlsRule,
    PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault,
    ServerSideEncryptionRule,
    VersioningConfiguration,
)

from payflow_cfn.aws.bucket_names import NAME_PATTERN
from payflow_cfn.config import names
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.policies import resources
from payflow_cfn.stacks.policies.documents import document
from payflow_cfn.stacks.template_base import add_outputs, alias, arn, key, named, new_template, tags

KMS, AES256 = "aws:kms", "AES256"
# Kept when the stack is deleted, but not when its first create fails: nothing is in it then.
_KEPT = "RetainExceptOnCreate"
_SEVEN_DAYS = 7


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
    bucket = template.add_resource(_bucket(settings))
    everything = [GetAtt(bucket, "Arn"), Sub(f"${{{bucket.title}.Arn}}/*")]
    policy = document(resources.deny_plain_transport("s3:*", everything))
    template.add_resource(
        BucketPolicy(
            "ArtifactBucketPolicy",
            Bucket=Ref(bucket),
            PolicyDocument=policy,
            DeletionPolicy=_KEPT,
            UpdateReplacePolicy="Retain",
        )
    )
    add_outputs(template, {"ArtifactBucketName": Ref(bucket), "ArtifactBucketArn": GetAtt(bucket, "Arn")})
    template.add_output(Output("ArtifactKeyArn", Value=GetAtt("ArtifactKey", "Arn"), Condition="OwnKey"))
    return template


def _bucket(settings: Settings) -> Bucket:
    """The bucket for templates and artifacts: private, encrypted, versioned, kept without its stack.

    Nothing in it expires: a stack that rolls back, even years later, reads the templates and code of its last deploy.
    """
    default = ServerSideEncryptionByDefault(
        SSEAlgorithm=Ref("Encryption"), KMSMasterKeyID=If("OwnKey", GetAtt("ArtifactKey", "Arn"), NoValue)
    )
    unfinished = LifecycleRule(
        Id="abort-unfinished-uploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=AbortIncompleteMultipartUpload(DaysAfterInitiation=_SEVEN_DAYS),
    )
    return Bucket(
        "ArtifactBucket",
        BucketName=If("Named", Ref("BucketName"), NoValue),
        BucketEncryption=BucketEncryption(
            ServerSideEncryptionConfiguration=[
                # A bucket key makes one KMS request serve many objects.
                ServerSideEncryptionRule(ServerSideEncryptionByDefault=default, BucketKeyEnabled=True)
            ]
        ),
        LifecycleConfiguration=LifecycleConfiguration(Rules=[unfinished]),
        OwnershipControls=OwnershipControls(Rules=[OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]),
        PublicAccessBlockConfiguration=PublicAccessBlockConfiguration(
            BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
        ),
        VersioningConfiguration=VersioningConfiguration(Status="Enabled"),
        Tags=tags(settings),
        DeletionPolicy=_KEPT,
        UpdateReplacePolicy="Retain",
    )


def _add_key(template: Template, settings: Settings) -> None:
    own = key(
        "ArtifactKey",
        purpose="Templates and artifacts at rest in S3",
        policy=document(resources.administer_key(arn("iam", "root", region=False))),
        settings=settings,
    )
    own.resource["DeletionPolicy"] = _KEPT
    for each in (own, alias(own, name=named(names.ARTIFACTS_ALIAS))):
        each.Condition = "OwnKey"
        template.add_resource(each)
