"""A second workflow beside the payments: it reads a payment, and asks the topic's subscribers for its refund."""

from typing import Any

from refund_states import definition
from troposphere import GetAtt, Ref, Sub
from troposphere.logs import LogGroup

from payflow_cfn.extensions import Draft, Permission, add_resource, add_role, add_stack

NAME = "sfn-refund-requests-${Environment}"
MACHINE = Sub("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:" + NAME)
DELIVERY = (
    "logs:CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy"
)
NEEDS = (
    Permission("dynamodb:GetItem", Ref("TransactionsTableArn"), "it reads a payment, and changes none"),
    Permission("kms:Decrypt", Ref("DynamodbKeyArn"), "the table is under this key"),
    Permission("sns:Publish", Ref("NotificationsTopicArn"), "it asks for a refund"),
    Permission("kms:Decrypt GenerateDataKey", Ref("SnsKeyArn"), "the topic is under this key"),
    Permission("kms:Decrypt GenerateDataKey", Ref("StatesKeyArn"), "its history and its log are under this key"),
    Permission(
        f"{DELIVERY} DescribeResourcePolicies DescribeLogGroups", "*", "its log; AWS knows no resource for these"
    ),
)


def refund_requests(payments: Draft) -> Draft:
    payments = add_stack(payments, "refunds", purpose="requests for refunds")
    service, purpose = "states.amazonaws.com", "sfn-refund-requests"
    payments = add_role(
        payments, "refunds", "RefundsRole", purpose=purpose, service=service, source=MACHINE, needs=NEEDS
    )
    name, key = Sub("/aws/vendedlogs/states/" + NAME), Ref("CloudwatchKeyArn")
    kept = {"RetentionInDays": Ref("LogRetentionDays"), "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    group = LogGroup("RefundsLogGroup", LogGroupName=name, KmsKeyId=key, **kept)
    payments = add_resource(payments, "refunds", group)
    arn = {"RefundRequestsArn": Ref("RefundRequests")}
    return add_resource(payments, "refunds", _machine(), name="RefundRequests", outputs=arn)


def _machine() -> dict[str, Any]:
    logs = [{"CloudWatchLogsLogGroup": {"LogGroupArn": GetAtt("RefundsLogGroup", "Arn")}}]
    key = {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": Ref("StatesKeyArn"), "KmsDataKeyReusePeriodSeconds": 300}
    properties = {
        "StateMachineName": Sub(NAME),
        "Definition": definition(),
        "RoleArn": GetAtt("RefundsRole", "Arn"),
        "EncryptionConfiguration": key,
        "LoggingConfiguration": {"Level": "ALL", "IncludeExecutionData": False, "Destinations": logs},
    }
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
