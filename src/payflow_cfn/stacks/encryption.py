"""The stack of the KMS keys: one for each service that holds data at rest."""

from __future__ import annotations

from typing import Any

from troposphere import AccountId, GetAtt, Ref, Template

from payflow_cfn.config import names
from payflow_cfn.config.names import Name
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import policies
from payflow_cfn.stacks.customer_resources import KEYS
from payflow_cfn.stacks.resources import kms
from payflow_cfn.stacks.template_base import add_outputs, alarm_arns, arn, host, named, new_template, tags


def encryption_stack(settings: Settings) -> Template:
    """Five keys with their aliases, less existing ones; a key's policy names only services that use it themselves."""
    template = new_template("encryption", "KMS keys")
    given = {KEYS[each] for each in settings.existing_keys}
    for title, alias, purpose, statements in key_policies():
        if title in given:
            continue
        policy = policies.document(policies.administer_key(arn("iam", "root", region=False)), *statements)
        key = template.add_resource(
            kms.key(
                title,
                purpose=purpose,
                policy=policy,
                pending_window_days=settings.key_pending_window_days,
                tags=tags(settings),
            )
        )
        template.add_resource(kms.alias(key, name=named(alias)))
        add_outputs(template, {f"{title}Id": Ref(key), f"{title}Arn": GetAtt(key, "Arn")})
    return template


def key_policies() -> list[tuple[str, Name, str, list[Any]]]:
    """Title, alias, purpose and the statements (beside the account's own) of each key."""
    topic = arn("sns", names.TOPIC.sub())
    groups = [
        arn("logs", "log-group:" + each.sub())
        for each in (names.VALIDATION_LOGS, names.PROCESSING_LOGS, names.WORKFLOW_LOGS)
    ]
    return [
        ("DynamodbKey", names.DYNAMODB_ALIAS, "Payments at rest in DynamoDB", []),
        (
            "SnsKey",
            names.SNS_ALIAS,
            "Notices at rest in SNS and SQS",
            [
                policies.let_alarms_use_key(AccountId, alarm_arns=alarm_arns()),
                policies.let_topic_use_key(AccountId, topic_arn=topic),
            ],
        ),
        (
            "CloudwatchKey",
            names.CLOUDWATCH_ALIAS,
            "Log events at rest in CloudWatch Logs",
            [policies.let_logs_use_key(host("logs"), log_group_arns=groups)],
        ),
        ("LambdaKey", names.LAMBDA_ALIAS, "Function environments and the gateway's API key", []),
        (
            "StatesKey",
            names.STATES_ALIAS,
            "Definition and execution history in Step Functions",
            [policies.let_log_delivery_use_key(logs_arn=arn("logs", "*"))],
        ),
    ]
