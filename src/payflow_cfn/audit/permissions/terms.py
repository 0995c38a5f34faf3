"""The words of the table of needs: a line, the short names of resources, the pages of AWS and the conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from payflow_cfn.audit.permissions.grants import Conditions
from payflow_cfn.config import names

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


def arn_of(service: str, resource: str) -> str:
    """An ARN in whatever partition, region and account."""
    return f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"


def asked_by(service: str) -> tuple[str, str, tuple[str, ...]]:
    """The service asks KMS; its suffix in another partition than aws is on no page of AWS."""
    return ("StringLike", "kms:ViaService", (f"{service}.${{AWS::Region}}.*",))


TABLE, TOPIC, QUEUE = names.TABLE.sub(), names.TOPIC.sub(), names.DEAD_LETTER_QUEUE.sub()
MACHINE = arn_of("states", f"stateMachine:{names.STATE_MACHINE.sub()}")
SECRET = arn_of("secretsmanager", f"secret:{names.GATEWAY_SECRET.sub()}-??????")
ALL_LOGS = arn_of("logs", "*")

# What a resource's short name stands for; a key has no name of its own, so its logical id says which.
TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "the table": arn_of("dynamodb", f"table/{TABLE}"),
        "the topic": arn_of("sns", TOPIC),
        "the queue": arn_of("sqs", QUEUE),
        "the secret": SECRET,
        "validation's log group": arn_of("logs", f"log-group:{names.VALIDATION_LOGS.sub()}"),
        "processing's log group": arn_of("logs", f"log-group:{names.PROCESSING_LOGS.sub()}"),
        "the table's key": "encryption/DynamodbKey.Arn",
        "the topic's key": "encryption/SnsKey.Arn",
        "the functions' key": "encryption/LambdaKey.Arn",
        "the workflow's key": "encryption/StatesKey.Arn",
        "validation's alias": "functions/ValidationAlias.Ref",
        "processing's alias": "functions/ProcessingAlias.Ref",
        "any interface, subnet or group": arn_of("ec2", "*/*"),
        "a security group that another account shares": "arn:${AWS::Partition}:ec2:${AWS::Region}:*:security-group/*",
        "a subnet that another account shares": "arn:${AWS::Partition}:ec2:${AWS::Region}:*:subnet/*",
        "the key itself": "*",
        "every resource": "*",
        "the role itself": "none",
    }
)

# Where an organisation gives a key, its ARN is a parameter of root.
GIVEN: Mapping[str, str] = MappingProxyType(
    {
        "the table's key": "DynamodbKeyArn",
        "the topic's key": "SnsKeyArn",
        "the functions' key": "LambdaKeyArn",
        "the workflow's key": "StatesKeyArn",
    }
)

DOCS = "https://docs.aws.amazon.com/"
KEY_DEFAULT = f"{DOCS}kms/latest/developerguide/key-policy-default.html"
TABLE_KEY = f"{DOCS}amazondynamodb/latest/developerguide/encryption.usagenotes.html"
TOPIC_KEY = f"{DOCS}sns/latest/dg/sns-key-management.html"
QUEUE_KEY = f"{DOCS}sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html"
QUEUE_POLICY = f"{DOCS}sns/latest/dg/sns-configure-dead-letter-queue.html"
MACHINE_KEY = f"{DOCS}step-functions/latest/dg/encryption-at-rest.html"
MACHINE_LOGS = f"{DOCS}step-functions/latest/dg/cw-logs.html"
MACHINE_TRACES = f"{DOCS}step-functions/latest/dg/xray-iam.html"
MACHINE_ROLE = f"{DOCS}step-functions/latest/dg/procedure-create-iam-role.html"
ALARMS = f"{DOCS}AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"
LOGS_KEY = f"{DOCS}AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"
FUNCTION_ROLE = f"{DOCS}lambda/latest/dg/lambda-intro-execution-role.html"
FUNCTION_KEY = f"{DOCS}lambda/latest/dg/permissions-source-function-arn.html"
FUNCTION_LOGS = f"{DOCS}lambda/latest/dg/monitoring-cloudwatchlogs.html"
FUNCTION_TRACES = f"{DOCS}lambda/latest/dg/services-xray.html"
FUNCTION_VPC = f"{DOCS}lambda/latest/dg/configuration-vpc.html"
CONDITIONAL = f"{DOCS}amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html"
SECRETS = f"{DOCS}secretsmanager/latest/userguide/security-encryption.html"
SECRET_POLICY = f"{DOCS}secretsmanager/latest/userguide/auth-and-access_resource-policies.html"
PLAIN = f"{DOCS}IAM/latest/UserGuide/reference_policies_condition-keys.html"

OUR_ACCOUNT = ("StringEquals", "aws:SourceAccount", ("${AWS::AccountId}",))
# Lambda does not tell in every case whose function it is, see policies.assumed_by_functions.
OUR_ACCOUNT_IF_TOLD = ("StringEqualsIfExists", *OUR_ACCOUNT[1:])
OUR_TOPIC = ("ArnLike", "aws:SourceArn", ("the topic",))
OUR_ALARMS = (
    "ArnLike",
    "aws:SourceArn",
    tuple(arn_of("cloudwatch", f"alarm:{each.sub()}") for each in names.TELLING_ALARMS),
)
# The alarms that notify the topic only since a later version, by the version that has none of them.
NOT_YET: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "1.0.0": frozenset(
            arn_of("cloudwatch", f"alarm:alarm-{each}-${{Environment}}")
            for each in (
                "dynamodb-write-throttles",
                "dynamodb-read-throttles",
                "payment-p99-duration",
                "decline-rate",
                "rejection-rate",
                "slo-settled-fast-burn",
                "slo-settled-slow-burn",
                "slo-in-time-fast-burn",
                "slo-in-time-slow-burn",
                "payment-health",
            )
        )
    }
)
OUR_GROUPS = (
    "ArnLike",
    "kms:EncryptionContext:aws:logs:arn",
    tuple(
        arn_of("logs", f"log-group:{each.sub()}")
        for each in (names.VALIDATION_LOGS, names.PROCESSING_LOGS, names.WORKFLOW_LOGS)
    ),
)
FOR_TABLE = (
    ("StringEquals", "kms:EncryptionContext:aws:dynamodb:tableName", (TABLE,)),
    asked_by("dynamodb"),
)
FOR_TOPIC = (asked_by("sns"),)
FOR_SECRET = (
    ("StringLike", "kms:EncryptionContext:SecretARN", ("the secret",)),
    asked_by("secretsmanager"),
)
FOR_MACHINE = (("StringEquals", "kms:EncryptionContext:aws:states:stateMachineArn", (MACHINE,)),)
# A literal star: this text is the encryption context itself, not a pattern.
FOR_DELIVERY = (("StringEquals", "kms:EncryptionContext:SourceArn", (ALL_LOGS,)),)
PLAIN_TRANSPORT = (("Bool", "aws:SecureTransport", ("false",)),)
