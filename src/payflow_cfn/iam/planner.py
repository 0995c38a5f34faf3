"""Permissions of a planner: make, read and discard change sets; execute none."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.aws.s3_urls import checked_prefix
from payflow_cfn.config import names
from payflow_cfn.iam.grants import Conditions, Grant, grant, merged, under
from payflow_cfn.iam.reader import count_grants, findings_grants
from payflow_cfn.iam.scope import FUNCTION_ROLES, FUNCTIONS, Scope, unique
from payflow_cfn.iam.targets import by_alias, keys, passed_to, read_objects, use_bucket_key

# CloudFormation's own calls carry it, with a service role and without
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/fas-requests-and-permission-evaluation.html).
VIA_CLOUDFORMATION: Conditions = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}


def planner_grants(scope: Scope, *, service_role: str) -> list[Grant]:
    """The permissions of `plan`, also with `--keep` and `--discard`, and of `status`.

    Not: to execute a change set, to store code in the bucket, and to delete a stack. IAM cannot tell an empty stack,
    which the plan of a first deploy creates, from another one, so that the empty stacks stay.
    """
    # A change set names its service role; without one, CloudFormation makes those of the nested stacks for the caller.
    nested = under(VIA_CLOUDFORMATION, [grant("NestedChangeSets", _CHANGE_SETS, scope.nested_stacks())])
    packages = [read_objects(scope), grant("StoreTemplates", "s3:PutObject", f"{scope.objects()}.json")]
    return merged([*plan_grants(scope), *packages, *([pass_service_role(service_role)] if service_role else nested)])


def pass_service_role(arn: str) -> Grant:
    """Handing the service role to CloudFormation, and to no other service."""
    return grant("PassServiceRole", "iam:PassRole", arn, passed_to("cloudformation"))


# The last two are for the stack's own tags; the service has no calls of these names.
_CHANGE_SETS = "cloudformation:CreateChangeSet DescribeChangeSet DeleteChangeSet TagResource UntagResource"


def plan_grants(scope: Scope) -> Iterator[Grant]:
    """The calls of `plan` and `status`: package the set, look up taken names, make a change set and read it."""
    yield grant("RootStack", _CHANGE_SETS.replace(" DescribeChangeSet", ""), scope.root_stack())
    yield grant(
        "Stacks",
        "cloudformation:DescribeStacks DescribeStackEvents ListStackResources GetTemplate ListChangeSets "
        "DescribeChangeSet GetStackPolicy",
        [scope.root_stack(), *scope.nested_stacks()],
    )
    yield from findings_grants(scope)
    yield from count_grants(scope)
    yield grant(
        "Look",
        "cloudformation:ListStacks DescribeStackResources; "
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
    yield grant("LookAtDashboard", "cloudwatch:GetDashboard", scope.dashboard())
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
    yield use_bucket_key("StoreWithBucketKey", "kms:GenerateDataKey Decrypt", scope)
    # Where nobody names a bucket, the stack that `bootstrap` made says which it is.
    made = scope.arn("cloudformation", f"stack/{names.BOOTSTRAP_STACK.text(scope.environment)}/*")
    yield grant("FindBucket", "cloudformation:DescribeStacks", made)
