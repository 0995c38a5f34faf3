"""The stack of the ledger's table."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template
from troposphere.dynamodb import (
    AttributeDefinition,
    GlobalSecondaryIndex,
    KeySchema,
    PointInTimeRecoverySpecification,
    Projection,
    SSESpecification,
    Table,
)

from payflow_cfn.config import names
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.lint_suppressions import accepted
from payflow_cfn.stacks.template_base import add_outputs, named, new_template, tags


def storage_stack(settings: Settings) -> Template:
    """The transactions table."""
    template = new_template("storage", "transactions table", "DynamodbKeyArn")
    table = template.add_resource(_transactions_table(settings))
    add_outputs(
        template,
        {
            "TransactionsTableName": Ref(table),
            "TransactionsTableArn": GetAtt(table, "Arn"),
            "TransactionsTableId": Ref(table),
        },
    )
    return template


def _transactions_table(settings: Settings) -> Table:
    """The ledger: one item per payment, on demand, encrypted, recoverable to any second, kept without its stack."""
    return Table(
        "TransactionsTable",
        TableName=named(names.TABLE),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            AttributeDefinition(AttributeName=each, AttributeType="S")
            for each in ("transaction_id", "open_shard", "open_since")
        ],
        KeySchema=[KeySchema(AttributeName="transaction_id", KeyType="HASH")],
        GlobalSecondaryIndexes=[_open_payments()],
        SSESpecification=SSESpecification(SSEEnabled=True, SSEType="KMS", KMSMasterKeyId=Ref("DynamodbKeyArn")),
        PointInTimeRecoverySpecification=PointInTimeRecoverySpecification(PointInTimeRecoveryEnabled=True),
        DeletionProtectionEnabled=settings.table_deletion_protection,
        Tags=tags(settings),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **accepted(
            PF072="" if settings.table_deletion_protection else "the setting table_deletion_protection is false"
        ),
    )


def _open_payments() -> GlobalSecondaryIndex:
    """The index of payments that are not settled or lack their notice: a row without `open_shard` is not in it."""
    return GlobalSecondaryIndex(
        IndexName=names.OPEN_PAYMENTS,
        KeySchema=[
            KeySchema(AttributeName="open_shard", KeyType="HASH"),
            KeySchema(AttributeName="open_since", KeyType="RANGE"),
        ],
        Projection=Projection(ProjectionType="INCLUDE", NonKeyAttributes=list(names.SHOWN_ATTRIBUTES)),
    )
