"""AWS Secrets Manager."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Tags
from troposphere.secretsmanager import GenerateSecretString, ResourcePolicy, Secret


def gateway_secret(*, name: Any, key_arn: Any, condition: str, tags: Tags) -> Secret:
    """The payment gateway's API key: created with a placeholder, filled in by hand, kept without its stack."""
    return Secret(
        "GatewaySecret",
        Name=name,
        Description="API key of the payment gateway; store the real key after the first deploy",
        GenerateSecretString=GenerateSecretString(PasswordLength=32, ExcludePunctuation=True),
        KmsKeyId=key_arn,
        Condition=condition,
        Tags=tags,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def gateway_secret_policy(secret: Secret, *, policy: Any, condition: str) -> ResourcePolicy:
    """The secret's policy on who may read the key; it overrides the readers' own policies."""
    return ResourcePolicy(
        "GatewaySecretPolicy", SecretId=Ref(secret), ResourcePolicy=policy, BlockPublicPolicy=True, Condition=condition
    )
