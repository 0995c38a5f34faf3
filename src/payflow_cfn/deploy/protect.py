"""Guards on a deployed stack: termination protection, and a stack policy against losing what holds data."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from payflow_cfn.deploy.faults import refusal
from payflow_cfn.deploy.stack import NESTED, Stack, is_nested, list_resources
from payflow_cfn.stateful import STATEFUL_TYPES


def set_termination_protection(cloudformation: Any, stack: Stack, wanted: bool | None) -> None:
    """Make the stack's termination protection what is wanted; None leaves it, and what is already so costs no call."""
    if wanted is None or wanted == stack.protected:
        return
    try:
        cloudformation.update_termination_protection(StackName=stack.stack_id, EnableTerminationProtection=wanted)
    except Exception as error:
        raise refusal(error, "the termination protection", stack_name=stack.name) from error


def stack_policy(*, allow_replace: Collection[str] = ()) -> str:
    """The policy that lets a stack change, but not replace or delete what holds data, nor delete a nested stack.

    `allow_replace` are the logical ids left out of it
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html).
    """
    excepted = sorted(f"LogicalResourceId/{each.split('/')[-1]}" for each in allow_replace)
    whom: dict[str, Any] = {"NotResource": excepted} if excepted else {"Resource": "*"}
    deny = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        **whom,
        "Condition": {"StringEquals": {"ResourceType": sorted({*STATEFUL_TYPES, NESTED})}},
    }
    allow = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    return json.dumps({"Statement": [allow, deny]}, separators=(",", ":"))


def protect(cloudformation: Any, stack_id: str, *, allow_replace: Collection[str]) -> None:
    """Put the policy on root and every nested stack: a stack's policy says nothing about what is in its children."""
    policy = stack_policy(allow_replace=allow_replace)
    try:
        nested = [
            each.physical_id
            for each in list_resources(cloudformation, stack_id)
            if is_nested(each.resource_type, each.physical_id)
        ]
        for each in [stack_id, *nested]:
            cloudformation.set_stack_policy(StackName=each, StackPolicyBody=policy)
    except Exception as error:
        raise refusal(error, "the stack policy", stack_name=stack_id) from error
