"""Permissions of an application that starts payments and reads their results."""

from __future__ import annotations

from payflow_cfn.config import names
from payflow_cfn.iam.grants import Grant, grant
from payflow_cfn.iam.operator import use_workflow_key
from payflow_cfn.iam.scope import Scope


def caller_grants(scope: Scope) -> list[Grant]:
    """The permissions of `start_payment` and `run_payment`.

    Not: to list, stop or redrive executions, to read their history, the table or a log.
    """
    machine = scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])
    executions = scope.arns("states", "execution:{}:*", [names.STATE_MACHINE])
    return [
        grant("StartPayments", "states:StartExecution", machine),
        grant("ReadResults", "states:DescribeExecution", executions),
        use_workflow_key(scope),
    ]
