"""Permissions of a deployer: the calls of our commands, and those that CloudFormation makes for them."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.s3_urls import checked_prefix
from payflow_cfn.config import names
from payflow_cfn.iam.grants import Conditions, Grant, grant, merged, under
from payflow_cfn.iam.handlers import permissions
from payflow_cfn.iam.reader import findings_grants
from payflow_cfn.iam.scope import FUNCTION_ROLES, FUNCTIONS, Scope, unique
from payflow_cfn.iam.targets import by_alias, grants_for, keys, left_out, passed_to, use_bucket_key

# CloudFormation's own calls carry it, with a service role and without
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/fas-requests-and-permission-evaluation.html).
VIA_CLOUDFORMATION: Conditions = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}

# A policy for a role without the boundary would be a way around it; taking one away is not.
_BOUNDED = frozenset({"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"})


def direct_grants(scope: Scope, templates: TemplateSet) -> list[Grant]:
    """The permissions of a person who deploys without a service role, with those of the set's handlers.

    Those hold only for calls that CloudFormation makes; nobody deletes a function by hand with them.
    """
    handlers = (
        Grant(f"Handle{each.sid}", each.actions, each.resources, each.conditions)
        for each in under(VIA_CLOUDFORMATION, handler_grants(scope, templates))
        if each.sid not in ("ReadPackages", "ReadWithBucketKey")  # who stores packages reads them anyway
    )
    return merged([*_own_calls(scope), *handlers])


def caller_grants(scope: Scope, *, service_role: str) -> list[Grant]:
    """The permissions of a deployer with a service role: own calls, and passing that role to CloudFormation."""
    handed = grant("PassServiceRole", "iam:PassRole", service_role, passed_to("cloudformation"))
    return merged([*_own_calls(scope), handed])


def handler_grants(scope: Scope, templates: TemplateSet) -> list[Grant]:
    """The permissions of the service role: those of the set's handlers, and to read packaged sets."""
    found = [
        each
        for kind, actions in permissions(templates).items()
        for each in grants_for(kind, _of_parameters(actions, scope), scope)
    ]
    read = use_bucket_key("ReadWithBucketKey", "kms:Decrypt", scope)
    return list(_with_boundary(merged([*found, read]), scope))


def not_granted(scope: Scope, templates: TemplateSet) -> list[str]:
    """What an extension's types or newer schemas need and has no grant here; empty for the described set."""
    return sorted(
        f"{kind} {action}"
        for kind, actions in permissions(templates).items()
        for action in left_out(kind, actions, scope) or (() if actions else ("all: cfn-lint has no schema of it",))
    )


def _of_parameters(actions: frozenset[str], scope: Scope) -> frozenset[str]:
    return actions if scope.boundary else actions - {"iam:PutRolePermissionsBoundary"}


def _with_boundary(grants: list[Grant], scope: Scope) -> Iterator[Grant]:
    for each in grants:
        if each.sid != "Roles" or not scope.boundary:
            yield each
            continue
        policy = f"arn:{scope.partition}:iam::{scope.account}:policy/{scope.boundary}"
        bounded: Conditions = {"StringEquals": {"iam:PermissionsBoundary": policy}}
        yield Grant("Roles", each.actions - _BOUNDED, each.resources)
        yield Grant("BoundedRoles", each.actions & _BOUNDED, each.resources, bounded)


def _own_calls(scope: Scope) -> Iterator[Grant]:
    """The calls of our commands: package, plan, deploy, drift, recover, destroy, and the look-up of taken names."""
    yield grant(
        "RootStack",
        "cloudformation:CreateChangeSet ExecuteChangeSet DeleteChangeSet "
        "UpdateTerminationProtection DeleteStack ContinueUpdateRollback RollbackStack TagResource UntagResource",
        scope.root_stack(),
    )
    yield grant(
        "Stacks",
        "cloudformation:DescribeStacks DescribeStackEvents ListStackResources GetTemplate GetStackPolicy "
        "SetStackPolicy ListChangeSets DescribeChangeSet DetectStackDrift DescribeStackResourceDrifts",
        [scope.root_stack(), *scope.nested_stacks()],
    )
    yield from findings_grants(scope)
    yield grant(
        "Look",
        "cloudformation:GetTemplateSummary ListStacks DescribeStackDriftDetectionStatus DescribeStackResources; "
        "cloudwatch:DescribeAlarms; logs:DescribeLogGroups; sts:GetCallerIdentity",
        "*",
    )
    yield from _names_taken(scope)
    yield from _packages(scope)


def _names_taken(scope: Scope) -> Iterator[Grant]:
    def named(kind: str, *ours: str) -> tuple[str, ...]:
        """Ours and the set's, without what is part of one."""
        return unique(ours, (each for each in scope.made(kind) if not each.endswith(":*")))

    table = named("AWS::DynamoDB::Table", *scope.arns("dynamodb", "table/{}", [names.TABLE]))
    yield grant("LookAtTable", "dynamodb:DescribeTable", table)
    topic = named("AWS::SNS::Topic", *scope.arns("sns", "{}", [names.TOPIC]))
    yield grant("LookAtTopic", "sns:GetTopicAttributes", topic)
    queue = named("AWS::SQS::Queue", *scope.arns("sqs", "{}", [names.DEAD_LETTER_QUEUE]))
    yield grant("LookAtQueue", "sqs:GetQueueUrl", queue)
    functions = named("AWS::Lambda::Function", *scope.arns("lambda", "function:{}", FUNCTIONS))
    yield grant("LookAtFunctions", "lambda:GetFunctionConfiguration", functions)
    machine = named("AWS::StepFunctions::StateMachine", *scope.arns("states", "stateMachine:{}", [names.STATE_MACHINE]))
    yield grant("LookAtWorkflow", "states:DescribeStateMachine", machine)
    roles = named("AWS::IAM::Role", *scope.roles([*FUNCTION_ROLES, names.WORKFLOW_ROLE]))
    yield grant("LookAtRoles", "iam:GetRole", roles)
    # By its name before it is made; afterwards with the hyphen and six characters that Secrets Manager puts behind it.
    pairs = (scope.arns("secretsmanager", each, [names.GATEWAY_SECRET]) for each in ("secret:{}", "secret:{}-??????"))
    secrets = named("AWS::SecretsManager::Secret", *(each for pair in pairs for each in pair))
    yield grant("LookAtSecret", "secretsmanager:DescribeSecret", secrets)
    yield grant("LookAtKeys", "kms:DescribeKey", keys(scope), by_alias(scope.aliases()))


def _packages(scope: Scope) -> Iterator[Grant]:
    bucket = f"arn:{scope.partition}:s3:::{scope.bucket}"
    # The look at the bucket itself says no prefix (HeadBucket).
    within: Conditions = {"StringLikeIfExists": {"s3:prefix": f"{checked_prefix(scope.prefix)}*"}}
    yield grant("ListPackages", "s3:ListBucket", bucket, within)
    yield grant("StorePackages", "s3:PutObject GetObject", scope.objects())
    yield use_bucket_key("StoreWithBucketKey", "kms:GenerateDataKey Decrypt", scope)
    # Where nobody names a bucket, the stack that `bootstrap` made says which it is.
    made = scope.arn("cloudformation", f"stack/{names.BOOTSTRAP_STACK.text(scope.environment)}/*")
    yield grant("FindBucket", "cloudformation:DescribeStacks", made)
