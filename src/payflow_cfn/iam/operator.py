"""Permissions of an operator: start, stop, redrive and read payments, and handle undelivered notices."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.config import names
from payflow_cfn.config.names import Name
from payflow_cfn.iam.grants import Conditions, Grant, grant, merged, parse_actions
from payflow_cfn.iam.reader import look_grants, use_table_key
from payflow_cfn.iam.scope import FUNCTION_LOGS, Scope, unique
from payflow_cfn.iam.targets import by_alias, use_key

_ENCRYPT = "kms:Decrypt GenerateDataKey"


def operator_grants(scope: Scope, *, service_role: bool) -> list[Grant]:
    """The permissions of a reader, and those that the alarms' runbooks need.

    Not: to write a payment's row (each write is conditional on the attempt that made it; one by hand breaks that), to
    change an alarm. `payment --ask` and `--settle` invoke the processing function's alias: it takes whatever it is
    handed, its gateway too, so that an operator is as trusted as the workflow. A stuck rollback is continued with the
    caller's permissions, so only where the stack has a `service_role` can an operator do it.
    """
    grants = [*look_grants(scope), *_executions(scope), *_payment(scope), *_logs(scope), *_notices(scope)]
    if service_role:
        grants.append(grant("Recover", "cloudformation:ContinueUpdateRollback RollbackStack", scope.root_stack()))
    return merged(grants)


def _executions(scope: Scope) -> Iterator[Grant]:
    machine = scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])
    yield grant("StartPayments", "states:StartExecution ListExecutions DescribeStateMachine", machine)
    yield grant(
        "FollowPayments",
        "states:DescribeExecution GetExecutionHistory DescribeStateMachineForExecution StopExecution RedriveExecution",
        scope.arns("states", "execution:{}:*", [names.STATE_MACHINE]),
    )
    yield use_workflow_key(scope)


def use_workflow_key(scope: Scope, actions: str = _ENCRYPT) -> Grant:
    """Input, output and history are encrypted with our key, under the machine's ARN."""
    (machine,) = scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])
    context: Conditions = {"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machine}}
    return _use_key(scope, "UseWorkflowKey", "states", names.STATES_ALIAS, context, actions)


def _payment(scope: Scope) -> Iterator[Grant]:
    """Read one row by its key and the open ones by their index, no scan; only the function writes."""
    table = scope.arns("dynamodb", "table/{}", [names.TABLE])
    yield grant("ReadPayment", "dynamodb:GetItem DescribeTable", table)
    index = scope.arns("dynamodb", f"table/{{}}/index/{names.OPEN_PAYMENTS}", [names.TABLE])
    yield grant("ListOpenPayments", "dynamodb:Query", index)
    alias = scope.arns("lambda", f"function:{{}}:{names.LIVE}", [names.PROCESSING_FUNCTION])
    yield grant("AskGateway", "lambda:InvokeFunction", alias)
    yield use_table_key(scope, "UseTableKey")


def _logs(scope: Scope) -> Iterator[Grant]:
    groups = [*FUNCTION_LOGS, names.WORKFLOW_LOGS]
    yield grant(
        "ReadLogs",
        "logs:DescribeLogStreams FilterLogEvents GetLogEvents GetLogRecord StartQuery GetQueryResults",
        unique(scope.log_groups(groups), scope.made("AWS::Logs::LogGroup")),
    )
    yield grant("Look", "logs:DescribeQueryDefinitions StopQuery", "*")


def _notices(scope: Scope) -> Iterator[Grant]:
    """The queue of undeliverable notices: read one, publish it again, delete it.

    SQS moves messages back by itself for queues of queues only, not for a topic's
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html).
    """
    queue = scope.arns("sqs", "{}", [names.DEAD_LETTER_QUEUE])
    yield grant(
        "ReadUndelivered",
        "sqs:GetQueueUrl GetQueueAttributes ReceiveMessage ChangeMessageVisibility DeleteMessage",
        queue,
    )
    topic = scope.arns("sns", "{}", [names.TOPIC])
    yield grant("PublishAgain", "sns:Publish GetTopicAttributes ListSubscriptionsByTopic", topic)
    via: Conditions = {"StringEquals": {"kms:ViaService": scope.via("sns", "sqs")}}
    yield _use_key(scope, "UseTopicKey", "sns", names.SNS_ALIAS, via, _ENCRYPT)


def _use_key(scope: Scope, sid: str, purpose: str, alias: Name, conditions: Conditions, actions: str) -> Grant:
    ours = by_alias([scope.text(alias)])
    return use_key(scope, sid, frozenset(parse_actions(actions)), purpose, conditions, ours=ours)
