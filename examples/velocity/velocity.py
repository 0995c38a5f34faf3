"""Limit how many payments a customer may make in a period, with a table of our own."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Sub

from payflow_cfn.extensions import Draft, Permission, add_parameter, add_resource, add_rule, allow, override

TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "period", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "period", "KeyType": "HASH"}],
    "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": Ref("DynamodbKeyArn")},
    "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
}
# Lint wants every table kept. This one holds nothing after a period.
NOT_KEPT = dict.fromkeys(("PF070", "PF071", "PF072"), "the counts of a period may be lost")
# DynamoDB calls KMS in the function's name, for this table alone.
THROUGH_TABLE = {
    "StringEquals": {"kms:EncryptionContext:aws:dynamodb:tableName": Ref("VelocityTableName")},
    "StringLike": {"kms:ViaService": Sub("dynamodb.${AWS::Region}.*")},
}


def limit_velocity(payments: Draft) -> Draft:
    """Add the table, two parameters, what the validation function needs, and the rule."""
    removal = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": TABLE, **removal}
    outputs = {"VelocityTableName": Ref("VelocityTable"), "VelocityTableArn": GetAtt("VelocityTable", "Arn")}
    payments = add_resource(payments, "storage", table, name="VelocityTable", outputs=outputs, accept=NOT_KEPT)
    for name, default, text in (("Limit", 10, "Payments of a customer in a period"), ("Seconds", 3600, "The period")):
        payments = add_parameter(payments, f"Velocity{name}", description=text, Type="Number", default=default)
    payments = allow(
        payments,
        "Functions/ValidationRole",
        Permission("dynamodb:UpdateItem", Ref("VelocityTableArn"), "the rule counts a customer's payments"),
        Permission("kms:Decrypt", Ref("DynamodbKeyArn"), "the table is encrypted", THROUGH_TABLE),
    )
    for variable, source in (("TABLE", "TableName"), ("LIMIT", "Limit"), ("SECONDS", "Seconds")):
        path = f"Functions/ValidationFunction/Environment/Variables/VELOCITY_{variable}"
        payments = override(payments, path, Ref(f"Velocity{source}"))
    return add_rule(payments, "velocity_rule:within_velocity")
