"""The resources of each handler permission: our names, or resources of another service that a type needs."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.config import names
from payflow_cfn.iam.grants import Conditions, Grant, both, grant
from payflow_cfn.iam.scope import ALARMS, ALIASES, FORMS, FUNCTION_LOGS, FUNCTION_ROLES, Scope, unique
from payflow_cfn.iam.wildcards import WILDCARDS

# Types that encrypt with a key, its purpose, and the service that asks KMS in the deployer's name ("" where any may).
_KEY_USERS = {
    "AWS::DynamoDB::Table": ("UseTableKey", "dynamodb", "dynamodb"),
    "AWS::Lambda::Function": ("UseFunctionKey", "lambda", "lambda"),
    "AWS::SecretsManager::Secret": ("UseSecretKey", "lambda", "secretsmanager"),
    "AWS::StepFunctions::StateMachine": ("UseWorkflowKey", "states", ""),
}
_CODE_SIGNING = frozenset({"lambda:GetCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig"})
_TRUSTED = {
    "AWS::Events::Rule": "events",
    "AWS::Lambda::Function": "lambda",
    "AWS::Scheduler::Schedule": "scheduler",
    "AWS::StepFunctions::StateMachine": "states",
}
_PASSED = {"lambda": "PassFunctionRoles", "states": "PassWorkflowRole"}
_MAPPING = "AWS::Lambda::EventSourceMapping"
# Types without a name whose permissions are those on a resource that has one; nothing is granted for any other type.
_BESIDE = frozenset({
    "AWS::CloudFormation::Stack", "AWS::Events::EventBusPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy",
    "AWS::KMS::Alias", "AWS::KMS::Key", "AWS::Lambda::Alias", "AWS::Lambda::EventInvokeConfig", _MAPPING,
    "AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::Lambda::Version", "AWS::Logs::LogStream",
    "AWS::Logs::MetricFilter", "AWS::Logs::QueryDefinition", "AWS::Logs::ResourcePolicy",
    "AWS::Logs::SubscriptionFilter", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::TopicInlinePolicy",
    "AWS::SNS::TopicPolicy", "AWS::SQS::QueueInlinePolicy", "AWS::SQS::QueuePolicy",
    "AWS::CloudWatch::AlarmMuteRule", "AWS::SecretsManager::ResourcePolicy", "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
})  # fmt: skip

# Granted for a role or for packaged sets, and not for what the set makes.
_NOT_BY_NAME = frozenset({"iam:PassRole", "s3:GetObject", "s3:GetObjectVersion"})

# Granted on `*` to the caller, but checked on nested stacks by their own ids.
_BY_ID = frozenset({"cloudformation:DescribeStackResources"})


def grants_for(kind: str, actions: frozenset[str], scope: Scope) -> Iterator[Grant]:
    """The grants of one resource type; those of a type or a service without a place here are left out."""
    if kind not in FORMS and kind not in _BESIDE:
        return
    if kind == _MAPPING:
        yield from _mapping_grants(actions, scope)
        actions = frozenset(each for each in actions if not each.startswith("lambda:"))
    by_key = frozenset(each for each in actions if each.startswith("kms:") and each != "kms:ListAliases")
    wild = actions & WILDCARDS.keys() - by_key - _BY_ID
    yield Grant("WithoutResourceLevel", wild, ("*",))
    yield from _key_grants(kind, by_key, scope)
    if "iam:PassRole" in actions and kind in _TRUSTED and (passing := pass_role(_TRUSTED[kind], scope)):
        yield passing
    yield Grant("CodeSigning", actions & _CODE_SIGNING, (scope.arn("lambda", "code-signing-config:*"),))
    if "s3:GetObject" in actions:
        yield read_objects(scope)
    for service, (sid, resources) in {**_owned(scope), **_of_kind(kind, scope)}.items():
        named = frozenset(each for each in actions - wild if each.startswith(f"{service}:"))
        if resources:
            yield Grant(sid, named - _NOT_BY_NAME, resources)


def _mapping_grants(actions: frozenset[str], scope: Scope) -> Iterator[Grant]:
    """Event sources have an id alone: IAM tells them by the function that they call.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
    """
    ours: Conditions = {"ArnLike": {"lambda:FunctionArn": list(scope.functions())}}
    tags = frozenset({"lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"})
    new, every = frozenset({"lambda:CreateEventSourceMapping"}), (scope.arn("lambda", "event-source-mapping:*"),)
    yield Grant("NewEventSources", actions & new, ("*",), ours)
    others = frozenset(each for each in actions - tags - new if each.startswith("lambda:"))
    yield Grant("EventSources", others, every, ours)
    bare: Conditions = {"Null": dict.fromkeys(_tags(scope, "Resource"), "true")}
    request: Conditions = {"StringEquals": _tags(scope, "Request")}
    yield Grant("TagNewEventSources", actions & {"lambda:TagResource"}, every, both(bare, request))
    yield Grant("TagEventSources", actions & tags, every, {"StringEquals": _tags(scope, "Resource")})


def left_out(kind: str, actions: frozenset[str], scope: Scope) -> frozenset[str]:
    """The actions without a grant: a newer schema needs a service that this module does not have."""
    return actions - frozenset(action for each in grants_for(kind, actions, scope) for action in each.actions)


def _owned(scope: Scope) -> dict[str, tuple[str, tuple[str, ...]]]:
    """{service: (sid, ARNs)} of the resources that have a name: ours, and those of the set."""
    secret = scope.arns("secretsmanager", "secret:{}", [names.GATEWAY_SECRET])
    topic = scope.arns("sns", "{}", [names.TOPIC])
    ours = {
        "cloudformation": ("NestedStacks", scope.nested_stacks()),
        "cloudwatch": ("Alarms", scope.arns("cloudwatch", "alarm:{}", ALARMS)),
        "dynamodb": ("Table", scope.arns("dynamodb", "table/{}", [names.TABLE])),
        "events": ("Events", ()),
        "iam": ("Roles", scope.roles([*FUNCTION_ROLES, names.WORKFLOW_ROLE])),
        "lambda": ("Functions", scope.functions()),
        "logs": ("LogGroups", scope.log_groups([*FUNCTION_LOGS, names.WORKFLOW_LOGS])),
        "s3": ("Buckets", ()),
        "scheduler": ("Schedules", ()),
        # Secrets Manager puts a hyphen and six characters behind a secret's name; before it is made it has none.
        "secretsmanager": ("Secret", (*secret, *(f"{each}-??????" for each in secret))),
        # A subscription's ARN is its topic's and an id.
        "sns": ("Topic", (*topic, *(f"{each}:*" for each in topic))),
        "sqs": ("DeadLetterQueue", scope.arns("sqs", "{}", [names.DEAD_LETTER_QUEUE])),
        "ssm": ("Parameters", ()),
        "states": ("Workflow", scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE])),
    }
    made = {
        service: scope.made(*(kind for kind, forms in FORMS.items() if forms[0].startswith(f"{service}:")))
        for service in ours
    }
    return {service: (sid, unique(arns, made[service])) for service, (sid, arns) in ours.items()}


def _of_kind(kind: str, scope: Scope) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Types whose resources are not all of their service's: a mute rule is also checked on the alarms that it names.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
    """
    alarms = scope.arns("cloudwatch", "alarm:{}", ALARMS)
    rules = scope.arns("cloudwatch", "alarm-mute-rule:{}", names.MUTE_RULES)
    found = {
        "AWS::CloudWatch::AlarmMuteRule": ("MuteRules", (*rules, *alarms)),
        "AWS::CloudWatch::Dashboard": ("Dashboard", (scope.dashboard(),)),
    }
    return {"cloudwatch": found[kind]} if kind in found else {}


def _key_grants(kind: str, actions: frozenset[str], scope: Scope) -> Iterator[Grant]:
    if kind in _KEY_USERS:
        sid, purpose, service = _KEY_USERS[kind]
        used: Conditions = {"StringEquals": {"kms:ViaService": scope.via(service)}} if service else {}
        yield use_key(scope, sid, actions, purpose, used, ours={"StringEquals": _tags(scope, "Resource")})
    elif kind == "AWS::KMS::Alias":
        yield Grant("KeyAliases", actions, unique(scope.arns("kms", "{}", ALIASES), scope.made(kind)))
        yield from _managed(actions, scope)
    elif kind == "AWS::KMS::Key":
        yield grant("CreateKeys", "kms:CreateKey", "*", {"StringEquals": _tags(scope, "Request")})
        yield grant("TagNewKeys", "kms:TagResource", keys(scope), _new(scope))
        yield from _managed(actions - {"kms:CreateKey"}, scope)


def _managed(actions: frozenset[str], scope: Scope) -> Iterator[Grant]:
    """Grants on keys, which have no names: a new key is recognised by its tags, an older one also by its alias."""
    yield Grant("KeysByTag", actions, keys(scope), {"StringEquals": _tags(scope, "Resource")})
    yield Grant("KeysByAlias", actions, keys(scope), by_alias(scope.aliases()))


def _new(scope: Scope) -> Conditions:
    # To tag a key as it is made, the permission may not name keys
    # (https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html). A new key has neither tags nor an
    # alias; ours, once made, are recognised by those, and nobody else's key can be made ours.
    bare: dict[str, str | list[str]] = dict.fromkeys([*_tags(scope, "Resource"), "kms:ResourceAliases"], "true")
    return {"Null": bare, "StringEquals": _tags(scope, "Request")}


def _tags(scope: Scope, which: str) -> dict[str, str | list[str]]:
    return {f"aws:{which}Tag/Environment": scope.environment, f"aws:{which}Tag/Owner": scope.owner}


def keys(scope: Scope) -> tuple[str, ...]:
    """The ARN of every key; conditions limit it to ours."""
    return (scope.arn("kms", "key/*"),)


def use_key(
    scope: Scope, sid: str, actions: frozenset[str], purpose: str, conditions: Conditions, *, ours: Conditions
) -> Grant:
    """Using the key of a purpose: an existing one by its ARN, one of ours by the conditions that identify it."""
    if purpose in scope.key_arns:
        return Grant(sid, actions, (scope.key_arns[purpose],), conditions)
    return Grant(sid, actions, keys(scope), both(conditions, ours))


def by_alias(aliases: list[str]) -> Conditions:
    """The condition that a key has one of these aliases."""
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": aliases}}


def pass_role(service: str, scope: Scope) -> Grant | None:
    """Passing our roles to the one service that they trust; None where the set has no such role."""
    ours = {"lambda": FUNCTION_ROLES, "states": [names.WORKFLOW_ROLE]}.get(service, ())
    roles = unique(scope.roles(ours), scope.trusting(service))
    sid = _PASSED.get(service, f"Pass{service.capitalize()}Roles")
    return grant(sid, "iam:PassRole", roles, passed_to(service)) if roles else None


def passed_to(service: str) -> Conditions:
    """The condition that a role is passed to this service only."""
    return {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}


def use_bucket_key(sid: str, actions: str, scope: Scope) -> Grant:
    """Using the key of the artifact bucket through S3: by its ARN or alias, by default that of `bootstrap`."""
    via: Conditions = {"StringEquals": {"kms:ViaService": scope.via("s3")}}
    named = scope.bucket_key.partition(":key/")[2]
    alias = scope.bucket_key.rpartition(":")[2] or names.ARTIFACTS_ALIAS.text(scope.environment)
    if named:
        return grant(sid, actions, scope.bucket_key, via)
    return grant(sid, actions, keys(scope), both(via, by_alias([alias])))


def read_objects(scope: Scope) -> Grant:
    """Reading packaged sets: CloudFormation reads templates, and Lambda its code, with the deployer's permissions."""
    return grant("ReadPackages", "s3:GetObject", scope.objects())
