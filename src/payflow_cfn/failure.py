"""The states after something went wrong: write it down, tell it once, end as what it is."""

from __future__ import annotations

from payflow_cfn.asl import (
    SERVICE_ERRORS,
    SERVICE_TASK_SECONDS,
    Parts,
    State,
    Timing,
    keep_error,
    retry,
    when,
)


def failure_states(parts: Parts, timing: Timing) -> dict[str, State]:
    """Record, notify, and route to the ending; only our own facts are told."""
    notice = (
        "{% $string({'transaction_id': $facts.transaction_id, 'amount': $facts.amount, 'currency': $facts.currency, "
        "'payment_method': $facts.payment_method, 'status': $status, 'error': $error, "
        "'execution_arn': $execution.arn, 'environment': $environment}) %}"
    )
    return {
        "UnexpectedOutcome": {
            "Type": "Pass",
            "Assign": {"error": "UnexpectedOutcome", "status": "FAILED"},
            "Next": "RecordFailure",
        },
        "RecordFailure": {
            "Type": "Task",
            "Resource": parts.update_item,
            "Arguments": {
                "TableName": parts.table,
                "Key": {"transaction_id": {"S": "{% $facts.transaction_id %}"}},
                "UpdateExpression": "SET failure_error = :error, failure_execution = :execution, failed_at = :now",
                "ExpressionAttributeValues": {
                    ":error": {"S": "{% $error %}"},
                    ":execution": {"S": "{% $execution.arn %}"},
                    ":now": {"S": "{% $states.context.State.EnteredTime %}"},
                },
            },
            "TimeoutSeconds": SERVICE_TASK_SECONDS,
            "Retry": retry(SERVICE_ERRORS, timing),
            # A failure that cannot be recorded (no usable id, no table) is told all the same.
            "Catch": keep_error("NotifyFailure"),
            "Next": "NotifyFailure",
        },
        "NotifyFailure": {
            "Type": "Task",
            "Resource": parts.publish,
            "Arguments": {
                "TopicArn": parts.topic,
                "Subject": "Payment needs attention",
                "Message": notice,
                "MessageAttributes": {
                    "status": {"DataType": "String", "StringValue": "{% $status %}"},
                    "error": {"DataType": "String", "StringValue": "{% $error %}"},
                    "environment": {"DataType": "String", "StringValue": parts.environment},
                },
            },
            "TimeoutSeconds": SERVICE_TASK_SECONDS,
            "Retry": retry(SERVICE_ERRORS, timing),
            "Output": "{% $result %}",
            "Catch": keep_error("NoticeLost"),
            "Next": "RouteFailure",
        },
        "NoticeLost": {"Type": "Pass", "Assign": {"error": "NoticeLost"}, "Next": "PaymentFailed"},
        "RouteFailure": {
            "Type": "Choice",
            "Choices": [
                when("$status in ['REJECTED', 'CONFLICT']", "PaymentRejected"),
                when("$status = 'DECLINED'", "PaymentDeclined"),
            ],
            "Default": "PaymentFailed",
        },
    }


def end_states() -> dict[str, State]:
    """The four endings: what was decided succeeds with its status in the output, only technical failures fail."""
    # The step before has put the payment's result out; a status other than COMPLETED is in it.
    return {
        "PaymentComplete": {"Type": "Succeed"},
        "PaymentDeclined": {"Type": "Succeed"},
        "PaymentRejected": {"Type": "Succeed"},
        "PaymentFailed": {
            "Type": "Fail",
            "Error": "{% $error %}",
            "Cause": "{% 'The payment ended as ' & $status & '; its row and its notice say what is known' %}",
        },
    }
