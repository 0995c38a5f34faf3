"""Changes that break, and that keep, the rules about wires, the money store, its keys and who may use them."""

from __future__ import annotations

from typing import Any

from set_changes import STATES, Change, Sets, drop_statement, props, put

TABLE, TOPIC, QUEUE = "TransactionsTable", "NotificationsTopic", "NotificationsDeadLetterQueue"
SERVICE = {"Service": "events.amazonaws.com"}


def wire(sets: Sets, child: str, key: str, value: Any) -> None:
    passed = props(sets, "root", child)["Parameters"]
    assert key in passed
    passed[key] = value


def output(stack: str, name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [stack, f"Outputs.{name}"]}


def gives(sets: Sets, stack: str, name: str, value: Any) -> None:
    sets[stack]["Outputs"][name]["Value"] = value


def attribute(sets: Sets, stack: str, logical: str, key: str, value: Any) -> None:
    sets[stack]["Resources"][logical][key] = value


def key_attribute(sets: Sets, name: str, kind: str) -> None:
    table = props(sets, "storage", TABLE)
    table["KeySchema"][0]["AttributeName"] = table["AttributeDefinitions"][0]["AttributeName"] = name
    table["AttributeDefinitions"][0]["AttributeType"] = kind


def logging(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "workflow", STATES)["LoggingConfiguration"]
    return found


def on_topic(sets: Sets, principal: Any, condition: Any = None) -> None:
    more = {
        "Sid": "More",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sns:Publish",
        "Resource": {"Ref": TOPIC},
    }
    statements = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"]
    statements.append({**more, "Condition": condition} if condition else more)


def inline(sets: Sets, kind: str, **more: Any) -> None:
    document = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    resources = sets["notifications"]["Resources"]
    resources["More"] = {"Type": kind, "Properties": {"PolicyDocument": document, **more}}


def role_statement(sets: Sets, stack: str, role: str, action: str) -> dict[str, Any]:
    statements = props(sets, stack, role)["Policies"][0]["PolicyDocument"]["Statement"]
    found: dict[str, Any] = next(each for each in statements if action in each["Action"] and "Condition" in each)
    return found


def drop_key_use(sets: Sets, stack: str, role: str, of: str) -> None:
    policy = props(sets, stack, role)["Policies"][0]["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if {"Ref": of} not in each["Resource"]]


def accept(sets: Sets, reason: str) -> None:
    props(sets, "storage", TABLE)["DeletionProtectionEnabled"] = False
    attribute(sets, "storage", TABLE, "Metadata", {"payflow": {"accept": {"PF072": reason}}})


def move_alias(sets: Sets) -> None:
    alias = sets["encryption"]["Resources"].pop("StatesKeyAlias")
    sets["encryption"]["Resources"]["Second"] = alias
    alias["Properties"]["TargetKeyId"] = {"Ref": "SnsKey"}


def choose_key(sets: Sets) -> None:
    sets["root"]["Parameters"]["Mine"] = {"Type": "String"}
    wire(sets, "Storage", "DynamodbKeyArn", {"Ref": "Mine"})


def own_or_given(sets: Sets) -> None:
    sets["root"].setdefault("Conditions", {})["Own"] = {"Fn::Equals": [{"Ref": "RolePath"}, "/"]}
    either = {"Fn::If": ["Own", output("Encryption", "DynamodbKeyArn"), "arn:x"]}
    wire(sets, "Storage", "DynamodbKeyArn", either)


def sign(sets: Sets) -> None:
    key = props(sets, "encryption", "SnsKey")
    key["KeySpec"] = "RSA_2048"
    del key["EnableKeyRotation"]


BAD: list[tuple[str, str, Change]] = [
    (
        "PF006",
        "the other function",
        lambda s: wire(s, "Workflow", "ValidationAliasArn", output("Functions", "ProcessingAliasArn")),
    ),
    ("PF006", "the other key", lambda s: wire(s, "Storage", "DynamodbKeyArn", output("Encryption", "SnsKeyArn"))),
    (
        "PF006",
        "a name for an ARN",
        lambda s: wire(s, "Workflow", "TransactionsTableArn", output("Storage", "TransactionsTableName")),
    ),
    ("PF006", "a literal", lambda s: wire(s, "Workflow", "TransactionsTableName", "payments")),
    ("PF006", "the environment's name", lambda s: wire(s, "Workflow", "TransactionsTableName", {"Ref": "Environment"})),
    ("PF006", "a parameter for an output", lambda s: wire(s, "Workflow", "SnsKeyArn", {"Ref": "RolePath"})),
    ("PF006", "the other threshold", lambda s: wire(s, "Monitoring", "ErrorsThreshold", {"Ref": "FailuresThreshold"})),
    (
        "PF007",
        "an output of the other key",
        lambda s: gives(s, "encryption", "SnsKeyArn", s["encryption"]["Outputs"]["LambdaKeyArn"]["Value"]),
    ),
    (
        "PF007",
        "an output with a name for an ARN",
        lambda s: gives(s, "storage", "TransactionsTableArn", {"Ref": TABLE}),
    ),
    (
        "PF007",
        "an output of the other alias",
        lambda s: gives(s, "functions", "ValidationAliasArn", {"Ref": "ProcessingAlias"}),
    ),
    ("PF007", "an output of the root", lambda s: gives(s, "root", "SnsKeyArn", output("Encryption", "StatesKeyArn"))),
    (
        "PF007",
        "an alias on the other key",
        lambda s: put(props(s, "encryption", "SnsKeyAlias"), "TargetKeyId", {"Ref": "StatesKey"}),
    ),
    (
        "PF007",
        "two aliases on one key",
        move_alias,
    ),
    (
        "PF028",
        "encryption of the table off",
        lambda s: put(props(s, "storage", TABLE)["SSESpecification"], "SSEEnabled", False),
    ),
    (
        "PF028",
        "the machine under AWS's key",
        lambda s: put(props(s, "workflow", STATES)["EncryptionConfiguration"], "Type", "AWS_OWNED_KEY"),
    ),
    ("PF070", "table deleted", lambda s: attribute(s, "storage", TABLE, "DeletionPolicy", "Delete")),
    ("PF070", "table without a policy", lambda s: s["storage"]["Resources"][TABLE].pop("DeletionPolicy")),
    ("PF070", "replaced table deleted", lambda s: attribute(s, "storage", TABLE, "UpdateReplacePolicy", "Delete")),
    ("PF070", "key deleted", lambda s: attribute(s, "encryption", "DynamodbKey", "DeletionPolicy", "Delete")),
    ("PF070", "log group deleted", lambda s: s["workflow"]["Resources"]["WorkflowLogGroup"].pop("UpdateReplacePolicy")),
    ("PF070", "secret deleted", lambda s: attribute(s, "functions", "GatewaySecret", "DeletionPolicy", "Delete")),
    ("PF071", "no recovery", lambda s: props(s, "storage", TABLE).pop("PointInTimeRecoverySpecification")),
    (
        "PF071",
        "recovery off",
        lambda s: put(
            props(s, "storage", TABLE), "PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": "false"}
        ),
    ),
    (
        "PF071",
        "payments expire",
        lambda s: put(props(s, "storage", TABLE), "TimeToLiveSpecification", {"AttributeName": "at", "Enabled": True}),
    ),
    ("PF072", "no protection", lambda s: props(s, "storage", TABLE).pop("DeletionProtectionEnabled")),
    ("PF072", "protection off", lambda s: put(props(s, "storage", TABLE), "DeletionProtectionEnabled", False)),
    ("PF072", "accepted without a reason", lambda s: accept(s, " ")),
    ("PF073", "another key attribute", lambda s: key_attribute(s, "id", "S")),
    ("PF073", "a key of another type", lambda s: key_attribute(s, "transaction_id", "N")),
    (
        "PF073",
        "a second key attribute",
        lambda s: props(s, "storage", TABLE)["KeySchema"].append({"AttributeName": "open_since", "KeyType": "RANGE"}),
    ),
    ("PF074", "rotation off", lambda s: put(props(s, "encryption", "DynamodbKey"), "EnableKeyRotation", False)),
    ("PF074", "no rotation", lambda s: props(s, "encryption", "SnsKey").pop("EnableKeyRotation")),
    ("PF074", "disabled", lambda s: put(props(s, "encryption", "SnsKey"), "Enabled", False)),
    ("PF075", "logs off", lambda s: put(logging(s), "Level", "OFF")),
    ("PF075", "no level", lambda s: logging(s).pop("Level")),
    ("PF075", "no logs", lambda s: props(s, "workflow", STATES).pop("LoggingConfiguration")),
    ("PF075", "no destination", lambda s: put(logging(s), "Destinations", [])),
    ("PF075", "express", lambda s: put(props(s, "workflow", STATES), "StateMachineType", "EXPRESS")),
    ("PF076", "data logged", lambda s: put(logging(s), "IncludeExecutionData", True)),
    ("PF077", "a service", lambda s: on_topic(s, SERVICE)),
    ("PF077", "another account", lambda s: on_topic(s, {"AWS": "444455556666"})),
    ("PF077", "anybody over TLS", lambda s: on_topic(s, "*", {"Bool": {"aws:SecureTransport": "true"}})),
    ("PF077", "any source", lambda s: on_topic(s, SERVICE, {"StringLike": {"aws:SourceArn": "*"}})),
    ("PF077", "an inline topic policy", lambda s: inline(s, "AWS::SNS::TopicInlinePolicy", TopicArn={"Ref": TOPIC})),
    ("PF077", "an inline queue policy", lambda s: inline(s, "AWS::SQS::QueueInlinePolicy", Queue={"Ref": QUEUE})),
    ("PF078", "an hour", lambda s: put(props(s, "notifications", QUEUE), "MessageRetentionPeriod", 3600)),
    (
        "PF078",
        "no dead-letter queue",
        lambda s: put(s["notifications"]["Resources"], "More", {"Type": "AWS::SQS::Queue"}),
    ),
    (
        "PF079",
        "the workflow without the topic's key",
        lambda s: drop_key_use(s, "workflow", "WorkflowRole", "SnsKeyArn"),
    ),
    (
        "PF079",
        "only decrypt",
        lambda s: put(role_statement(s, "workflow", "WorkflowRole", "kms:GenerateDataKey"), "Action", ["kms:Decrypt"]),
    ),
    (
        "PF079",
        "by way of another service",
        lambda s: put(
            role_statement(s, "workflow", "WorkflowRole", "kms:GenerateDataKey"),
            "Condition",
            {"StringLike": {"kms:ViaService": "sqs.*"}},
        ),
    ),
    (
        "PF079",
        "a function without the table's key",
        lambda s: drop_key_use(s, "functions", "ValidationRole", "DynamodbKeyArn"),
    ),
    (
        "PF079",
        "the table under another key",
        lambda s: wire(s, "Storage", "DynamodbKeyArn", output("Encryption", "LambdaKeyArn")),
    ),
    ("PF079", "a key for nobody", lambda s: drop_statement(s, "DynamodbKey", "AllowAccountAdministration")),
]
GOOD: list[tuple[str, Change]] = [
    (
        "PF006 a parameter of the root that somebody chooses",
        choose_key,
    ),
    (
        "PF006 the output or a parameter",
        own_or_given,
    ),
    (
        "PF007 an output with a name of its own",
        lambda s: put(s["root"]["Outputs"], "TopicKey", {"Value": output("Encryption", "SnsKeyArn")}),
    ),
    ("PF070 a snapshot", lambda s: attribute(s, "storage", TABLE, "DeletionPolicy", "Snapshot")),
    ("PF072 accepted with a reason", lambda s: accept(s, "a table for tests")),
    (
        "PF074 a key that AWS cannot rotate",
        sign,
    ),
    ("PF075 errors only", lambda s: put(logging(s), "Level", "ERROR")),
    (
        "PF077 a service for this account",
        lambda s: on_topic(s, SERVICE, {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}}),
    ),
    ("PF077 the account itself", lambda s: on_topic(s, {"AWS": {"Ref": "AWS::AccountId"}})),
    (
        "PF078 a queue with a dead-letter queue",
        lambda s: put(
            s["notifications"]["Resources"],
            "More",
            {
                "Type": "AWS::SQS::Queue",
                "Properties": {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": [QUEUE, "Arn"]}}},
            },
        ),
    ),
    (
        "PF079 every key",
        lambda s: put(role_statement(s, "workflow", "WorkflowRole", "kms:GenerateDataKey"), "Resource", "*"),
    ),
]
