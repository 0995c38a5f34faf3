"""Rules about who may use which key and topic, and about wildcards in policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from payflow_cfn.check.expand import World, expand, resource_arn
from payflow_cfn.check.findings import Finding, error, nothing
from payflow_cfn.check.templates import Place, TemplateSet, listed, walk
from payflow_cfn.policies import WILDCARDS

_HOME = World()
_STRANGERS = (World(environment="dev2"), World(region="us-east-1"), World(account="999999999999"))
_CONTEXT = "kms:EncryptionContext:aws:logs:arn"


def alarms_reach_topics(templates: TemplateSet) -> Iterator[Finding]:
    """PF020: an alarm may publish to its topic, and use the key of that topic.

    CloudWatch calls KMS itself, so a key that admits only the account loses every notice without an error
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
    """
    seen = False
    for stack, logical, resource in templates.resources("AWS::CloudWatch::Alarm"):
        for action in listed(resource.get("Properties", {}).get("AlarmActions")):
            seen = True
            for problem in _publishing_problems(templates, stack, logical, action):
                yield error("PF020", stack=stack, path=f"Resources/{logical}/Properties/AlarmActions", message=problem)
    if not seen:
        yield nothing("PF020", "alarm action")


def _publishing_problems(templates: TemplateSet, stack: str, logical: str, action: Any) -> Iterator[str]:
    topic = templates.origin(stack, action)
    if topic is None or templates.resource(topic).get("Type") != "AWS::SNS::Topic":
        yield "the action is not a topic of this set"
        return
    source = resource_arn(templates, stack, logical, _HOME)
    policies = list(_policies_of(templates, topic, "AWS::SNS::TopicPolicy", "Topics"))
    if not any(_admits(templates, where, policy, ("sns:Publish",), source) for where, policy in policies):
        yield "no topic policy lets this alarm publish"
    key_arn = templates.resource(topic).get("Properties", {}).get("KmsMasterKeyId")
    if templates.given_key(topic.stack, key_arn):
        return
    key = templates.origin(topic.stack, key_arn)
    if key is None or templates.resource(key).get("Type") != "AWS::KMS::Key":
        yield "the topic has no key of this set"
        return
    policy = templates.resource(key)["Properties"].get("KeyPolicy", {})
    if not _admits(templates, key.stack, policy, ("kms:Decrypt", "kms:GenerateDataKey"), source):
        yield "the topic's key does not admit this alarm"


def _policies_of(templates: TemplateSet, target: Place, kind: str, field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for stack, _, resource in templates.resources(kind):
        properties = resource.get("Properties", {})
        if any(templates.origin(stack, each) == target for each in listed(properties.get(field))):
            yield stack, properties.get("PolicyDocument", {})


def _admits(
    templates: TemplateSet, stack: str, policy: Mapping[str, Any], wanted: tuple[str, ...], source: str
) -> bool:
    found = [expand(templates, stack, each, _HOME) for each in listed(policy.get("Statement"))]
    return all(any(_allows(each, action, source) for each in found) for action in wanted)


def _allows(statement: Mapping[str, Any], action: str, source: str) -> bool:
    principal = statement.get("Principal", {})
    services = listed(principal.get("Service")) if isinstance(principal, dict) else []
    return (
        statement.get("Effect") == "Allow"
        and "cloudwatch.amazonaws.com" in services
        and any(fnmatchcase(action, each) for each in listed(statement.get("Action")))
        and all(_condition_met(key, values, source) for key, values in _conditions(statement))
    )


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    for block in statement.get("Condition", {}).values():
        for key, values in block.items():
            yield key, listed(values)


def _condition_met(key: str, values: list[Any], source: str) -> bool:
    actual = {"aws:sourcearn": source, "aws:sourceaccount": _HOME.account}.get(key.lower())
    return actual is not None and any(fnmatchcase(actual, str(each)) for each in values)


def logs_key_is_exact(templates: TemplateSet) -> Iterator[Finding]:
    """PF021: the key of a log group admits CloudWatch Logs for this environment's groups and for no other.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = list(templates.resources("AWS::Logs::LogGroup"))
    if not groups:
        yield nothing("PF021", "log group")
    for stack, logical, resource in groups:
        path = f"Resources/{logical}/Properties/KmsKeyId"
        key_arn = resource.get("Properties", {}).get("KmsKeyId")
        if templates.given_key(stack, key_arn):
            continue
        key = templates.origin(stack, key_arn)
        patterns = _logs_patterns(templates, key) if key else []
        if not any(fnmatchcase(resource_arn(templates, stack, logical, _HOME), each) for each in patterns):
            yield error(
                "PF021", stack=stack, path=path, message="the key does not admit CloudWatch Logs for this group"
            )
        for world in _STRANGERS:
            if any(fnmatchcase(resource_arn(templates, stack, logical, world), each) for each in patterns):
                yield error(
                    "PF021",
                    stack=stack,
                    path=path,
                    message=f"the key also admits {world.environment} of {world.account} in {world.region}",
                )


def _logs_patterns(templates: TemplateSet, key: Place) -> list[str]:
    policy = templates.resource(key).get("Properties", {}).get("KeyPolicy", {})
    found: list[str] = []
    for raw in listed(policy.get("Statement")):
        each = expand(templates, key.stack, raw, _HOME)
        principal = each.get("Principal", {})
        services = listed(principal.get("Service")) if isinstance(principal, dict) else []
        if f"logs.{_HOME.region}.{_HOME.suffix}" in services and each.get("Effect") == "Allow":
            given = [value for name, values in _conditions(each) if name == _CONTEXT for value in values]
            found.extend(given or ["*"])
    return found


def wildcards_are_known(templates: TemplateSet) -> Iterator[Finding]:
    """PF022: a wildcard stands only in statements that policies.WILDCARDS justifies by Sid.

    In a key policy the Resource `*` means the key itself, so there only actions and principals count. A `*` at the end
    of a KMS action (`kms:GenerateDataKey*`) is AWS's own spelling for a family.
    """
    seen = False
    for stack, logical, resource in templates.resources():
        for path, statement in walk(resource.get("Properties", {}), f"Resources/{logical}/Properties"):
            if not isinstance(statement, dict) or "Effect" not in statement:
                continue
            seen = True
            if _wild(statement, key="/KeyPolicy/" in path) and statement.get("Sid") not in WILDCARDS:
                yield error("PF022", stack=stack, path=path, message="the statement has a wildcard without a reason")
    if not seen:
        yield nothing("PF022", "policy statement")


def _wild(statement: Mapping[str, Any], *, key: bool) -> bool:
    actions = [each for each in listed(statement.get("Action")) if isinstance(each, str)]
    if any(each == "*" or each.endswith(":*") for each in actions) or "NotAction" in statement:
        return True
    if any("*" in each and not each.startswith("kms:") for each in actions):
        return True
    principal = statement.get("Principal")
    if principal == "*" or (isinstance(principal, dict) and any("*" in listed(each) for each in principal.values())):
        return True
    return not key and "*" in listed(statement.get("Resource"))
