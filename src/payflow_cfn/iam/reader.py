"""Permissions of a reader: the deployment, its state and its failures, but no payment."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.config import names
from payflow_cfn.iam.grants import Conditions, Grant, grant, merged
from payflow_cfn.iam.scope import Scope
from payflow_cfn.iam.targets import by_alias, use_key


def reader_grants(scope: Scope, *, execution_data_logged: bool) -> list[Grant]:
    """Stacks, events, alarms, metrics, the count of open payments, the list of executions and the workflow's log.

    Not: an execution's input, output and history, the table, the functions' logs, the queue of notices: they hold
    payments. The workflow's log holds none unless `execution_data_logged`; then it is left out, too. The name of an
    execution comes from its transaction id, so that id is seen. Drift is not detected, since that reads every
    resource with the caller's permissions; what was found last is.
    """
    log = [] if execution_data_logged else [_workflow_log(scope)]
    found = [*look_grants(scope), *count_grants(scope), *_results_of_drift(scope), *_executions(scope), *log]
    return merged(found)


def look_grants(scope: Scope) -> Iterator[Grant]:
    """The calls of `outputs`, `status` and `diagnose`, and reading alarms and metrics."""
    yield grant(
        "Stacks",
        "cloudformation:DescribeStacks DescribeStackEvents ListStackResources ListChangeSets DescribeChangeSet "
        "GetTemplate",
        [scope.root_stack(), *scope.nested_stacks()],
    )
    yield from findings_grants(scope)
    yield grant(
        "Look",
        "cloudformation:ListStacks; "
        "cloudwatch:DescribeAlarms DescribeAlarmHistory GetMetricData GetMetricStatistics ListMetrics; "
        "logs:DescribeLogGroups; sts:GetCallerIdentity",
        "*",
    )

    # The dashboard's lines are metrics; its table of failed payments needs the functions' logs, too.
    yield grant("Dashboard", "cloudwatch:GetDashboard", scope.dashboard())


def count_grants(scope: Scope) -> Iterator[Grant]:
    """`status` counts the open payments: it reads the keys of their index, and no other attribute.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    index = scope.arns("dynamodb", f"table/{{}}/index/{names.OPEN_PAYMENTS}", [names.TABLE])
    only: Conditions = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": list(names.COUNTED_ATTRIBUTES)},
        "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    yield grant("CountOpenPayments", "dynamodb:Query", index, only)
    yield use_table_key(scope, "CountWithTableKey")


def use_table_key(scope: Scope, sid: str) -> Grant:
    """Decrypting the table's items, through DynamoDB alone."""
    context: Conditions = {
        "StringEquals": {
            "kms:ViaService": scope.via("dynamodb"),
            "kms:EncryptionContext:aws:dynamodb:tableName": scope.text(names.TABLE),
        }
    }
    ours = by_alias([scope.text(names.DYNAMODB_ALIAS)])
    return use_key(scope, sid, frozenset({"kms:Decrypt"}), "dynamodb", context, ours=ours)


def findings_grants(scope: Scope) -> Iterator[Grant]:
    """Validations and hooks of change sets and operations, which a diagnosis and a plan show."""
    stacks = [scope.root_stack(), *scope.nested_stacks()]
    yield grant("Stacks", "cloudformation:DescribeEvents ListHookResults", stacks)
    yield grant("Findings", "cloudformation:DescribeEvents", scope.change_sets())
    yield grant("Look", "cloudformation:GetHookResult", "*")


def _results_of_drift(scope: Scope) -> Iterator[Grant]:
    yield grant("Stacks", "cloudformation:DescribeStackResourceDrifts", [scope.root_stack(), *scope.nested_stacks()])
    yield grant("Look", "cloudformation:DescribeStackDriftDetectionStatus", "*")


def _executions(scope: Scope) -> Iterator[Grant]:
    machine = scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])
    yield grant("ListPayments", "states:ListExecutions", machine)


def _workflow_log(scope: Scope) -> Grant:
    actions = "logs:DescribeLogStreams FilterLogEvents GetLogEvents StartQuery GetQueryResults"
    return grant("ReadWorkflowLog", actions, scope.log_groups([names.WORKFLOW_LOGS]))
