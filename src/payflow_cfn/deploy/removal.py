"""Delete one stack and wait for it by its id: by name it is gone as soon as it is deleted (O12)."""

from __future__ import annotations

from typing import Any

from payflow_cfn.deploy.events import OnEvent, Started
from payflow_cfn.deploy.faults import explained
from payflow_cfn.deploy.outcome import explain
from payflow_cfn.deploy.stack import Stack
from payflow_cfn.deploy.wait import Pace, follow_to_end
from payflow_cfn.errors import DeployError

_GRACE = 2.0  # seconds


def remove_stack(cloudformation: Any, stack: Stack, *, role_arn: str, on_event: OnEvent, pace: Pace) -> None:
    """Delete the stack; DeployError with the first cause when something in it could not be deleted."""
    role = {"RoleARN": role_arn} if role_arn else {}
    with explained("the deletion", stack_name=stack.name):
        cloudformation.delete_stack(StackName=stack.stack_id, **role)
    on_event(Started(stack.name, stack.stack_id, "DELETE"))
    await_removal(cloudformation, stack, on_event=on_event, pace=pace)


def await_removal(cloudformation: Any, stack: Stack, *, on_event: OnEvent, pace: Pace) -> None:
    """Wait until a stack that is being deleted is gone."""
    started = pace.clock()

    def ended(now: Stack | None) -> bool:
        if now is None or now.status == "DELETE_COMPLETE":
            return True
        # A stack that failed to be deleted before still says so for a moment after it was asked again.
        return now.status == "DELETE_FAILED" and (stack.status != "DELETE_FAILED" or pace.clock() - started > _GRACE)

    gone, status = follow_to_end(
        cloudformation, stack, opening="DELETE_IN_PROGRESS", ended=ended, on_event=on_event, pace=pace
    )
    if status != "DELETE_COMPLETE" and gone is not None:
        found = explain(cloudformation, gone)
        why = found.cause.text if found and found.cause else (gone.reason or "no reason was given")
        raise DeployError(
            f"the stack {stack.name} could not be deleted, it is in {status}: {why}",
            remedy=(found.cause.hint if found and found.cause else "") or "mend what is named, then destroy again",
            stack_name=stack.name,
            stack_id=stack.stack_id,
            status=status,
            diagnosis=found,
        )
