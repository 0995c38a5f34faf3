"""The states of a refund request: read the payment, and send one message if it was charged."""

from typing import Any

from troposphere import Ref, Sub

ERRORS = ["States.Timeout", "States.TaskFailed"]
RETRY = {"IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2, "MaxDelaySeconds": 30, "JitterStrategy": "FULL"}
KEY = {"transaction_id": {"S": "{% $states.input.transaction_id %}"}}
ROW = "{% $exists($states.result.Item) ? $states.result.Item : {'status': {'S': 'NONE'}} %}"
MESSAGE = (
    "{% $string({'transaction_id': $payment.transaction_id.S, 'amount': $payment.amount.N, "
    "'currency': $payment.currency.S, 'status': 'REFUND_REQUESTED'}) %}"
)


def definition() -> dict[str, Any]:
    row = {"TableName": Ref("TransactionsTableName"), "Key": KEY, "ConsistentRead": True}
    status = {"status": {"DataType": "String", "StringValue": "REFUND_REQUESTED"}}
    notice = {"TopicArn": Ref("NotificationsTopicArn"), "Message": MESSAGE, "MessageAttributes": status}
    charged = [{"Condition": "{% $payment.status.S = 'COMPLETED' %}", "Next": "AskForRefund"}]
    states = {
        "ReadPayment": {**_task("dynamodb:getItem", row), "Assign": {"payment": ROW}, "Next": "IsCharged"},
        "IsCharged": {"Type": "Choice", "Choices": charged, "Default": "NotCharged"},
        "AskForRefund": {**_task("sns:publish", notice), "Next": "RefundRequested"},
        "RefundRequested": {"Type": "Succeed"},
        "NotCharged": {"Type": "Fail", "Error": "NotCharged"},
        "RequestFailed": {"Type": "Fail", "Error": "RequestFailed"},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "ReadPayment", "TimeoutSeconds": 600, "States": states}


def _task(integration: str, arguments: dict[str, Any]) -> dict[str, Any]:
    caught = [{"ErrorEquals": [each], "Next": "RequestFailed"} for each in ("States.DataLimitExceeded", "States.ALL")]
    resource = Sub("arn:${AWS::Partition}:states:::" + integration)
    task = {"Type": "Task", "Resource": resource, "Arguments": arguments, "TimeoutSeconds": 30}
    return {**task, "Retry": [{"ErrorEquals": ERRORS, **RETRY}], "Catch": caught}
