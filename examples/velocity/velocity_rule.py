"""The rule, in the validation function: a failure of the table is raised, and the workflow repeats the step."""

from __future__ import annotations

import functools
import os
import time
from typing import Any

import boto3


def within_velocity(submission: Any, _limits: Any) -> str | None:
    """Refuse a payment beyond the customer's limit."""
    payment, seconds = submission.payment, int(os.environ["VELOCITY_SECONDS"])
    if payment is None:
        return None
    number, client = int(time.time()) // seconds, _client()
    try:
        # A set of ids, not a counter: the rule runs again whenever the step is repeated.
        client.update_item(
            TableName=os.environ["VELOCITY_TABLE"],
            Key={"period": {"S": f"{payment.customer_id} {number}"}},
            UpdateExpression="ADD payments :ids SET expires_at = :end",
            ConditionExpression="attribute_not_exists(payments) OR contains(payments, :id) OR size(payments) < :limit",
            ExpressionAttributeValues={
                ":id": {"S": payment.transaction_id},
                ":ids": {"SS": [payment.transaction_id]},
                ":limit": {"N": os.environ["VELOCITY_LIMIT"]},
                ":end": {"N": str((number + 1) * seconds)},
            },
        )
    except client.exceptions.ConditionalCheckFailedException:
        return "velocity: the customer has made too many payments in this period"
    return None


@functools.cache
def _client() -> Any:
    return boto3.client("dynamodb")
