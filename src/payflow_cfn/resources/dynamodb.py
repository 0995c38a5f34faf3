"""Amazon DynamoDB."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.dynamodb import (
    AttributeDefinition,
    KeySchema,
    PointInTimeRecoverySpecification,
    SSESpecification,
    Table,
)


def transactions_table(*, name: Any, key_arn: Any, deletion_protection: bool, tags: Tags) -> Table:
    """The ledger: one item per payment, on demand, encrypted, recoverable to any second, kept when its stack goes."""
    return Table(
        "TransactionsTable",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[AttributeDefinition(AttributeName="transaction_id", AttributeType="S")],
        KeySchema=[KeySchema(AttributeName="transaction_id", KeyType="HASH")],
        SSESpecification=SSESpecification(SSEEnabled=True, SSEType="KMS", KMSMasterKeyId=key_arn),
        PointInTimeRecoverySpecification=PointInTimeRecoverySpecification(PointInTimeRecoveryEnabled=True),
        DeletionProtectionEnabled=deletion_protection,
        Tags=tags,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )
