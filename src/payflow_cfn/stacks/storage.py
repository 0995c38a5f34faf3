"""The stack of the ledger's table."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template

from payflow_cfn.config import names
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.resources import dynamodb
from payflow_cfn.stacks.template_base import add_outputs, named, new_template, tags


def storage_stack(settings: Settings) -> Template:
    """The transactions table."""
    template = new_template("storage", "transactions table", "DynamodbKeyArn")
    table = template.add_resource(
        dynamodb.transactions_table(
            name=named(names.TABLE),
            key_arn=Ref("DynamodbKeyArn"),
            deletion_protection=settings.table_deletion_protection,
            tags=tags(settings),
        )
    )
    add_outputs(
        template,
        {
            "TransactionsTableName": Ref(table),
            "TransactionsTableArn": GetAtt(table, "Arn"),
            "TransactionsTableId": Ref(table),
        },
    )
    return template
