"""What each resource is tied to: its role, its keys, where it logs, where its failures go, what its rows are found by.

A permission is worth what its role is used for: a function that runs as the other one's role has too much, whatever
the policies say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mutation.mutant import Memory
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.worlds import WORLD

_HERE = "eu-west-2:111122223333"
_TOPIC = f"arn:aws:sns:{_HERE}:sns-payment-notifications-dev"
_QUEUE = f"arn:aws:sqs:{_HERE}:sqs-payment-notifications-dlq-dev"
_WORKFLOW_LOGS = f"arn:aws:logs:{_HERE}:log-group:/aws/vendedlogs/states/sfn-payment-workflow-dev"
_FUNCTION_LOGS = {each: f"/aws/lambda/lambda-payment-{each.lower()}-dev" for each in ("Validation", "Processing")}

# What the list of open payments shows: with what a gateway is asked, and what was told of it.
_LISTED = ("status", "amount", "currency", "gateway", "idempotency_key", "execution", "told_status")


def _function(title: str) -> dict[str, dict[str, str]]:
    function = f"lambda-payment-{title.lower()}-dev"
    return {
        f"{title}Function": {
            "Role": f"functions/{title}Role.Arn",
            "KmsKeyArn": "encryption/LambdaKey.Arn",
            "LoggingConfig/LogGroup": _FUNCTION_LOGS[title],
            "Environment/Variables/TABLE_NAME": "dynamodb-transactions-dev",
        },
        f"{title}Alias": {"FunctionName": function, "FunctionVersion": f"functions/{title}Version.Version"},
        f"{title}LogGroup": {"KmsKeyId": "encryption/CloudwatchKey.Arn"},
    }


TIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "TransactionsTable": {
            "KeySchema/0/AttributeName": "transaction_id",
            # Open payments alone have the attributes of this index (lambdas/payments/rows.py).
            "GlobalSecondaryIndexes/0/IndexName": "open-payments",
            "GlobalSecondaryIndexes/0/KeySchema/0/AttributeName": "open_shard",
            "GlobalSecondaryIndexes/0/KeySchema/1/AttributeName": "open_since",
            **{f"GlobalSecondaryIndexes/0/Projection/NonKeyAttributes/{n}": each for n, each in enumerate(_LISTED)},
            "SSESpecification/KMSMasterKeyId": "encryption/DynamodbKey.Arn",
            "SSESpecification/SSEEnabled": "True",
            "SSESpecification/SSEType": "KMS",
        },
        "NotificationsTopic": {"KmsMasterKeyId": "encryption/SnsKey.Arn"},
        "NotificationsDeadLetterQueue": {"KmsMasterKeyId": "encryption/SnsKey.Arn"},
        "EmailSubscription": {"TopicArn": _TOPIC, "RedrivePolicy/deadLetterTargetArn": _QUEUE},
        "GatewaySecret": {"KmsKeyId": "encryption/LambdaKey.Arn"},
        "GatewaySecretPolicy": {"BlockPublicPolicy": "True"},
        **_function("Validation"),
        **_function("Processing"),
        "PaymentWorkflow": {
            "RoleArn": "workflow/WorkflowRole.Arn",
            "EncryptionConfiguration/KmsKeyId": "encryption/StatesKey.Arn",
            "EncryptionConfiguration/Type": "CUSTOMER_MANAGED_KMS_KEY",
            "LoggingConfiguration/Destinations/0/CloudWatchLogsLogGroup/LogGroupArn": _WORKFLOW_LOGS,
        },
        "FailedPaymentsQuery": {f"LogGroupNames/{n}": group for n, group in enumerate(_FUNCTION_LOGS.values())},
        "WorkflowLogGroup": {"KmsKeyId": "encryption/CloudwatchKey.Arn"},
        **{
            f"{each}Key": {"EnableKeyRotation": "True"}
            for each in ("Dynamodb", "Sns", "Cloudwatch", "Lambda", "States")
        },
    }
)


def tie_sentences(templates: ParsedSet, _: Memory | None = None) -> Iterator[str]:
    """What the resources of TIES are tied to; a tie leads across stacks, so nothing of it is remembered."""
    for stack, logical, resource in templates.resources():
        for path in TIES.get(logical, ()):
            value = expand(templates, stack, _at(resource.get("Properties", {}), path), WORLD)
            # A published version's name ends with a fingerprint of what it froze.
            yield f"{logical} has {path} = {re.sub('Version[0-9a-f]{10}', 'Version', str(value))}"


def expected_tie_sentences() -> Iterator[str]:
    """The same, as it has to be."""
    yield from (f"{name} has {path} = {value}" for name, ties in TIES.items() for path, value in ties.items())


def _at(value: Any, path: str) -> Any:
    for each in path.split("/"):
        if isinstance(value, list):
            value = value[int(each)] if int(each) < len(value) else None
        else:
            value = value.get(each) if isinstance(value, dict) else None
    return value
