"""A small evaluator of IAM policies: what they say of one request, and what each call of a client asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from operator import eq
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as IAM sees it."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def allowed(statements: Iterable[Mapping[str, Any]], asked: Asked) -> bool:
    """Whether any statement (all of them allow) admits the request."""
    return any(
        asked.action in each["Action"]
        and any(fnmatchcase(asked.resource, pattern) for pattern in each["Resource"])
        and all(_met(key, block, asked.context) for key, block in each.get("Condition", {}).items())
        for each in statements
    )


def _met(operator: str, block: Mapping[str, Any], context: Mapping[str, tuple[str, ...]]) -> bool:
    if operator == "Null":
        return all(bool(context.get(key)) is (wanted == "false") for key, wanted in block.items())
    if operator == "ForAllValues:StringEquals":
        return all(set(context.get(key, ())) <= set(wanted) for key, wanted in block.items())
    if_exists = operator.endswith("IfExists")
    kind = operator.removesuffix("IfExists").removeprefix("ForAnyValue:")
    match: Callable[[str, str], bool] = {"StringEquals": eq, "StringLike": fnmatchcase, "ArnLike": fnmatchcase}[kind]
    for key, wanted in block.items():
        values = [wanted] if isinstance(wanted, str) else wanted
        found = context.get(key, ())
        if not found and if_exists:
            continue
        if not any(match(value, pattern) for value in found for pattern in values):
            return False
    return True


Resolve = Callable[[str], str]

# Asked of no resource: a template, an operation, the owner of a name, the account.
_OF_NONE = frozenset({
    "cloudformation:ListStacks",
    "cloudformation:GetTemplateSummary", "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStackResources", "cloudwatch:DescribeAlarms", "logs:DescribeLogGroups",
    "sts:GetCallerIdentity",
})  # fmt: skip

_BY_NAME = {
    "DashboardName": "cloudwatch::{account}:dashboard/",
    "logGroupName": "logs:{region}:{account}:log-group:",
    "TableName": "dynamodb:{region}:{account}:table/",
    "FunctionName": "lambda:{region}:{account}:function:",
    "QueueName": "sqs:{region}:{account}:",
    "SecretId": "secretsmanager:{region}:{account}:secret:",
    "RoleName": "iam::{account}:role/",
}


def asked_by(service: str, operation: str, call: Mapping[str, Any], *, region: str, stack_of: Resolve) -> Asked:
    """What a client's call asks IAM for; `stack_of` finds the stack's ARN of a stack's name or of a change set."""
    service = {"monitoring": "cloudwatch"}.get(service, service)
    action = f"{service}:{operation}"
    if action in _OF_NONE:
        return Asked(action, "*")
    if service == "s3":
        return _of_bucket(operation, call)
    if action == "cloudformation:DescribeEvents" and "ChangeSetName" in call:
        return Asked(action, call["ChangeSetName"])
    if service == "cloudformation":
        return Asked(action, stack_of(call.get("StackName") or call["ChangeSetName"]))
    if service == "kms":
        return Asked(action, f"arn:aws:kms:{region}:123456789012:key/1", {"kms:ResourceAliases": (call["KeyId"],)})
    if action == "lambda:Invoke":
        return Asked("lambda:InvokeFunction", call["FunctionName"])
    return Asked(action, _named(call, region), _read_by(call) if action == "dynamodb:Query" else {})


def _read_by(call: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The attributes that a query of our own names, and what it selects; all that an index has without a word."""
    condition = call["KeyConditionExpression"].split()[0]
    projected = call.get("ProjectionExpression", "").replace(",", " ").split()
    return {
        "dynamodb:Attributes": (condition, *projected),
        "dynamodb:Select": (call.get("Select", "ALL_PROJECTED_ATTRIBUTES"),),
    }


def _named(call: Mapping[str, Any], region: str) -> str:
    """The ARN of what the call names."""
    if "IndexName" in call:
        call = {"TableName": f"{call['TableName']}/index/{call['IndexName']}"}
    for key, start in _BY_NAME.items():
        if key in call:
            return f"arn:aws:{start.format(region=region, account='123456789012')}{call[key]}"
    return next(str(value) for key, value in call.items() if key.lower().endswith("arn"))


def _of_bucket(operation: str, call: Mapping[str, Any]) -> Asked:
    bucket = f"arn:aws:s3:::{call['Bucket']}"
    if operation in ("ListObjectsV2", "HeadBucket"):
        prefix = {"s3:prefix": (call["Prefix"],)} if "Prefix" in call else {}
        return Asked("s3:ListBucket", bucket, prefix)
    return Asked(f"s3:{operation}", f"{bucket}/{call['Key']}")
