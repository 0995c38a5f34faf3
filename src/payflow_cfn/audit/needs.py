"""What each role, and each service in its own name, needs: one line a permission, with its reason and its source.

The lines say what is called, not what is granted: they are written from the functions' code and AWS's documentation.
What the state machine calls is not here, it is derived from its definition (`invoked`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from payflow_cfn import names
from payflow_cfn.audit.grants import Conditions

Seen = Literal["observed", "derived", "documented"]


@dataclass(frozen=True, slots=True)
class Need:
    """One line: `policy` is its kind and owner, `resource` a name of TEXTS (or a text), `when` a fact of the case.

    `seen` says how it is known: "observed" on the emulator, "derived" from the definition, "documented" by AWS.
    """

    policy: str
    actions: str
    resource: str
    why: str
    source: str
    principal: str = ""
    conditions: Conditions = ()
    when: str = "always"
    seen: Seen = "documented"
    effect: str = "Allow"


def _arn(service: str, resource: str) -> str:
    return f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"


def _host(service: str) -> str:
    return f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"


_TABLE, _TOPIC, _QUEUE = names.TABLE.sub(), names.TOPIC.sub(), names.DEAD_LETTER_QUEUE.sub()
_MACHINE = _arn("states", f"stateMachine:{names.STATE_MACHINE.sub()}")
_SECRET = _arn("secretsmanager", f"secret:{names.GATEWAY_SECRET.sub()}-??????")
_ALL_LOGS = _arn("logs", "*")

# What a resource's short name stands for; a key has no name of its own, so its logical id says which.
TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "the table": _arn("dynamodb", f"table/{_TABLE}"),
        "the topic": _arn("sns", _TOPIC),
        "the queue": _arn("sqs", _QUEUE),
        "the secret": _SECRET,
        "validation's log group": _arn("logs", f"log-group:{names.VALIDATION_LOGS.sub()}"),
        "processing's log group": _arn("logs", f"log-group:{names.PROCESSING_LOGS.sub()}"),
        "the table's key": "encryption/DynamodbKey.Arn",
        "the topic's key": "encryption/SnsKey.Arn",
        "the secret's key": "encryption/LambdaKey.Arn",
        "the workflow's key": "encryption/StatesKey.Arn",
        "validation's alias": "functions/ValidationAlias.Ref",
        "processing's alias": "functions/ProcessingAlias.Ref",
        "the key itself": "*",
        "every resource": "*",
        "the role itself": "none",
    }
)

_DOCS = "https://docs.aws.amazon.com/"
_KEY_DEFAULT = f"{_DOCS}kms/latest/developerguide/key-policy-default.html"
_TABLE_KEY = f"{_DOCS}amazondynamodb/latest/developerguide/encryption.usagenotes.html"
_TOPIC_KEY = f"{_DOCS}sns/latest/dg/sns-key-management.html"
_QUEUE_KEY = f"{_DOCS}sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html"
_QUEUE_POLICY = f"{_DOCS}sns/latest/dg/sns-configure-dead-letter-queue.html"
_MACHINE_KEY = f"{_DOCS}step-functions/latest/dg/encryption-at-rest.html"
_MACHINE_LOGS = f"{_DOCS}step-functions/latest/dg/cw-logs.html"
_MACHINE_TRACES = f"{_DOCS}step-functions/latest/dg/xray-iam.html"
_MACHINE_ROLE = f"{_DOCS}step-functions/latest/dg/procedure-create-iam-role.html"
_ALARMS = f"{_DOCS}AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"
_LOGS_KEY = f"{_DOCS}AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"
_FUNCTION_ROLE = f"{_DOCS}lambda/latest/dg/lambda-intro-execution-role.html"
_FUNCTION_LOGS = f"{_DOCS}lambda/latest/dg/monitoring-cloudwatchlogs.html"
_FUNCTION_TRACES = f"{_DOCS}lambda/latest/dg/services-xray.html"
_CONDITIONAL = f"{_DOCS}amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html"
_SECRETS = f"{_DOCS}secretsmanager/latest/userguide/security-encryption.html"
_SECRET_POLICY = f"{_DOCS}secretsmanager/latest/userguide/auth-and-access_resource-policies.html"
_PLAIN = f"{_DOCS}IAM/latest/UserGuide/reference_policies_condition-keys.html"

_OUR_ACCOUNT = ("StringEquals", "aws:SourceAccount", ("${AWS::AccountId}",))
_OUR_TOPIC = ("ArnLike", "aws:SourceArn", ("the topic",))
_OUR_ALARMS = (
    "ArnLike",
    "aws:SourceArn",
    tuple(_arn("cloudwatch", f"alarm:{each.sub()}") for each in names.TELLING_ALARMS),
)
_OUR_GROUPS = (
    "ArnLike",
    "kms:EncryptionContext:aws:logs:arn",
    tuple(
        _arn("logs", f"log-group:{each.sub()}")
        for each in (names.VALIDATION_LOGS, names.PROCESSING_LOGS, names.WORKFLOW_LOGS)
    ),
)
_FOR_TABLE = (
    ("StringEquals", "kms:EncryptionContext:aws:dynamodb:tableName", (_TABLE,)),
    ("StringEquals", "kms:ViaService", (_host("dynamodb"),)),
)
_FOR_TOPIC = (("StringEquals", "kms:ViaService", (_host("sns"),)),)
_FOR_SECRET = (
    ("StringLike", "kms:EncryptionContext:SecretARN", ("the secret",)),
    ("StringEquals", "kms:ViaService", (_host("secretsmanager"),)),
)
_FOR_MACHINE = (("StringEquals", "kms:EncryptionContext:aws:states:stateMachineArn", (_MACHINE,)),)
# A literal star: this text is the encryption context itself, not a pattern.
_FOR_DELIVERY = (("StringEquals", "kms:EncryptionContext:SourceArn", (_ALL_LOGS,)),)
_PLAIN_TRANSPORT = (("Bool", "aws:SecureTransport", ("false",)),)

_VALIDATION, _PROCESSING, _WORKFLOW = "identity ValidationRole", "identity ProcessingRole", "identity WorkflowRole"

NEEDS: tuple[Need, ...] = (
    # --- validation's role
    Need(_VALIDATION, "dynamodb:PutItem", "the table", "writes the validated or rejected payment down, once",
         _CONDITIONAL, seen="observed"),
    Need(_VALIDATION, "kms:Decrypt", "the table's key", "DynamoDB opens the table's key in the caller's name",
         _TABLE_KEY, conditions=_FOR_TABLE),
    Need(_VALIDATION, "logs:CreateLogStream logs:PutLogEvents", "validation's log group",
         "Lambda writes the function's log in the role's name", _FUNCTION_LOGS),
    Need(_VALIDATION, "xray:PutTraceSegments xray:PutTelemetryRecords", "every resource",
         "Lambda sends traces in the role's name; these actions know no resource", _FUNCTION_TRACES, when="tracing"),
    # --- processing's role
    Need(_PROCESSING, "dynamodb:UpdateItem", "the table", "claims the payment and settles it", _CONDITIONAL,
         seen="observed"),
    Need(_PROCESSING, "dynamodb:GetItem", "the table", "reads the row where a refused write does not show it",
         _CONDITIONAL, seen="observed"),
    Need(_PROCESSING, "kms:Decrypt", "the table's key", "DynamoDB opens the table's key in the caller's name",
         _TABLE_KEY, conditions=_FOR_TABLE),
    Need(_PROCESSING, "logs:CreateLogStream logs:PutLogEvents", "processing's log group",
         "Lambda writes the function's log in the role's name", _FUNCTION_LOGS),
    Need(_PROCESSING, "xray:PutTraceSegments xray:PutTelemetryRecords", "every resource",
         "Lambda sends traces in the role's name; these actions know no resource", _FUNCTION_TRACES, when="tracing"),
    Need(_PROCESSING, "secretsmanager:GetSecretValue", "the secret", "reads the gateway's API key", _SECRETS,
         when="gateway key", seen="observed"),
    Need(_PROCESSING, "kms:Decrypt", "the secret's key", "Secrets Manager decrypts the API key in the caller's name",
         _SECRETS, conditions=_FOR_SECRET, when="gateway key"),
    # --- the state machine's role, beside what its states call
    Need(_WORKFLOW, "kms:Decrypt kms:GenerateDataKey", "the topic's key",
         "SNS encrypts the notice in the publisher's name", _TOPIC_KEY, conditions=_FOR_TOPIC),
    Need(_WORKFLOW, "kms:Decrypt", "the table's key", "DynamoDB opens the table's key in the caller's name",
         _TABLE_KEY, conditions=_FOR_TABLE),
    Need(_WORKFLOW, "kms:Decrypt kms:GenerateDataKey", "the workflow's key",
         "Step Functions encrypts an execution's history in the role's name", _MACHINE_KEY, conditions=_FOR_MACHINE),
    Need(_WORKFLOW, "kms:GenerateDataKey", "the workflow's key",
         "Step Functions encrypts what it hands to the log delivery", _MACHINE_KEY, conditions=_FOR_DELIVERY),
    Need(_WORKFLOW, "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery "
         "logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups",
         "every resource", "Step Functions sets up the delivery of its logs; these actions know no resource",
         _MACHINE_LOGS),
    Need(_WORKFLOW, "xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets",
         "every resource", "Step Functions samples and sends traces; these actions know no resource",
         _MACHINE_TRACES, when="tracing"),
    # --- who may be whom
    *(
        Need(f"trust {each}Role", "sts:AssumeRole", "the role itself", "Lambda runs the function as this role",
             _FUNCTION_ROLE, principal="Service lambda.amazonaws.com", conditions=(_OUR_ACCOUNT,))
        for each in ("Validation", "Processing")
    ),
    Need("trust WorkflowRole", "sts:AssumeRole", "the role itself", "Step Functions runs this workflow as this role",
         _MACHINE_ROLE, principal="Service states.amazonaws.com",
         conditions=(_OUR_ACCOUNT, ("ArnLike", "aws:SourceArn", (_MACHINE,)))),
    # --- the keys' own policies
    *(
        Need(f"key {each}Key", "kms:*", "the key itself", "a key without its account can never be managed again",
             _KEY_DEFAULT, principal="AWS arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
        for each in ("Dynamodb", "Sns", "Cloudwatch", "Lambda", "States")
    ),
    Need("key SnsKey", "kms:Decrypt kms:GenerateDataKey*", "the key itself", "alarms publish to the encrypted topic",
         _ALARMS, principal="Service cloudwatch.amazonaws.com", conditions=(_OUR_ACCOUNT, _OUR_ALARMS)),
    Need("key SnsKey", "kms:Decrypt kms:GenerateDataKey*", "the key itself",
         "SNS puts undeliverable notices into the encrypted queue", _QUEUE_KEY, principal="Service sns.amazonaws.com",
         conditions=(_OUR_ACCOUNT, _OUR_TOPIC)),
    Need("key CloudwatchKey", "kms:Encrypt kms:Decrypt kms:ReEncrypt* kms:GenerateDataKey* kms:DescribeKey",
         "the key itself", "CloudWatch Logs encrypts these log groups", _LOGS_KEY, principal=f"Service {_host('logs')}",
         conditions=(_OUR_GROUPS,)),
    Need("key StatesKey", "kms:Decrypt", "the key itself", "log delivery reads what the encrypted state machine logs",
         _MACHINE_KEY, principal="Service delivery.logs.amazonaws.com", conditions=_FOR_DELIVERY),
    # --- the policies of topic, queue and secret
    Need("topic NotificationsTopic", "sns:Publish", "the topic", "alarms tell of themselves", _ALARMS,
         principal="Service cloudwatch.amazonaws.com", conditions=(_OUR_ACCOUNT, _OUR_ALARMS)),
    Need("topic NotificationsTopic", "sns:Publish", "the topic", "nobody publishes without TLS", _PLAIN,
         principal="*", conditions=_PLAIN_TRANSPORT, effect="Deny"),
    Need("queue NotificationsDeadLetterQueue", "sqs:SendMessage", "the queue", "the topic keeps undeliverable notices",
         _QUEUE_POLICY, principal="Service sns.amazonaws.com", conditions=(_OUR_TOPIC,)),
    Need("queue NotificationsDeadLetterQueue", "sqs:SendMessage sqs:ReceiveMessage", "the queue",
         "nobody sends or reads without TLS", _PLAIN, principal="*", conditions=_PLAIN_TRANSPORT, effect="Deny"),
    Need("secret GatewaySecret", "secretsmanager:GetSecretValue", "every resource",
         "nobody but processing reads the API key", _SECRET_POLICY, principal="*",
         conditions=(("ArnNotLike", "aws:PrincipalArn", ("functions/ProcessingRole.Arn",)),),
         when="gateway key policy", effect="Deny"),
)  # fmt: skip
