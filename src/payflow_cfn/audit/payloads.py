"""What the workflow's states send and remember: the whole payment to the functions, only our own facts to people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Texts = Mapping[str, str]

_TOPIC = "arn:aws:sns:eu-west-2:111122223333:sns-payment-notifications-dev"

# A transaction id as the functions take it, and not one that may be card data in any form.
_SAFE_ID = (
    "$type($input) = 'object' and $type($input.transaction_id) = 'string' "
    "and $contains($input.transaction_id, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/) "
    "and $not($contains($input.transaction_id, "
    "/[0-9]([._:-]*[0-9]){11}|(3[0-9]){4}|[Cc][Vv][VvCcNnDd]|[Cc][Ss][Cc]|[Cc][Aa][Vv]2"
    "|[Ss][Ee][Cc][Uu][Rr]|[Vv][Ee][Rr][Ii][Ff]/)) "
    "and $not($contains($input.transaction_id, /[MNO][DTjz]/) "
    "and $contains($input.transaction_id, /[A-Za-z0-9_-]{16}/))"
)
_NOTICE = (
    "{'transaction_id': $facts.transaction_id, 'amount': $facts.amount, 'currency': $facts.currency, "
    "'payment_method': $facts.payment_method, 'status': $status, 'error': $error, "
    "'execution_arn': $execution.arn, 'environment': $environment}"
)
# A row that somebody claimed: its payment was charged, or may have been.
_RECORDED = (
    "$status = 'FAILED' and $states.result.Attributes.status.S in ['PROCESSING', 'UNKNOWN', 'COMPLETED'] "
    "? 'UNKNOWN' : $status"
)

_PROCESSING: Texts = {
    "FunctionName": "functions/ProcessingAlias.Ref",
    "Payload/payment": "{% $payment %}",
    "Payload/execution": "{% $execution %}",
    "Payload/gateway/adapter": "http",
    "Payload/gateway/url": "",
    "Payload/gateway/secret_arn": "functions/GatewaySecret.Ref",
    "Payload/quiet_seconds": "300",
}

SENDS: Mapping[str, Texts] = MappingProxyType(
    {
        # The whole input: a field that is missing has to reach the validation.
        "ValidatePayment": {
            "FunctionName": "functions/ValidationAlias.Ref",
            "Payload/payment": "{% $input %}",
            "Payload/execution": "{% $execution %}",
            "Payload/rules/limit": "10000",
            "Payload/rules/risk_threshold": "50",
            "Payload/rules/card_search_exemptions": "",
        },
        "ProcessPayment": {**_PROCESSING, "Payload/step": "process", "Payload/last": "false"},
        "ReconcilePayment": {**_PROCESSING, "Payload/step": "reconcile", "Payload/last": "{% $asks >= 5 %}"},
        "RecordFailure": {
            "TableName": "dynamodb-transactions-dev",
            "Key/transaction_id/S": "{% $facts.transaction_id %}",
            "UpdateExpression": "SET failure_error = :error, failure_execution = :execution, failed_at = :now",
            "ExpressionAttributeValues/:error/S": "{% $error %}",
            "ExpressionAttributeValues/:execution/S": "{% $execution.arn %}",
            "ExpressionAttributeValues/:now/S": "{% $states.context.State.EnteredTime %}",
            "ReturnValues": "ALL_NEW",
        },
        "CountUnknown": {
            "Namespace": "PaymentWorkflow",
            "MetricData/0/MetricName": "PaymentsNeedingAttention",
            "MetricData/0/Dimensions/0/Name": "environment",
            "MetricData/0/Dimensions/0/Value": "dev",
            "MetricData/0/Unit": "Count",
            "MetricData/0/Value": "1",
        },
        "NotifyFailure": {
            "TopicArn": _TOPIC,
            "Subject": "Payment needs attention",
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
    "replayed": "{% $states.result.Payload.replayed %}",
    "result": "{% $states.result.Payload.result %}",
    "error": "{% $exists($states.result.Payload.error) and $states.result.Payload.error != null "
    "? $states.result.Payload.error : 'None' %}",
}

REMEMBERS: Mapping[str, Texts] = MappingProxyType(
    {
        "ReceivePayment": {"input": "{% $states.input %}"},
        "RememberFacts": {
            "execution/arn": "{% $states.context.Execution.Id %}",
            "execution/started_at": "{% $states.context.Execution.StartTime %}",
            "asks": "0",
            "outcome": "None",
            "status": "FAILED",
            "error": "None",
            "result": "{}",
            "payment": "null",
            "environment": "dev",
            "facts/transaction_id": f"{{% {_SAFE_ID} ? $input.transaction_id : null %}}",
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
