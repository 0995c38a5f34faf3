"""The artifact bucket before anything is sent: it exists, it is ours, it is in the stack's region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from payflow_cfn.aws.client_types import S3Client
from payflow_cfn.aws.s3_urls import url_suffix
from payflow_cfn.errors import PackageError

# What S3 says when a bucket is addressed through another region.
_ELSEWHERE = frozenset(
    {"301", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_REFUSED = frozenset({"403", "AccessDenied", "AllAccessDisabled"})
_MISSING = frozenset({"404", "NoSuchBucket"})
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME_PATTERN = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
# Of names that follow the pattern, those that S3 refuses all the same, as patterns to be found in a name.
NAMES_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "[.][.]": "two dots may not follow one another",
        "^[0-9]+([.][0-9]+){3}$": "it may not look like an IP address",
        "^(xn--|sthree-|amzn-s3-demo-)": "it begins with what S3 keeps for itself",
        "(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$": "it ends with what S3 keeps for itself",
    }
)


def name_problem(name: str) -> str:
    """Why S3 would refuse a bucket of this name; empty when it would not."""
    if not re.fullmatch(NAME_PATTERN, name):
        return "it needs 3 to 63 lower-case letters, digits, hyphens and dots, with a letter or digit at both ends"
    return next((why for pattern, why in NAMES_REFUSED.items() if re.search(pattern, name)), "")


def check_bucket(s3: S3Client, *, bucket: str, region: str, expected_owner: str = "") -> None:
    """One HeadBucket; raises PackageError where the bucket is missing (404), not ours (403) or elsewhere (301).

    `expected_owner` is an account id: S3 answers 403 for a bucket of another account
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html).
    """
    with bucket_errors(bucket=bucket, region=region, doing="look at"):
        answer = s3.head_bucket(Bucket=bucket, **owner(expected_owner))
    check_region(answer, bucket=bucket, region=region)


def check_region(answer: Any, *, bucket: str, region: str) -> bool:
    """Whether S3's answer names the bucket's region; another one than `region` is a PackageError.

    Lambda reads code, and CloudFormation nested templates, from buckets of the stack's own region only.
    """
    found = answer.get("BucketRegion") or region_in(answer)
    if found and found != region:
        raise _elsewhere(bucket, region, found)
    return bool(found)


def region_in(answer: Any) -> str:
    """The bucket's region, from the header that S3 sends with HeadBucket and ListObjectsV2; empty where missing."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amz-bucket-region", ""))


def owner(expected_owner: str) -> dict[str, str]:
    """The argument that makes S3 refuse a bucket of another account; none where no account is expected."""
    return {"ExpectedBucketOwner": expected_owner} if expected_owner else {}


def endpoint_of(s3: S3Client) -> str:
    """The client's endpoint where it is not AWS's own (an emulator, a proxy), else an empty text."""
    url = str(s3.meta.endpoint_url)
    host = urlsplit(url).hostname or ""
    return "" if host.endswith("." + url_suffix(s3.meta.region_name or "")) else url


@contextmanager
def bucket_errors(*, bucket: str, region: str, doing: str) -> Iterator[None]:
    """Turn what S3 refuses, or a connection that fails, into a PackageError that says what to do about it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refusal(error.response, bucket=bucket, region=region, doing=doing) from error
    except BotoCoreError as error:
        raise PackageError(
            f"cannot {doing} the bucket {bucket}: {error}", remedy="check credentials and network", bucket=bucket
        ) from error


def _refusal(answer: Any, *, bucket: str, region: str, doing: str) -> PackageError:
    code, text = str(answer["Error"].get("Code", "")), str(answer["Error"].get("Message", ""))
    if code in _ELSEWHERE:
        return _elsewhere(bucket, region, region_in(answer) or str(answer["Error"].get("Region", "")))
    if code in _MISSING:
        return PackageError(
            f"the bucket {bucket} does not exist", remedy="create it, or correct its name", bucket=bucket, code=code
        )
    if code.startswith("KMS.") or "kms:" in text:
        return PackageError(
            f"the KMS key of the bucket {bucket} is denied or not usable: {text}",
            remedy="allow kms:GenerateDataKey and kms:Decrypt, in the key's policy and in these credentials' own; "
            "a key that is disabled or scheduled for deletion has to be enabled first",
            bucket=bucket,
            code=code,
        )
    if code in _REFUSED:
        return PackageError(
            f"S3 denies to {doing} the bucket {bucket}: it is another account's, or the permission is missing",
            remedy="check the bucket's name, its owner and its policy",
            bucket=bucket,
            code=code,
        )
    return PackageError(
        f"S3 refuses to {doing} the bucket {bucket}: {code} {text}".rstrip(),
        remedy="try again; where it stays so, check the credentials (AWS_PROFILE), the bucket and its key",
        bucket=bucket,
        code=code,
    )


def _elsewhere(bucket: str, region: str, found: str) -> PackageError:
    return PackageError(
        f"the bucket {bucket} is in {found or 'another region'}, the stack in {region}",
        remedy=f"use a bucket in {region}: Lambda and CloudFormation read from their own region only",
        bucket=bucket,
        region=region,
        found=found,
    )
