"""Breaches of the rules about trust and resilience, and what looks like one and is right."""

from __future__ import annotations

from typing import Any

from set_changes import STATES, Change, Sets, drop_statement, props, put, statement, states

Statement = dict[str, Any]


def trust(sets: Sets, role: str = "WorkflowRole") -> Statement:
    stack = "workflow" if role == "WorkflowRole" else "functions"
    found: Statement = props(sets, stack, role)["AssumeRolePolicyDocument"]["Statement"][0]
    return found


def denial(sets: Sets, logical: str = "NotificationsTopicPolicy") -> Statement:
    found: Statement = props(sets, "notifications", logical)["PolicyDocument"]["Statement"][1]
    assert found["Effect"] == "Deny"
    return found


def key(sets: Sets, name: str = "SnsKey") -> dict[str, Any]:
    return props(sets, "encryption", name)


def add_to_key(sets: Sets, principal: dict[str, Any], **more: Any) -> None:
    added = {"Sid": "More", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": ["*"], "Principal": principal}
    key(sets)["KeyPolicy"]["Statement"].append({**added, **more})


def workflow_role(sets: Sets) -> dict[str, Statement]:
    found = props(sets, "workflow", "WorkflowRole")["Policies"][0]["PolicyDocument"]["Statement"]
    return {each["Sid"]: each for each in found}


def alarm(sets: Sets) -> dict[str, Any]:
    return props(sets, "monitoring", "WorkflowFailuresAlarm")


def task(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = states(sets)["ProcessPayment"]
    return found


def never(error: str) -> dict[str, Any]:
    return {"ErrorEquals": [error], "MaxAttempts": 0}


_ROLE: Any = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/role-lambda-processing-${Environment}"}
_STATE_ARN = {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:*"}}
_OUR_ACCOUNT = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}

BAD: list[tuple[str, str, Change]] = [
    ("PF017", "no retry", lambda s: task(s).pop("Retry")),
    ("PF017", "timeouts not repeated", lambda s: task(s)["Retry"][0]["ErrorEquals"].remove("States.Timeout")),
    ("PF017", "no attempts", lambda s: put(task(s)["Retry"][0], "MaxAttempts", 0)),
    (
        "PF017",
        "never repeated by the first that fits",
        lambda s: task(s)["Retry"].insert(0, never("States.TaskFailed")),
    ),
    ("PF017", "no jitter", lambda s: task(s)["Retry"][0].pop("JitterStrategy")),
    ("PF017", "no longest delay", lambda s: task(s)["Retry"][0].pop("MaxDelaySeconds")),
    ("PF018", "not everything caught", lambda s: task(s)["Catch"].pop()),
    ("PF018", "a failure that succeeds", lambda s: put(task(s)["Catch"][1], "Next", "PaymentComplete")),
    ("PF018", "no default", lambda s: states(s)["RouteProcessing"].pop("Default")),
    ("PF019", "no bound", lambda s: props(s, "workflow", STATES)["Definition"].pop("TimeoutSeconds")),
    ("PF019", "short bound", lambda s: put(props(s, "workflow", STATES)["Definition"], "TimeoutSeconds", 60)),
    ("PF024", "no conditions", lambda s: trust(s).pop("Condition")),
    ("PF024", "no account", lambda s: trust(s)["Condition"].pop("StringEquals")),
    ("PF024", "no source", lambda s: trust(s)["Condition"].pop("ArnLike")),
    ("PF024", "function without account", lambda s: trust(s, "ValidationRole").pop("Condition")),
    (
        "PF024",
        "if it exists",
        lambda s: put(trust(s), "Condition", {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}),
    ),
    (
        "PF024",
        "another account",
        lambda s: put(trust(s)["Condition"], "StringEquals", {"aws:SourceAccount": "1" * 12}),
    ),
    (
        "PF024",
        "a function of another account",
        lambda s: put(trust(s, "ValidationRole")["Condition"], "StringEqualsIfExists", {"aws:SourceAccount": "1" * 12}),
    ),
    ("PF024", "anybody", lambda s: put(trust(s), "Principal", "*")),
    ("PF024", "a user as well", lambda s: put(trust(s)["Principal"], "AWS", "arn:aws:iam::111122223333:user/u")),
    (
        "PF024",
        "an unknown service",
        lambda s: put(trust(s, "ValidationRole")["Principal"], "Service", "x.amazonaws.com"),
    ),
    ("PF025", "plain publishing", lambda s: denial(s).update({"Effect": "Allow"})),
    ("PF025", "denied to some", lambda s: put(denial(s), "Principal", {"AWS": "arn:aws:iam::111122223333:root"})),
    ("PF025", "denied with TLS", lambda s: put(denial(s), "Condition", {"Bool": {"aws:SecureTransport": "true"}})),
    (
        "PF025",
        "plain receiving",
        lambda s: put(denial(s, "NotificationsDeadLetterQueuePolicy"), "Action", ["sqs:SendMessage"]),
    ),
    (
        "PF025",
        "another topic's",
        lambda s: put(props(s, "notifications", "NotificationsTopicPolicy"), "Topics", ["x"]),
    ),
    ("PF026", "no account", lambda s: drop_statement(s, "SnsKey", "AllowAccountAdministration")),
    ("PF026", "a role of ours", lambda s: add_to_key(s, {"AWS": _ROLE})),
    ("PF026", "a service without a source", lambda s: add_to_key(s, {"Service": "sns.amazonaws.com"})),
    (
        "PF026",
        "a service for anybody",
        lambda s: add_to_key(s, {"Service": "x.amazonaws.com"}, Condition={"ArnLike": {"aws:SourceArn": "*"}}),
    ),
    (
        "PF026",
        "less than all",
        lambda s: put(statement(s, "SnsKey", "AllowAccountAdministration"), "Action", "kms:Get*"),
    ),
    ("PF027", "lockout", lambda s: put(key(s), "BypassPolicyLockoutSafetyCheck", True)),
    ("PF028", "topic", lambda s: props(s, "notifications", "NotificationsTopic").pop("KmsMasterKeyId")),
    ("PF028", "table", lambda s: props(s, "storage", "TransactionsTable").pop("SSESpecification")),
    (
        "PF028",
        "the service's own key",
        lambda s: put(props(s, "notifications", "NotificationsTopic"), "KmsMasterKeyId", "alias/aws/sns"),
    ),
]

BAD += [
    ("PF029", "no publishing", lambda s: put(workflow_role(s)["PublishNotice"], "Effect", "Deny")),
    ("PF029", "one function", lambda s: workflow_role(s)["InvokeFunctions"]["Resource"].pop()),
    ("PF029", "another action", lambda s: put(workflow_role(s)["RecordFailure"], "Action", ["dynamodb:PutItem"])),
    ("PF029", "another table", lambda s: put(workflow_role(s)["RecordFailure"], "Resource", [_ROLE])),
    ("PF029", "no metric", lambda s: put(workflow_role(s)["CountUnknown"], "Action", ["cloudwatch:ListMetrics"])),
    ("PF033", "no action", lambda s: alarm(s).pop("AlarmActions")),
    ("PF033", "actions off", lambda s: put(alarm(s), "ActionsEnabled", False)),
    ("PF033", "no threshold", lambda s: alarm(s).pop("Threshold")),
    ("PF033", "a unit", lambda s: put(alarm(s), "Unit", "Seconds")),
]

GOOD: list[tuple[str, Change]] = [
    ("PF017 everything repeated", lambda s: put(task(s)["Retry"][0], "ErrorEquals", ["States.ALL"])),
    ("PF017 one error never repeated", lambda s: task(s)["Retry"].insert(0, never("Lambda.Unknown"))),
    (
        "PF024 a function that always tells",
        lambda s: put(trust(s, "ValidationRole"), "Condition", {"StringEquals": _OUR_ACCOUNT}),
    ),
    ("PF024 several machines", lambda s: put(trust(s)["Condition"], "ArnLike", _STATE_ARN)),
    ("PF025 the whole service denied", lambda s: put(denial(s), "Action", "sns:*")),
    ("PF025 anybody as a text", lambda s: put(denial(s), "Principal", "*")),
    (
        "PF026 a service with its source",
        lambda s: add_to_key(s, {"Service": "states.amazonaws.com"}, Condition={"ArnLike": _STATE_ARN}),
    ),
    ("PF026 a denial", lambda s: add_to_key(s, {"AWS": "*"}, Effect="Deny")),
    ("PF029 upper case", lambda s: put(workflow_role(s)["PublishNotice"], "Action", "SNS:publish")),
    (
        "PF029 a pattern",
        lambda s: put(workflow_role(s)["PublishNotice"], "Resource", {"Fn::Sub": "arn:*:sns:*:*:sns-*"}),
    ),
    ("PF029 a step that nobody knows", lambda s: put(task(s), "Resource", "arn:aws:states:::sqs:sendMessage")),
    (
        "PF029 a managed policy",
        lambda s: props(s, "workflow", "WorkflowRole").update({"Policies": [], "ManagedPolicyArns": ["arn:x"]}),
    ),
    ("PF027 said to be off", lambda s: put(key(s), "BypassPolicyLockoutSafetyCheck", False)),
]
