"""The bucket's preflight: 301, 403 and 404 are three different texts, and anything else is told as S3 said it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from payflow_cfn.aws.bucket_names import check_bucket, endpoint_of
from payflow_cfn.errors import PackageError

WANTED = {"Bucket": "artifacts", "ExpectedBucketOwner": "111122223333"}


def client(**other: Any) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("s3", **{"region_name": "us-east-1", **keys, **other})


def checked(answer: Any) -> str:
    s3 = client()
    with Stubber(s3) as stub:
        answer(stub)
        try:
            check_bucket(s3, bucket="artifacts", region="us-east-1", expected_owner="111122223333")
        except PackageError as error:
            return str(error)
        finally:
            stub.assert_no_pending_responses()
            s3.close()
    return ""


def refused(status: int, code: str, headers: dict[str, str] | None = None) -> str:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
    return checked(
        lambda stub: stub.add_client_error(
            "head_bucket", code, "the message", status, expected_params=WANTED, response_meta=metadata
        )
    )


def test_our_bucket_in_the_stacks_region_passes() -> None:
    assert checked(lambda stub: stub.add_response("head_bucket", {"BucketRegion": "us-east-1"}, WANTED)) == ""


def test_a_bucket_that_answers_from_another_region_is_named_with_both() -> None:
    text = checked(lambda stub: stub.add_response("head_bucket", {"BucketRegion": "eu-west-1"}, WANTED))
    assert text.startswith("the bucket artifacts is in eu-west-1, the stack in us-east-1: use a bucket in us-east-1")


def test_three_refusals_have_three_texts() -> None:
    texts = [
        refused(301, "301", {"x-amz-bucket-region": "eu-west-1"}),
        refused(403, "403"),
        refused(404, "404"),
    ]
    assert [text.partition(":")[0] for text in texts] == [
        "the bucket artifacts is in eu-west-1, the stack in us-east-1",
        "S3 denies to look at the bucket artifacts",
        "the bucket artifacts does not exist",
    ]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDenied", "User: u is not authorized to perform: kms:GenerateDataKey on resource: key/1"),
        ("KMS.DisabledException", "key/1 is disabled"),
        ("KMS.NotFoundException", "Key 'key/1' does not exist"),
    ],
)
def test_a_refusal_by_the_key_names_the_key_and_not_the_bucket(code: str, message: str) -> None:
    def answer(stub: Stubber) -> None:
        stub.add_client_error("head_bucket", code, message, 400, expected_params=WANTED)

    assert checked(answer).startswith(
        f"the KMS key of the bucket artifacts is denied or not usable: {message}: allow kms:"
    )


def test_a_redirect_that_names_no_region_is_still_a_wrong_region() -> None:
    assert refused(301, "PermanentRedirect").startswith(
        "the bucket artifacts is in another region, the stack in us-east-1"
    )


def test_any_other_refusal_is_told_as_s3_said_it_and_with_what_to_check() -> None:
    assert refused(503, "SlowDown") == (
        "S3 refuses to look at the bucket artifacts: SlowDown the message: "
        "try again; where it stays so, check the credentials (AWS_PROFILE), the bucket and its key"
    )


@pytest.mark.parametrize(
    ("arguments", "endpoint"),
    [
        ({}, ""),
        ({"region_name": "cn-north-1"}, ""),
        ({"region_name": "eusc-de-east-1"}, ""),
        ({"endpoint_url": "https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com"}, ""),
        ({"endpoint_url": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566"),
        ({"endpoint_url": "https://notamazonaws.com"}, "https://notamazonaws.com"),
    ],
)
def test_an_endpoint_is_ones_own_where_its_host_is_not_awss(arguments: dict[str, str], endpoint: str) -> None:
    s3 = client(**arguments)
    try:
        assert endpoint_of(s3) == endpoint
    finally:
        s3.close()
