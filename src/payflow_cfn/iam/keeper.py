"""Permissions to keep the books: forget customers, and mark uncertain payments after a restore."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.config import names
from payflow_cfn.iam.grants import Conditions, Grant, grant
from payflow_cfn.iam.scope import Scope
from payflow_cfn.iam.targets import by_alias, use_key

_DECRYPT = frozenset({"kms:Decrypt"})


def keeper_grants(scope: Scope) -> list[Grant]:
    """Permissions of `forget` and `restored`.

    They allow writing any row, so few people get them. Not: to delete a row,
    which would make its id chargeable again, and to start a payment.
    """
    return [*_stack(scope), *_rows(scope), *_executions(scope)]


def _stack(scope: Scope) -> Iterator[Grant]:
    yield grant("Stack", "cloudformation:DescribeStacks", scope.root_stack())
    yield grant("WhoAmI", "sts:GetCallerIdentity", "*")


def _rows(scope: Scope) -> Iterator[Grant]:
    table = scope.arns("dynamodb", "table/{}", [names.TABLE])
    yield grant("ChangePayments", "dynamodb:GetItem UpdateItem PutItem", table)
    yield grant("ListOpenPayments", "dynamodb:Query", [f"{each}/index/{names.OPEN_PAYMENTS}" for each in table])
    used: Conditions = {
        "StringEquals": {
            "kms:ViaService": scope.via("dynamodb"),
            "kms:EncryptionContext:aws:dynamodb:tableName": scope.text(names.TABLE),
        }
    }
    ours = by_alias([scope.text(names.DYNAMODB_ALIAS)])
    yield use_key(scope, "UseTableKey", _DECRYPT, "dynamodb", used, ours=ours)


def _executions(scope: Scope) -> Iterator[Grant]:
    machine = scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])
    yield grant("ListExecutions", "states:ListExecutions", machine)
    yield grant(
        "ReadExecutions", "states:DescribeExecution", scope.arns("states", "execution:{}:*", [names.STATE_MACHINE])
    )
    used: Conditions = {"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machine[0]}}
    ours = by_alias([scope.text(names.STATES_ALIAS)])
    yield use_key(scope, "UseWorkflowKey", _DECRYPT, "states", used, ours=ours)
