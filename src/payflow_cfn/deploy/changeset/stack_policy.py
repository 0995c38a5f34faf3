"""Guards on a deployed stack: termination protection, and a stack policy against the loss of data."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.data_resources import STACK, STATEFUL_TYPES
from payflow_cfn.config.options import Options
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, code_of, explained, refusal
from payflow_cfn.deploy.cloudformation.stack import Stack, list_resources
from payflow_cfn.errors import DeployError


def set_termination_protection(cloudformation: CloudFormationClient, stack: Stack, wanted: bool | None) -> None:
    """Turn the stack's termination protection on or off; None leaves it. No call is made if nothing changes."""
    if wanted is None or wanted == stack.protected:
        return
    with explained("the termination protection", stack_name=stack.name):
        cloudformation.update_termination_protection(StackName=stack.stack_id, EnableTerminationProtection=wanted)


def lift_deletion_protection(dynamodb: Any, tables: Iterable[str]) -> None:
    """Turn off the deletion protection of these tables; a table that is gone is skipped. Nothing is deleted."""
    for table in tables:
        try:
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        except aws_errors() as error:
            if code_of(error) != "ResourceNotFoundException":
                raise refusal(error, "the deletion protection", stack_name=table) from error


def stack_policy(*, allow_replace: Collection[str] = ()) -> str:
    """The policy that lets a stack change, but not replace or delete data resources, nor delete a nested stack.

    `allow_replace` are the logical ids that it does not protect
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html).
    """
    excepted = sorted(f"LogicalResourceId/{each.split('/')[-1]}" for each in allow_replace)
    whom: dict[str, Any] = {"NotResource": excepted} if excepted else {"Resource": "*"}
    deny = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        **whom,
        "Condition": {"StringEquals": {"ResourceType": sorted({*STATEFUL_TYPES, STACK})}},
    }
    allow = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    return json.dumps({"Statement": [allow, deny]}, separators=(",", ":"))


def protect(cloudformation: CloudFormationClient, stack_id: str, *, allow_replace: Collection[str]) -> None:
    """Put the policy on every nested stack and the root: a stack's policy does not cover its nested stacks.

    The root comes last: if the root has it, all have it.
    """
    policy = stack_policy(allow_replace=allow_replace)
    with explained("the stack policy", stack_name=stack_id):
        nested = [each.physical_id for each in list_resources(cloudformation, stack_id) if each.is_nested]
        for each in [*nested, stack_id]:
            cloudformation.set_stack_policy(StackName=each, StackPolicyBody=policy)


def is_protected(cloudformation: CloudFormationClient, stack: Stack) -> bool:
    """Whether the stack has our policy without exceptions; one request."""
    with explained("the stack policy", stack_name=stack.name):
        found = cloudformation.get_stack_policy(StackName=stack.stack_id).get("StackPolicyBody", "")
    return bool(found == stack_policy())


def put_guards(
    cloudformation: CloudFormationClient, stack: Stack, options: Options, *, unchanged: bool = False
) -> None:
    """Put the guards on a stack whose operation ended well; DeployError when only they are missing.

    On an `unchanged` stack, the policy is written only if the root has none; an update may have added nested stacks.
    """
    try:
        set_termination_protection(cloudformation, stack, options.termination_protection)
        if options.protect_stateful and not (unchanged and is_protected(cloudformation, stack)):
            protect(cloudformation, stack.stack_id, allow_replace=())
    except DeployError as error:
        raise DeployError(
            f"the stack {stack.name} is deployed, but not guarded: {error.message}",
            remedy="the same deploy again puts the guards on",
            stack_name=stack.name,
        ) from error
