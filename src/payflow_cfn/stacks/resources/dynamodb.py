"""Amazon DynamoDB."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.dynamodb import (
    AttributeDefinition,
    GlobalSecondaryIndex,
    KeySchema,
    PointInTimeRecoverySpecification,
    Projection,
    SSESpecification,
    Table,
)

from payflow_cfn.config.names import OPEN_PAYMENTS
from payflow_cfn.stacks.lint_suppressions import accepted

# The attributes in a list of open payments; the row has the rest.
_SHOWN = ("status", "amount", "currency", "gateway", "idempotency_key", "execution", "told_status")


def transactions_table(*, name: Any, key_arn: Any, deletion_protection: bool, tags: Tags) -> Table:
    """The ledger: one item per payment, on demand, encrypted, recoverable to any second, kept when its stack goes."""
    return Table(
        "TransactionsTable",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            AttributeDefinition(AttributeName=each, AttributeType="S")
            for each in ("transaction_id", "open_shard", "open_since")
        ],
        KeySchema=[KeySchema(AttributeName="transaction_id", KeyType="HASH")],
        GlobalSecondaryIndexes=[_open_payments()],
        SSESpecification=SSESpecification(SSEEnabled=True, SSEType="KMS", KMSMasterKeyId=key_arn),
        PointInTimeRecoverySpecification=PointInTimeRecoverySpecification(PointInTimeRecoveryEnabled=True),
        DeletionProtectionEnabled=deletion_protection,
        Tags=tags,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **accepted(PF072="" if deletion_protection else "the setting table_deletion_protection is false"),
    )


def _open_payments() -> GlobalSecondaryIndex:
    """The payments that nobody has settled or told of yet: a row without `open_shard` is not in the index."""
    return GlobalSecondaryIndex(
        IndexName=OPEN_PAYMENTS,
        KeySchema=[
            KeySchema(AttributeName="open_shard", KeyType="HASH"),
            KeySchema(AttributeName="open_since", KeyType="RANGE"),
        ],
        Projection=Projection(ProjectionType="INCLUDE", NonKeyAttributes=list(_SHOWN)),
    )
