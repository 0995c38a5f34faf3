"""The stack of the KMS keys: one for each service that holds data at rest."""

from __future__ import annotations

from typing import Any

from troposphere import AccountId, GetAtt, Ref, Template

from payflow_cfn.config import names
from payflow_cfn.config.names import Name
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.customer_resources import KEYS
from payflow_cfn.stacks.policies import resources
from payflow_cfn.stacks.policies.documents import document
from payflow_cfn.stacks.template_base import add_outputs, alarm_arns, alias, arn, host, key, named, new_template


def encryption_stack(settings: Settings) -> Template:
    """Five keys with their aliases, less existing ones; a key's policy names only services that use it themselves."""
    template = new_template("encryption", "KMS keys")
    given = {KEYS[each] for each in settings.existing_keys}
    for title, name, purpose, statements in key_policies():
        if title in given:
            continue
        policy = document(resources.administer_key(arn("iam", "root", region=False)), *statements)
        made = template.add_resource(key(title, purpose=purpose, policy=policy, settings=settings))
        template.add_resource(alias(made, name=named(name)))
        add_outputs(template, {f"{title}Id": Ref(made), f"{title}Arn": GetAtt(made, "Arn")})
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
                resources.let_alarms_use_key(AccountId, alarm_arns=alarm_arns()),
                resources.let_topic_use_key(AccountId, topic_arn=topic),
            ],
        ),
        (
            "CloudwatchKey",
            names.CLOUDWATCH_ALIAS,
            "Log events at rest in CloudWatch Logs",
            [resources.let_logs_use_key(host("logs"), log_group_arns=groups)],
        ),
        ("LambdaKey", names.LAMBDA_ALIAS, "Function environments and the gateway's API key", []),
        (
            "StatesKey",
            names.STATES_ALIAS,
            "Definition and execution history in Step Functions",
            [resources.let_log_delivery_use_key(logs_arn=arn("logs", "*"))],
        ),
    ]
