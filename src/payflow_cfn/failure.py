"""The states after something went wrong: write it down, tell it once, end as what it is."""

from __future__ import annotations

from typing import Any

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

# A row that was claimed: the payment was charged, or may have been, whoever did it.
_CLAIMED = "['PROCESSING', 'UNKNOWN', 'COMPLETED']"


def failure_states(parts: Parts, timing: Timing) -> dict[str, State]:
    """Record, count, notify, and route to the ending; only our own facts are told."""
    return {
        "UnexpectedOutcome": {
            "Type": "Pass",
            "Assign": {"error": "UnexpectedOutcome", "status": "UNKNOWN"},
            "Next": "RouteRecord",
        },
        # Without a usable id there is no row to write to: a key of null may be an error that no Catch catches
        # (States.Runtime). An id that only the validation could read may be that of a row that was claimed.
        "RouteRecord": {
            "Type": "Choice",
            "Choices": [
                when("$facts.transaction_id != null", "RecordFailure"),
                when("$type($input.transaction_id) = 'string'", "UnseenRow"),
            ],
            "Default": "RouteUnknown",
        },
        "UnseenRow": {"Type": "Pass", "Assign": {"status": "UNKNOWN"}, "Next": "RouteUnknown"},
        "RecordFailure": _record_failure(parts, timing),
        "RouteUnknown": {
            "Type": "Choice",
            "Choices": [when("$status = 'UNKNOWN'", "CountUnknown")],
            "Default": "NotifyFailure",
        },
        "CountUnknown": _count_unknown(parts, timing),
        "NotifyFailure": _notify_failure(parts, timing),
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


def _record_failure(parts: Parts, timing: Timing) -> State:
    return {
        **_service(timing, parts.update_item),
        "Arguments": {
            "TableName": parts.table,
            "Key": {"transaction_id": {"S": "{% $facts.transaction_id %}"}},
            "UpdateExpression": "SET failure_error = :error, failure_execution = :execution, failed_at = :now",
            "ExpressionAttributeValues": {
                ":error": {"S": "{% $error %}"},
                ":execution": {"S": "{% $execution.arn %}"},
                ":now": {"S": "{% $states.context.State.EnteredTime %}"},
            },
            "ReturnValues": "ALL_NEW",
        },
        # FAILED says that nothing was charged, which a row that another execution claimed contradicts.
        "Assign": {
            "status": f"{{% $status = 'FAILED' and $states.result.Attributes.status.S in {_CLAIMED} "
            "? 'UNKNOWN' : $status %}"
        },
        # A failure that cannot be recorded (no table) is told all the same; without its row, only
        # the processing function's word says that nothing was charged.
        "Catch": keep_error(
            "RouteUnknown", status="{% $status = 'FAILED' and $outcome != 'FAILED' ? 'UNKNOWN' : $status %}"
        ),
        "Next": "RouteUnknown",
    }


def _count_unknown(parts: Parts, timing: Timing) -> State:
    """The metric of the alarm for unknown payments: the workflow's own, since a function that fails counts nothing."""
    return {
        **_service(timing, parts.put_metric),
        "Arguments": {
            "Namespace": parts.namespace,
            "MetricData": [
                {
                    "MetricName": "PaymentsNeedingAttention",
                    "Dimensions": [{"Name": "environment", "Value": parts.environment}],
                    "Unit": "Count",
                    "Value": 1,
                }
            ],
        },
        "Catch": keep_error("NotifyFailure"),
        "Next": "NotifyFailure",
    }


def _notify_failure(parts: Parts, timing: Timing) -> State:
    notice = (
        "{% $string({'transaction_id': $facts.transaction_id, 'amount': $facts.amount, 'currency': $facts.currency, "
        "'payment_method': $facts.payment_method, 'status': $status, 'error': $error, "
        "'execution_arn': $execution.arn, 'environment': $environment}) %}"
    )
    return {
        **_service(timing, parts.publish),
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
        "Catch": keep_error("NoticeLost"),
        "Next": "RouteFailure",
    }


def _service(timing: Timing, resource: Any) -> State:
    """A call of an AWS service; whatever it answers, the payment's result is what goes on."""
    return {
        "Type": "Task",
        "Resource": resource,
        "TimeoutSeconds": SERVICE_TASK_SECONDS,
        "Retry": retry(SERVICE_ERRORS, timing),
        "Output": "{% $result %}",
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
