"""The states after a failure: record it, send one notice, end the execution with the payment's status."""

from __future__ import annotations

from typing import Any

from payflow_cfn.workflow.states import (
    NOTICE_TRIES,
    REFUSED,
    SERVICE_ERRORS,
    SERVICE_TASK_SECONDS,
    Parts,
    State,
    Timing,
    keep_error,
    notice_seconds,
    retry,
    unless_refused,
    when,
)

# Statuses in which the payment may be charged, or was, by the execution that entered or claimed it.
_MAY_CHARGE = "['VALIDATED', 'PROCESSING', 'UNKNOWN', 'COMPLETED']"
# The start of a failed execution's cause; the payment's status follows.
ENDED_AS = "The payment ended as "
# The state that sends the notice.
NOTIFY = "NotifyFailure"
# The notice is that of the row's final status, which was claimed.
_DECIDED = "$outcome in ['DECLINED', 'FAILED']"
_ENTERED = "$states.context.State.EnteredTime"


def failure_states(parts: Parts, timing: Timing) -> dict[str, State]:
    """The states that record, count, notify and route to the end; a notice holds only our own facts."""
    return {
        "UnexpectedOutcome": {
            "Type": "Pass",
            "Assign": {"error": "UnexpectedOutcome", "status": "UNKNOWN"},
            "Next": "RouteRecord",
        },
        # Without a usable id there is no row to write to, and a null key may be an error that no Catch catches
        # (States.Runtime). If only the validation could read the id, its row may have been claimed: UNKNOWN.
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
        "CountUnknown": _count(parts, timing, "PaymentsNeedingAttention", "NotifyFailure"),
        **_notice_states(parts, timing),
        "RouteFailure": {
            "Type": "Choice",
            "Choices": [
                when("$status in ['REJECTED', 'CONFLICT']", "PaymentRejected"),
                when("$status = 'DECLINED'", "PaymentDeclined"),
            ],
            "Default": "PaymentFailed",
        },
    }


def _notice_states(parts: Parts, timing: Timing) -> dict[str, State]:
    """Send one notice for a final status of the row; the row records which execution claims it and when it was sent."""
    return {
        "ClaimNotice": _claim_notice(parts, timing),
        "RouteNotice": {
            "Type": "Choice",
            "Choices": [when(f"$tries < {NOTICE_TRIES}", "AwaitNotice")],
            "Default": "RouteFailure",
        },
        # Another execution has sent the notice or is sending it. After this wait, it has sent it or has died.
        "AwaitNotice": {"Type": "Wait", "Seconds": notice_seconds(timing), "Next": "ClaimNotice"},
        NOTIFY: _notify_failure(parts, timing),
        "RouteTold": {
            "Type": "Choice",
            "Choices": [
                when(_DECIDED, "MarkTold"),
                when("$status = 'FAILED' and $facts.transaction_id != null", "ReopenPayment"),
            ],
            "Default": "RouteFailure",
        },
        "MarkTold": _mark_told(parts, timing),
        "ReopenPayment": _reopen_payment(parts, timing),
        "NoticeLost": {"Type": "Pass", "Assign": {"error": "NoticeLost"}, "Next": "CountLostNotice"},
        "CountLostNotice": _count(parts, timing, "NoticesLost", "RouteLost"),
        "RouteLost": {
            "Type": "Choice",
            "Choices": [when(_DECIDED, "ReleaseNotice")],
            "Default": "PaymentFailed",
        },
        "ReleaseNotice": _release_notice(parts, timing),
    }


def _record_failure(parts: Parts, timing: Timing) -> State:
    values = {
        ":error": {"S": "{% $error %}"},
        ":execution": {"S": "{% $execution.arn %}"},
        ":now": {"S": f"{{% {_ENTERED} %}}"},
        ":until": {"S": f"{{% $fromMillis($toMillis({_ENTERED}) + {notice_seconds(timing) * 1000}) %}}"},
    }
    return {
        **_update(
            parts,
            timing,
            "SET failure_error = :error, failure_execution = :execution, failed_at = :now, closed_until = :until",
            # Of two failures at once, one could reopen the payment for the other: the second one's notice is UNKNOWN.
            "attribute_not_exists(closed_until) OR closed_until < :now OR failure_execution = :execution",
            values,
            ReturnValues="ALL_NEW",
        ),
        # The notice FAILED promises that nothing is charged: no execution that started before the notice was sent may
        # enter the payment (validation.decision). If the payment was entered before, the notice is UNKNOWN.
        "Assign": {
            "status": f"{{% $status = 'FAILED' and $states.result.Attributes.status.S in {_MAY_CHARGE} "
            "? 'UNKNOWN' : $status %}"
        },
        # A failure that cannot be recorded (no table) still sends its notice. Without the row it is not certain that
        # nothing was charged.
        "Catch": keep_error("RouteUnknown", status="UNKNOWN"),
        "Next": "RouteUnknown",
    }


def _claim_notice(parts: Parts, timing: Timing) -> State:
    """Claim the notice of the row's final status for `notice_seconds`: no other execution sends it meanwhile."""
    seconds = notice_seconds(timing)
    refused = {"Output": "{% $result %}", "Assign": {"tries": "{% $tries + 1 %}"}, "Next": "RouteNotice"}
    values = {
        ":me": {"S": "{% $execution.arn %}"},
        ":status": {"S": "{% $status %}"},
        ":now": {"N": f"{{% $string($toMillis({_ENTERED})) %}}"},
        ":until": {"N": f"{{% $string($toMillis({_ENTERED}) + {seconds * 1000}) %}}"},
    }
    return {
        **_update(
            parts,
            timing,
            "SET notice_by = :me, notice_until = :until",
            "#status = :status AND attribute_not_exists(told_at) AND "
            "(attribute_not_exists(notice_until) OR notice_until < :now OR notice_by = :me)",
            values,
            ExpressionAttributeNames={"#status": "status"},
        ),
        # If the table does not answer, two notices are better than none.
        "Catch": [{"ErrorEquals": [REFUSED], **refused}, *keep_error("NotifyFailure")],
        "Next": "NotifyFailure",
    }


def _mark_told(parts: Parts, timing: Timing) -> State:
    """Record in the row that its notice was sent; the payment is no longer listed as open."""
    entry = {
        "at": {"S": f"{{% {_ENTERED} %}}"},
        "status": {"S": "{% $status %}"},
        "execution": {"S": "{% $states.context.Execution.Name %}"},
        "note": {"S": "told"},
    }
    values = {
        ":status": {"S": "{% $status %}"},
        ":now": {"S": f"{{% {_ENTERED} %}}"},
        ":me": {"S": "{% $execution.arn %}"},
        ":none": {"L": []},
        ":entry": {"L": [{"M": entry}]},
    }
    update = (
        "SET told_status = :status, told_at = :now, told_by = :me, "
        "history = list_append(if_not_exists(history, :none), :entry) REMOVE open_shard, open_since"
    )
    return {
        **_update(parts, timing, update, "attribute_not_exists(told_at)", values),
        "Catch": keep_error("RouteFailure"),
        "Next": "RouteFailure",
    }


def _reopen_payment(parts: Parts, timing: Timing) -> State:
    """After the notice of a technical failure: an execution that starts from now on may enter the payment."""
    values = {":execution": {"S": "{% $execution.arn %}"}, ":now": {"S": f"{{% {_ENTERED} %}}"}}
    return {
        **_update(parts, timing, "SET closed_until = :now", "failure_execution = :execution", values),
        "Catch": keep_error("PaymentFailed"),
        "Next": "PaymentFailed",
    }


def _release_notice(parts: Parts, timing: Timing) -> State:
    """Give the claim of a lost notice back: the payment's next execution sends it at once."""
    release = "REMOVE notice_until"
    return {
        **_update(parts, timing, release, "notice_by = :me", {":me": {"S": "{% $execution.arn %}"}}),
        "Catch": keep_error("PaymentFailed"),
        "Next": "PaymentFailed",
    }


def _count(parts: Parts, timing: Timing, metric: str, next_state: str) -> State:
    """Count a metric of an alarm from the workflow itself, since a function that fails counts nothing."""
    return {
        **_service(timing, parts.put_metric),
        "Arguments": {
            "Namespace": parts.namespace,
            "MetricData": [
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "environment", "Value": parts.environment}],
                    "Unit": "Count",
                    "Value": 1,
                }
            ],
        },
        "Catch": keep_error(next_state),
        "Next": next_state,
    }


def _notify_failure(parts: Parts, timing: Timing) -> State:
    notice = (
        "{% $string({'transaction_id': $facts.transaction_id, 'amount': $facts.amount, 'currency': $facts.currency, "
        "'payment_method': $facts.payment_method, 'status': $status, 'error': $error, "
        "'execution_arn': $execution.arn, 'environment': $environment, "
        f"'runbook': $status = 'UNKNOWN' ? '{parts.runbook}' : null}}) %}}"
    )
    return {
        **_service(timing, parts.publish),
        "Arguments": {
            "TopicArn": parts.topic,
            # For an inbox's filters: the status and the environment's name.
            "Subject": "{% 'Payment ' & $status & ' in ' & $environment %}",
            "Message": notice,
            "MessageAttributes": {
                "status": {"DataType": "String", "StringValue": "{% $status %}"},
                "error": {"DataType": "String", "StringValue": "{% $error %}"},
                "environment": {"DataType": "String", "StringValue": parts.environment},
            },
        },
        "Catch": keep_error("NoticeLost"),
        "Next": "RouteTold",
    }


def _update(parts: Parts, timing: Timing, update: str, condition: str, values: State, **more: Any) -> State:
    """A write to the payment's row; a refused condition is not tried again."""
    step = _service(timing, parts.update_item)
    return {
        **step,
        "Arguments": {
            "TableName": parts.table,
            "Key": {"transaction_id": {"S": "{% $facts.transaction_id %}"}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            **more,
        },
        "Retry": unless_refused(step["Retry"]),
    }


def _service(timing: Timing, resource: Any) -> State:
    """A call of an AWS service; the state's output is the payment's result, not the service's answer."""
    return {
        "Type": "Task",
        "Resource": resource,
        "TimeoutSeconds": SERVICE_TASK_SECONDS,
        "Retry": retry(SERVICE_ERRORS, timing),
        "Output": "{% $result %}",
    }


def end_states() -> dict[str, State]:
    """The four end states: a decided payment succeeds with its status in the output, only technical failures fail."""
    # The state before has output the payment's result, with its status.
    return {
        "PaymentComplete": {"Type": "Succeed"},
        "PaymentDeclined": {"Type": "Succeed"},
        "PaymentRejected": {"Type": "Succeed"},
        "PaymentFailed": {
            "Type": "Fail",
            "Error": "{% $error %}",
            "Cause": f"{{% '{ENDED_AS}' & $status & '; its row and its notice say what is known' %}}",
        },
    }
