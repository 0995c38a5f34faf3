"""Delete one stack and wait for it by its id: a deleted stack can no longer be read by its name."""

from __future__ import annotations

from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.history import History
from payflow_cfn.deploy.changeset.outcome import ended_badly
from payflow_cfn.deploy.changeset.wait import Pace, follow
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.events import OnEvent, Started
from payflow_cfn.deploy.cloudformation.stack import Stack

_GRACE = 2.0  # seconds


def remove_stack(
    cloudformation: CloudFormationClient, stack: Stack, *, role_arn: str, on_event: OnEvent, pace: Pace
) -> None:
    """Delete the stack; DeployError with the first cause when something in it could not be deleted."""
    role: dict[str, Any] = {"RoleARN": role_arn} if role_arn else {}
    with explained("the deletion", stack_name=stack.name):
        cloudformation.delete_stack(StackName=stack.stack_id, **role)
    on_event(Started(stack.name, stack.stack_id, "DELETE"))
    await_removal(cloudformation, stack, on_event=on_event, pace=pace)


def await_removal(cloudformation: CloudFormationClient, stack: Stack, *, on_event: OnEvent, pace: Pace) -> None:
    """Wait until a stack that is being deleted is gone."""
    started = pace.clock()

    def ended(now: Stack | None) -> bool:
        if now is None or now.status == "DELETE_COMPLETE":
            return True
        # After an earlier failed deletion, a stack still has the old status for a moment after the new call.
        return now.status == "DELETE_FAILED" and (stack.status != "DELETE_FAILED" or pace.clock() - started > _GRACE)

    left = follow(
        cloudformation,
        stack.stack_id,
        stack_name=stack.name,
        ended=ended,
        history=History(cloudformation, stack.stack_id, stack.changed_at, "DELETE_IN_PROGRESS"),
        on_event=on_event,
        pace=pace,
    )
    if left is not None and left.status != "DELETE_COMPLETE":
        what = f"the stack {stack.name} could not be deleted, it is in {left.status}"
        raise ended_badly(cloudformation, left, what, "repair that resource, then destroy again")
