"""The types of boto3's clients, for annotations alone: only type checkers need boto3-stubs, which has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient as CloudFormationClient
    from mypy_boto3_s3 import S3Client as S3Client
    from mypy_boto3_stepfunctions import SFNClient as SFNClient
    from mypy_boto3_sts import STSClient as STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef as GetCallerIdentityResponseTypeDef
else:
    CloudFormationClient = S3Client = SFNClient = STSClient = GetCallerIdentityResponseTypeDef = Any
