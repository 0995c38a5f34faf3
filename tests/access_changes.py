"""Changes that break, and that keep, the rules about who may use what."""

from __future__ import annotations

from typing import Any

from set_changes import Change, Sets, drop_statement, props, put, role_policy, statement

_LOGS = "arn:${AWS::Partition}:logs:"
ACCOUNT = {"Ref": "AWS::AccountId"}
GROUPS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"


def logs_pattern(sets: Sets, pattern: str) -> None:
    condition = statement(sets, "CloudwatchKey", "AllowLogs")["Condition"]["ArnLike"]
    condition["kms:EncryptionContext:aws:logs:arn"] = [{"Fn::Sub": pattern}]


def topic_statement(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"][0]
    return found


def topic_denial(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"][1]
    return found


def conditions(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = topic_statement(sets)["Condition"]
    return found


def move_condition(sets: Sets, operator: str, other: str, text: object = None) -> None:
    """Put the condition on aws:SourceArn under another operator (or another text under that)."""
    given = conditions(sets).pop(operator)["aws:SourceArn"]
    conditions(sets).setdefault(other, {})["aws:SourceArn"] = given if text is None else text


def deny(sets: Sets, condition: dict[str, Any]) -> None:
    """Add a denial for everybody to the topic's policy."""
    policy = props(sets, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]
    more = {"Sid": "DenyPlainTransport", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sns:Publish"}
    policy["Statement"].append({**more, "Resource": {"Ref": "NotificationsTopic"}, "Condition": condition})


def in_patterns(sets: Sets, old: str, new: str, *, more: bool = False) -> None:
    """Change the patterns of the log groups, or add the changed ones to them."""
    like = statement(sets, "CloudwatchKey", "AllowLogs")["Condition"]["ArnLike"]
    context = "kms:EncryptionContext:aws:logs:arn"
    changed = [{"Fn::Sub": each["Fn::Sub"].replace(old, new)} for each in like[context]]
    like[context] = [*like[context], *changed] if more else changed


def logs_equal(sets: Sets, operator: str) -> None:
    """Put the log groups under another operator; under StringEquals the first as a pattern."""
    condition = statement(sets, "CloudwatchKey", "AllowLogs")["Condition"]
    condition[operator] = condition.pop("ArnLike")
    if operator == "StringEquals":
        context = "kms:EncryptionContext:aws:logs:arn"
        condition[operator][context] = [{"Fn::Sub": GROUPS + "log-group:*"}]


BAD: list[tuple[str, str, Change]] = [
    ("PF020", "key without alarms", lambda s: drop_statement(s, "SnsKey", "AllowAlarms")),
    (
        "PF020",
        "topic without alarms",
        lambda s: props(s, "notifications", "NotificationsTopicPolicy")["PolicyDocument"]["Statement"].pop(0),
    ),
    ("PF021", "no logs statement", lambda s: drop_statement(s, "CloudwatchKey", "AllowLogs")),
    ("PF021", "other environments", lambda s: logs_pattern(s, _LOGS + "${AWS::Region}:${AWS::AccountId}:log-group:*")),
    ("PF021", "other regions", lambda s: logs_pattern(s, _LOGS + "*:${AWS::AccountId}:log-group:*-${Environment}")),
    ("PF021", "other accounts", lambda s: logs_pattern(s, _LOGS + "${AWS::Region}:*:log-group:*-${Environment}")),
    (
        "PF021",
        "trailing star",
        lambda s: logs_pattern(s, _LOGS + "${AWS::Region}:${AWS::AccountId}:log-group:*-${Environment}:*"),
    ),
    ("PF022", "wild resource", lambda s: put(role_policy(s), "Resource", "*")),
    ("PF022", "wild action", lambda s: put(role_policy(s), "Action", "lambda:*")),
    ("PF022", "wild key principal", lambda s: put(statement(s, "SnsKey", "AllowAlarms"), "Principal", {"AWS": "*"})),
    ("PF020", "equal to a pattern", lambda s: move_condition(s, "ArnLike", "StringEquals", "*")),
    ("PF020", "not like the alarms", lambda s: move_condition(s, "ArnLike", "ArnNotLike")),
    ("PF020", "another account", lambda s: conditions(s)["StringEquals"].update({"aws:SourceAccount": "999999999999"})),
    ("PF020", "a key that nobody sends", lambda s: conditions(s).update({"StringEquals": {"aws:SourceVpc": "v"}})),
    ("PF020", "denied", lambda s: deny(s, {})),
    ("PF020", "denied to services", lambda s: deny(s, {"Bool": {"aws:PrincipalIsAWSService": "true"}})),
    ("PF020", "denied unless of an organisation", lambda s: deny(s, {"StringNotEquals": {"aws:PrincipalOrgID": "o"}})),
    ("PF020", "denied on what is not known", lambda s: deny(s, {"StringEquals": {"aws:RequestedRegion": "a"}})),
    (
        "PF020",
        "one key action",
        lambda s: put(statement(s, "SnsKey", "AllowAlarms"), "Action", ["kms:Decrypt", "kms:GenerateDataKeyPair"]),
    ),
    (
        "PF020",
        "another topic",
        lambda s: put(topic_statement(s), "Resource", {"Fn::Sub": "arn:${AWS::Partition}:sns:::other"}),
    ),
    (
        "PF020",
        "one partition",
        lambda s: put(conditions(s)["ArnLike"], "aws:SourceArn", {"Fn::Sub": "arn:aws:cloudwatch:*:*:alarm:*"}),
    ),
    (
        "PF020",
        "an OK action to nowhere",
        lambda s: put(props(s, "monitoring", "WorkflowFailuresAlarm"), "OKActions", ["arn:x"]),
    ),
    (
        "PF020",
        "a composite alarm that is not admitted",
        lambda s: put(props(s, "monitoring", "PaymentHealthAlarm"), "AlarmName", {"Fn::Sub": "alarm-x-${Environment}"}),
    ),
    ("PF021", "equal to a pattern", lambda s: logs_equal(s, "StringEquals")),
    ("PF021", "unless it is the group", lambda s: logs_equal(s, "ArnNotLike")),
    ("PF021", "if there is a context", lambda s: put(statement(s, "CloudwatchKey", "AllowLogs"), "Condition", {})),
    (
        "PF021",
        "denied",
        lambda s: props(s, "encryption", "CloudwatchKey")["KeyPolicy"]["Statement"].append(
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}
        ),
    ),
    ("PF021", "everything", lambda s: put(statement(s, "CloudwatchKey", "AllowLogs"), "Action", "kms:*")),
    (
        "PF021",
        "grants",
        lambda s: statement(s, "CloudwatchKey", "AllowLogs")["Action"].append("kms:CreateGrant"),
    ),
    ("PF021", "an environment that ends the same", lambda s: logs_pattern(s, GROUPS + "log-group:*-${Environment}")),
    ("PF021", "an environment that begins the same", lambda s: logs_pattern(s, GROUPS + "log-group:*-${Environment}*")),
    (
        "PF021",
        "the principal of one partition",
        lambda s: put(
            statement(s, "CloudwatchKey", "AllowLogs"),
            "Principal",
            {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}},
        ),
    ),
    ("PF021", "all regions", lambda s: in_patterns(s, "${AWS::Region}", "*")),
    ("PF021", "all accounts", lambda s: in_patterns(s, "${AWS::AccountId}", "*")),
    ("PF021", "one other environment too", lambda s: in_patterns(s, "-${Environment}", "-${Environment}2", more=True)),
    ("PF021", "no key", lambda s: props(s, "functions", "ValidationLogGroup").pop("KmsKeyId")),
    ("PF022", "wild service", lambda s: put(role_policy(s), "Action", ["dynamodb:*"])),
    ("PF022", "wild family", lambda s: put(role_policy(s), "Action", ["dynamodb:Put*"])),
    ("PF022", "wild family of kms", lambda s: put(role_policy(s), "Action", ["kms:Re*"])),
    ("PF022", "wild part of an ARN", lambda s: put(role_policy(s), "Resource", {"Fn::Sub": GROUPS + "log-group:a*"})),
    ("PF022", "one wild character", lambda s: put(role_policy(s), "Resource", [{"Fn::Sub": GROUPS + "log-group:a?"}])),
    (
        "PF022",
        "wild in one branch",
        lambda s: put(role_policy(s), "Resource", {"Fn::If": ["A", {"Fn::Sub": GROUPS + "a"}, "*"]}),
    ),
    ("PF022", "more than the row says", lambda s: put(statement(s, "SnsKey", "AllowAlarms"), "Action", "kms:*")),
    ("PF022", "all but", lambda s: role_policy(s).update({"NotAction": role_policy(s).pop("Action")})),
    ("PF022", "everything but", lambda s: role_policy(s).update({"NotResource": role_policy(s).pop("Resource")})),
    ("PF022", "everyone but", lambda s: put(topic_statement(s), "NotPrincipal", topic_statement(s).pop("Principal"))),
    ("PF022", "everyone", lambda s: put(topic_statement(s), "Principal", "*")),
    (
        "PF022",
        "denied to everyone but",
        lambda s: put(topic_denial(s), "NotPrincipal", topic_denial(s).pop("Principal")),
    ),
    ("PF022", "wild and equal", lambda s: put(conditions(s), "ArnEquals", {"aws:SourceArn": "arn:*"})),
    ("PF022", "wild condition", lambda s: put(conditions(s)["ArnLike"], "aws:SourceArn", "arn:*")),
    (
        "PF023",
        "a queue without the topic",
        lambda s: props(s, "notifications", "NotificationsDeadLetterQueuePolicy")["PolicyDocument"]["Statement"].pop(0),
    ),
    ("PF023", "a key without the topic", lambda s: drop_statement(s, "SnsKey", "AllowTopicToQueue")),
    ("PF023", "no queue", lambda s: props(s, "notifications", "EmailSubscription").pop("RedrivePolicy")),
]
GOOD: list[tuple[str, Change]] = [
    ("PF020 equal where there is no pattern", lambda s: move_condition(s, "ArnLike", "ArnEquals")),
    ("PF020 the same as text", lambda s: move_condition(s, "ArnLike", "StringEquals")),
    ("PF020 denied without TLS", lambda s: deny(s, {"Bool": {"aws:SecureTransport": "false"}})),
    ("PF020 denied to other accounts", lambda s: deny(s, {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}})),
    (
        "PF020 denied to other people",
        lambda s: deny(
            s,
            {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
    ),
    ("PF020 upper case", lambda s: put(topic_statement(s), "Action", "SNS:publish")),
    ("PF021 equal", lambda s: logs_equal(s, "ArnEquals")),
    ("PF022 wildcard in a denial's condition", lambda s: deny(s, {"ArnLike": {"aws:SourceArn": "arn:*:iam::*"}})),
    ("PF022 wildcards in a denial", lambda s: topic_denial(s).update({"Action": "sns:*", "Resource": "arn:*"})),
]
