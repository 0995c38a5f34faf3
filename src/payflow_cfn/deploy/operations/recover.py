"""Recover a stuck stack without destroying it: show what would be done, then do exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.changeset.delete_stack import remove_stack
from payflow_cfn.deploy.changeset.diagnose import Diagnosis
from payflow_cfn.deploy.changeset.history import History
from payflow_cfn.deploy.changeset.outcome import explain
from payflow_cfn.deploy.changeset.wait import Pace, follow
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.events import OnEvent, Started, ignore
from payflow_cfn.deploy.cloudformation.stack import Stack, StackResource, list_resources, need_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import OnRecover, is_over, rule_for
from payflow_cfn.errors import BusyError, DeployError

_RECOVERED = frozenset({"UPDATE_ROLLBACK_COMPLETE", "DELETE_COMPLETE"})
_GRACE = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Recovery:
    """What `recover` would do to a stack, and why; `stuck` are the resources whose rollback failed.

    `skip` are the resources that are given up, by CloudFormation's names: the logical id, or
    `NestedStackName.LogicalId` in a nested stack.
    """

    stack: Stack
    action: OnRecover
    text: str
    stuck: tuple[StackResource, ...] = ()
    skip: tuple[str, ...] = ()
    diagnosis: Diagnosis | None = None


def plan_recovery(
    cloudformation: CloudFormationClient, *, stack_name: str, skip: Sequence[str] = (), remove: bool = False
) -> Recovery:
    """Decide how to recover the stack; nothing is changed.

    `skip` names resources to give up in a rollback that cannot be finished, by logical id or by path
    (`Storage/Table` or `Storage.Table`). `remove` allows to delete a stack whose first create failed; AWS's rollback
    would delete it, too (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html).
    DeployError when nothing can be done, BusyError while an operation runs.
    """
    stack = need_stack(cloudformation, stack_name)
    rule = rule_for(stack.status)
    if rule.recover == "nothing":
        return Recovery(stack, "nothing", f"{stack.name} is {stack.status}: {rule.why}; there is nothing to recover")
    if rule.recover == "wait":
        raise BusyError(f"the stack {stack.name} is busy: {rule.why}", remedy="wait for it to end", status=stack.status)
    if rule.recover == "refuse":
        raise DeployError(f"the stack {stack.name} is in {stack.status}: {rule.why}", remedy=rule.remedy)
    if rule.recover == "remove":
        return _removal(cloudformation, stack, remove=remove)
    return _rollback(cloudformation, stack, rule.recover, skip=skip)


def recover(
    cloudformation: CloudFormationClient,
    recovery: Recovery,
    *,
    role_arn: str = "",
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Stack | None:
    """Do what `plan_recovery` decided, and wait; the stack as it then is (None: deleted), or a DeployError."""
    pace = pace or Pace()
    stack = recovery.stack
    if recovery.action == "nothing":
        return stack
    if recovery.action == "remove":
        remove_stack(cloudformation, stack, role_arn=role_arn, on_event=on_event, pace=pace)
        return None
    _roll_back(cloudformation, recovery, role_arn=role_arn)
    on_event(Started(stack.name, stack.stack_id, "ROLLBACK"))
    return _settled(cloudformation, stack, on_event=on_event, pace=pace)


def _removal(cloudformation: CloudFormationClient, stack: Stack, *, remove: bool) -> Recovery:
    left = tuple(each for each in _resources(cloudformation, stack) if each.status != "DELETE_COMPLETE")
    if stack.status == "REVIEW_IN_PROGRESS" and any(each.physical_id for each in left):
        raise DeployError(
            f"the stack {stack.name} was never deployed, yet it has resources", remedy="look at it by hand"
        )
    found = explain(cloudformation, stack)
    what = f"deletes {stack.name} ({rule_for(stack.status).why}), which has {len(left)} resources"
    if not remove:
        raise DeployError(
            f"recovering {stack.name} means deleting it: {rule_for(stack.status).why}",
            remedy="`payflow recover --remove` does that",
            status=stack.status,
            diagnosis=found,
        )
    return Recovery(stack, "remove", what, stuck=left, diagnosis=found)


def _rollback(
    cloudformation: CloudFormationClient, stack: Stack, action: OnRecover, *, skip: Sequence[str]
) -> Recovery:
    found = explain(cloudformation, stack)
    failed = found.rollback_cause.path if found and found.rollback_cause else ()
    stuck = tuple(each for each in _resources(cloudformation, stack) if _is_stuck(each) or each.path == failed)
    names = tuple(_skip_name(each, stuck) for each in skip)
    if names and action != "continue-rollback":
        raise DeployError(f"nothing can be skipped in {stack.status}", remedy="recover without --skip")
    how = "continues the rollback of the failed update" if action == "continue-rollback" else "rolls back what failed"
    text = f"{how} of {stack.name}; data and resources stay as they were before the update"
    if stuck:
        text += "; stuck: " + "; ".join(f"{'/'.join(each.path)}: {each.reason or _why(found)}" for each in stuck)
    if names:
        text += (
            f"; gives up {', '.join(names)}: CloudFormation then counts them as rolled back although they are not, "
            "so compare them with the template (`payflow drift`) before the next deploy"
        )
    return Recovery(stack, action, text, stuck, names, found)


def _why(found: Diagnosis | None) -> str:
    return found.rollback_cause.reason if found and found.rollback_cause else "no reason was given"


def _is_stuck(each: StackResource) -> bool:
    return each.status in ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "CREATE_FAILED") and each.resource_type != STACK


def _skip_name(wanted: str, stuck: Sequence[StackResource]) -> str:
    """The name by which CloudFormation lets a resource be skipped.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html: only resources in
    UPDATE_FAILED, and those of nested stacks with the nested stack's own name before them.
    """
    for each in stuck:
        name = each.logical_id if len(each.path) == 1 else f"{_stack_name(each.stack_id)}.{each.logical_id}"
        if wanted in (each.logical_id, "/".join(each.path), ".".join(each.path), name):
            return name
    known = ", ".join("/".join(each.path) for each in stuck) or "none"
    raise DeployError(f"{wanted} is not stuck, so it cannot be skipped", remedy=f"stuck resources: {known}")


def _stack_name(stack_id: str) -> str:
    return stack_id.split(":stack/")[-1].split("/")[0]


def _roll_back(cloudformation: CloudFormationClient, recovery: Recovery, *, role_arn: str) -> None:
    stack = recovery.stack
    more: dict[str, Any] = {"RoleARN": role_arn} if role_arn else {}
    with explained("the rollback", stack_name=stack.name):
        if recovery.action == "continue-rollback":
            more |= {"ResourcesToSkip": list(recovery.skip)} if recovery.skip else {}
            cloudformation.continue_update_rollback(StackName=stack.stack_id, **more)
        else:
            cloudformation.rollback_stack(StackName=stack.stack_id, **more)


def _settled(cloudformation: CloudFormationClient, stack: Stack, *, on_event: OnEvent, pace: Pace) -> Stack | None:
    begun, moved = pace.clock(), False

    def ended(now: Stack | None) -> bool:
        nonlocal moved
        moved = moved or now is None or now.status != stack.status or now.changed_at != stack.changed_at
        # The status of the old failure stays for a moment; if it stays longer, the rollback has failed again.
        return now is None or (is_over(now.status) and (moved or pace.clock() - begun > _GRACE))

    now = follow(
        cloudformation,
        stack.stack_id,
        stack_name=stack.name,
        ended=ended,
        history=History(cloudformation, stack.stack_id, stack.changed_at, "ROLLBACK_IN_PROGRESS"),
        on_event=on_event,
        pace=pace,
    )
    status = now.status if now else "DELETE_COMPLETE"
    if status in _RECOVERED:
        return now
    found = explain(cloudformation, stack)
    cause = (found.rollback_cause or found.cause) if found else None
    raise DeployError(
        f"the stack {stack.name} is still in {status}: {cause.text if cause else 'no reason was given'}",
        remedy="repair that resource, or give it up with --skip",
        status=status,
        diagnosis=found,
    )


def _resources(cloudformation: CloudFormationClient, stack: Stack) -> tuple[StackResource, ...]:
    with explained("reading the resources", stack_name=stack.name):
        return tuple(list_resources(cloudformation, stack.stack_id))
