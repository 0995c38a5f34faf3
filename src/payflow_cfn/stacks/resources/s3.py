"""Amazon S3."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Tags
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

SEVEN_DAYS = 7
# Kept when the stack is deleted, but not when its first create fails: nothing is in it then.
KEPT = "RetainExceptOnCreate"


def artifact_bucket(*, name: Any, algorithm: Any, key_arn: Any, tags: Tags) -> Bucket:
    """The bucket for templates and artifacts: private, encrypted, versioned, kept without its stack.

    Nothing in it expires: a stack that rolls back, even years later, reads the templates and code of its last deploy.
    """
    default = ServerSideEncryptionByDefault(SSEAlgorithm=algorithm, KMSMasterKeyID=key_arn)
    unfinished = LifecycleRule(
        Id="abort-unfinished-uploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=AbortIncompleteMultipartUpload(DaysAfterInitiation=SEVEN_DAYS),
    )
    return Bucket(
        "ArtifactBucket",
        BucketName=name,
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
        Tags=tags,
        DeletionPolicy=KEPT,
        UpdateReplacePolicy="Retain",
    )


def artifact_bucket_policy(bucket: Bucket, *, policy: Any) -> BucketPolicy:
    """The bucket's policy; it is kept with the bucket."""
    return BucketPolicy(
        "ArtifactBucketPolicy",
        Bucket=Ref(bucket),
        PolicyDocument=policy,
        DeletionPolicy=KEPT,
        UpdateReplacePolicy="Retain",
    )
