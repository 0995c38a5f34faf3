"""Permissions to keep the books: forget customers, and mark uncertain payments after a restore."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.config import names
from payflow_cfn.iam.grants import Grant, grant
from payflow_cfn.iam.operator import use_workflow_key
from payflow_cfn.iam.reader import use_table_key
from payflow_cfn.iam.scope import Scope


def keeper_grants(scope: Scope) -> list[Grant]:
    """Permissions of `forget` and `restored`.

    They allow writing any row, so few people get them. Not: to delete a row, which would make its id chargeable again,
    and to start a payment.
    """
    return list(_grants(scope))


def _grants(scope: Scope) -> Iterator[Grant]:
    yield grant("Stack", "cloudformation:DescribeStacks", scope.root_stack())
    yield grant("WhoAmI", "sts:GetCallerIdentity", "*")
    table = scope.arns("dynamodb", "table/{}", [names.TABLE])
    yield grant("ChangePayments", "dynamodb:GetItem UpdateItem PutItem", table)
    yield grant("ListOpenPayments", "dynamodb:Query", [f"{each}/index/{names.OPEN_PAYMENTS}" for each in table])
    yield use_table_key(scope, "UseTableKey")
    machine = scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])
    yield grant("ListExecutions", "states:ListExecutions", machine)
    yield grant(
        "ReadExecutions", "states:DescribeExecution", scope.arns("states", "execution:{}:*", [names.STATE_MACHINE])
    )
    yield use_workflow_key(scope, "kms:Decrypt")
