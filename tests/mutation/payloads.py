"""What the workflow's states send and remember: the whole payment to the functions, only our own facts to people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Texts = Mapping[str, str]

_TOPIC = "arn:aws:sns:eu-west-2:111122223333:sns-payment-notifications-dev"

# A transaction id as the functions take it, and not one that may be card data in any form.
_SAFE_ID = (
    "$type($input) = 'object' ? ($type($input.transaction_id) = 'string' "
    "? ($contains($input.transaction_id, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/) "
    "? ($contains($input.transaction_id, "
    "/[0-9]([._:-]*[0-9]){11}|(3[0-9]){4}|[Cc][Vv][VvCcNnDd]|[Cc][Ss][Cc]|[Cc][Aa][Vv]2"
    "|[Ss][Ee][Cc][Uu][Rr]|[Vv][Ee][Rr][Ii][Ff]/) ? null "
    ": ($contains($input.transaction_id, /[MNO][DTjz]/) "
    "? ($contains($input.transaction_id, /[A-Za-z0-9_-]{16}/) ? null : $input.transaction_id) "
    ": $input.transaction_id)) : null) : null) : null"
)
_NOTICE = (
    "{'transaction_id': $facts.transaction_id, 'amount': $facts.amount, 'currency': $facts.currency, "
    "'payment_method': $facts.payment_method, 'status': $status, 'error': $error, "
    "'execution_arn': $execution.arn, 'environment': $environment, "
    "'runbook': $status = 'UNKNOWN' ? 'docs/runbooks/payment-needs-attention.md' : null}"
)
# A row that somebody entered or claimed: its payment was charged, or may be.
_RECORDED = (
    "$status = 'FAILED' and $states.result.Attributes.status.S in ['VALIDATED', 'PROCESSING', 'UNKNOWN', 'COMPLETED'] "
    "? 'UNKNOWN' : $status"
)
_ENTERED = "$states.context.State.EnteredTime"
_ROW: Texts = {"TableName": "dynamodb-transactions-dev", "Key/transaction_id/S": "{% $facts.transaction_id %}"}
_VALUES = "ExpressionAttributeValues"

_PROCESSING: Texts = {
    "FunctionName": "functions/ProcessingAlias.Ref",
    "Payload/payment": "{% $payment %}",
    "Payload/execution": "{% $execution %}",
    "Payload/gateway/adapter": "http",
    "Payload/gateway/url": "",
    "Payload/gateway/secret_arn": "functions/GatewaySecret.Ref",
    "Payload/quiet_seconds": "300",
    "Payload/clock_margin_seconds": "62",
}


def _counted(metric: str) -> Texts:
    return {
        "Namespace": "PaymentWorkflow",
        "MetricData/0/MetricName": metric,
        "MetricData/0/Dimensions/0/Name": "environment",
        "MetricData/0/Dimensions/0/Value": "dev",
        "MetricData/0/Unit": "Count",
        "MetricData/0/Value": "1",
    }


SENDS: Mapping[str, Texts] = MappingProxyType(
    {
        # The whole input: a field that is missing has to reach the validation.
        "ValidatePayment": {
            "FunctionName": "functions/ValidationAlias.Ref",
            "Payload/payment": "{% $input %}",
            "Payload/execution": "{% $execution %}",
            "Payload/rules/limits": "USD 10000 5000",
            "Payload/rules/risk_threshold": "50",
            "Payload/rules/card_search_exemptions": "",
        },
        "ProcessPayment": {**_PROCESSING, "Payload/step": "process", "Payload/last": "false"},
        "ReconcilePayment": {**_PROCESSING, "Payload/step": "reconcile", "Payload/last": "{% $asks >= 5 %}"},
        "RecordFailure": {
            **_ROW,
            "UpdateExpression": "SET failure_error = :error, failure_execution = :execution, failed_at = :now, "
            "closed_until = :until",
            # The row keeps the execution that closed it until the notice was sent; that one may repeat its record.
            "ConditionExpression": "attribute_not_exists(closed_until) OR closed_until < :now "
            "OR failure_execution = :execution",
            f"{_VALUES}/:until/S": f"{{% $fromMillis($toMillis({_ENTERED}) + 465000) %}}",
            f"{_VALUES}/:error/S": "{% $error %}",
            f"{_VALUES}/:execution/S": "{% $execution.arn %}",
            f"{_VALUES}/:now/S": f"{{% {_ENTERED} %}}",
            "ReturnValues": "ALL_NEW",
        },
        "CountUnknown": _counted("PaymentsNeedingAttention"),
        # Its own claim it may repeat; another's holds for as long as another can need, 465 s.
        "ClaimNotice": {
            **_ROW,
            "UpdateExpression": "SET notice_by = :me, notice_until = :until",
            "ConditionExpression": "#status = :status AND attribute_not_exists(told_at) AND "
            "(attribute_not_exists(notice_until) OR notice_until < :now OR notice_by = :me)",
            "ExpressionAttributeNames/#status": "status",
            f"{_VALUES}/:me/S": "{% $execution.arn %}",
            f"{_VALUES}/:status/S": "{% $status %}",
            f"{_VALUES}/:now/N": f"{{% $string($toMillis({_ENTERED})) %}}",
            f"{_VALUES}/:until/N": f"{{% $string($toMillis({_ENTERED}) + 465000) %}}",
        },
        # The first mark stays; the payment leaves the list of open ones with it.
        "MarkTold": {
            **_ROW,
            "UpdateExpression": "SET told_status = :status, told_at = :now, told_by = :me, "
            "history = list_append(if_not_exists(history, :none), :entry) REMOVE open_shard, open_since",
            "ConditionExpression": "attribute_not_exists(told_at)",
            f"{_VALUES}/:status/S": "{% $status %}",
            f"{_VALUES}/:now/S": f"{{% {_ENTERED} %}}",
            f"{_VALUES}/:me/S": "{% $execution.arn %}",
            f"{_VALUES}/:none/L": "[]",
            f"{_VALUES}/:entry/L/0/M/at/S": f"{{% {_ENTERED} %}}",
            f"{_VALUES}/:entry/L/0/M/status/S": "{% $status %}",
            f"{_VALUES}/:entry/L/0/M/execution/S": "{% $states.context.Execution.Name %}",
            f"{_VALUES}/:entry/L/0/M/note/S": "told",
        },
        "ReopenPayment": {
            **_ROW,
            "UpdateExpression": "SET closed_until = :now",
            "ConditionExpression": "failure_execution = :execution",
            f"{_VALUES}/:execution/S": "{% $execution.arn %}",
            f"{_VALUES}/:now/S": f"{{% {_ENTERED} %}}",
        },
        "CountLostNotice": _counted("NoticesLost"),
        # Its own claim and no other's; who had it stays in the row.
        "ReleaseNotice": {
            **_ROW,
            "UpdateExpression": "REMOVE notice_until",
            "ConditionExpression": "notice_by = :me",
            f"{_VALUES}/:me/S": "{% $execution.arn %}",
        },
        "NotifyFailure": {
            "TopicArn": _TOPIC,
            "Subject": "{% 'Payment ' & $status & ' in ' & $environment %}",
            "Message": f"{{% $string({_NOTICE}) %}}",
            **{f"MessageAttributes/{each}/DataType": "String" for each in ("status", "error", "environment")},
            "MessageAttributes/status/StringValue": "{% $status %}",
            "MessageAttributes/error/StringValue": "{% $error %}",
            "MessageAttributes/environment/StringValue": "dev",
        },
    }
)

_ANSWER: Texts = {
    "outcome": "{% $states.result.Payload.outcome %}",
    "status": "{% $states.result.Payload.outcome %}",
    "told": "{% $states.result.Payload.told %}",
    "result": "{% $states.result.Payload.result %}",
    "error": "{% $type($states.result.Payload.error) = 'string' ? $states.result.Payload.error : 'None' %}",
}

REMEMBERS: Mapping[str, Texts] = MappingProxyType(
    {
        "ReceivePayment": {"input": "{% $states.input %}"},
        "RememberFacts": {
            "execution/arn": "{% $states.context.Execution.Id %}",
            "execution/started_at": "{% $states.context.Execution.StartTime %}",
            "asks": "0",
            "tries": "0",
            "outcome": "None",
            "status": "FAILED",
            "error": "None",
            "result": "{}",
            "payment": "null",
            "environment": "dev",
            "facts/transaction_id": f"{{% {_SAFE_ID} %}}",
            "facts/amount": "null",
            "facts/currency": "null",
            "facts/payment_method": "null",
        },
        "ValidatePayment": {
            **_ANSWER,
            "payment": "{% $states.result.Payload.payment %}",
            "facts": "{% $states.result.Payload.facts %}",
        },
        "ProcessPayment": _ANSWER,
        "ReconcilePayment": _ANSWER,
        "WaitForOutcome": {"asks": "{% $asks + 1 %}"},
        "UnexpectedOutcome": {"error": "UnexpectedOutcome", "status": "UNKNOWN"},
        "UnseenRow": {"status": "UNKNOWN"},
        "RecordFailure": {"status": f"{{% {_RECORDED} %}}"},
        "NoticeLost": {"error": "NoticeLost"},
    }
)
