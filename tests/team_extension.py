"""A team's extension for the tests: a bucket, a function that screens customers, and a step before the charge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from troposphere import GetAtt, Ref, Sub
from troposphere.s3 import Bucket

from payflow_cfn.extensions import Draft, Permission, add_function, add_resource, add_step, override

HANDLER = """import os

import boto3


def handle(event, context):
    customer = event["payment"]["customer_id"]
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=customer, Body=b"asked")
    return {"refuse": "listed"} if customer.startswith("BAD") else {}
"""


def write_screening(folder: Path) -> str:
    """The function's package in a folder; the folder's path."""
    (folder / "screening").mkdir(parents=True, exist_ok=True)
    (folder / "screening" / "handler.py").write_text(HANDLER)
    return str(folder)


def screening_in(folder: str) -> Callable[[Draft], Draft]:
    """The extension whose function lies in this folder."""

    def screening(payments: Draft) -> Draft:
        return _screening(payments, folder)

    return screening


def _screening(payments: Draft, folder: str) -> Draft:
    """The set with the screening step, and more memory for the processing function."""
    payments = override(payments, "Functions/ProcessingFunction/MemorySize", 512)
    payments = add_resource(
        payments,
        "storage",
        Bucket("ScreeningBucket"),
        outputs={"ScreeningBucketName": Ref("ScreeningBucket"), "ScreeningBucketArn": GetAtt("ScreeningBucket", "Arn")},
    )
    payments = add_function(
        payments,
        "screening",
        does="Screens customers",
        folder=folder,
        environment={"BUCKET": Ref("ScreeningBucketName")},
        needs=[Permission("s3:PutObject", Sub("${ScreeningBucketArn}/*"), "it keeps whom it was asked about")],
    )
    return add_step(payments, "ScreenCustomer", function="screening", before="ProcessPayment", refuses=True)
