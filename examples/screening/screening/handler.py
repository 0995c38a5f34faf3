"""The screening function: an answer with `refuse` declines the payment, and an exception fails it."""

from __future__ import annotations

import os
from typing import Any

import boto3


def handle(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Refuse a customer who is on the list.

    Without a list nobody was screened. So the function raises an error, and nothing is charged.
    """
    body = boto3.client("s3").get_object(Bucket=os.environ["BUCKET"], Key="refused.txt")["Body"]
    refused = body.read().decode().split()
    return {"refuse": "listed"} if event["payment"]["customer_id"] in refused else {}
