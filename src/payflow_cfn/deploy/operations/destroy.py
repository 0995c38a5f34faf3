"""Destroy a deployed stack: respect its protection, list the resources that stay, follow the deletion to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.data_resources import TABLE
from payflow_cfn.deploy.changeset.delete_stack import await_removal, remove_stack
from payflow_cfn.deploy.changeset.stack_policy import set_termination_protection
from payflow_cfn.deploy.changeset.wait import Pace
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.events import OnEvent, ignore
from payflow_cfn.deploy.cloudformation.stack import Stack, StackResource, list_resources, look_up_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import rule_for
from payflow_cfn.deploy.operations.retained_resources import Retained, bring_back, imports, what_stays
from payflow_cfn.errors import BusyError, DeployError


@dataclass(frozen=True, slots=True)
class Destruction:
    """What destroying a stack would do, or did: `deleted` and `retained` do not overlap."""

    stack_name: str
    stack_id: str
    status: str
    deleted: tuple[StackResource, ...]
    retained: tuple[Retained, ...]
    changed: bool = False

    @property
    def text(self) -> str:
        """What will be deleted, what stays, and how to import that again."""
        lines = [f"{self.stack_name} ({self.status}): {len(self.deleted)} resources will be deleted"]
        lines += [bring_back(self.retained, stack_name=self.stack_name)] if self.retained else []
        return "\n".join(lines)

    @property
    def kept_tables(self) -> tuple[str, ...]:
        """The names of the tables that stay."""
        return tuple(each.physical_id for each in self.retained if each.resource_type == TABLE)

    @property
    def data(self) -> dict[str, Any]:
        """The same for JSON; `imports` is the list that imports the retained resources into a stack again."""
        kept = [{"path": each.path, "type": each.resource_type, "id": each.physical_id} for each in self.retained]
        return {
            "stack_name": self.stack_name,
            "status": self.status,
            "deleted": ["/".join(each.path) for each in self.deleted],
            "retained": kept,
            "imports": imports(self.retained),
        }


def destroy(
    cloudformation: CloudFormationClient,
    *,
    stack_name: str,
    role_arn: str = "",
    lift_protection: bool = False,
    confirm: Callable[[Destruction], bool] | None = None,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Destruction:
    """Delete the stack and all that is nested in it, except the resources that its templates retain.

    A missing stack and a declined `confirm` are not errors: `changed` is then False. DeployError when termination
    protection is on (`lift_protection` turns it off first), when the stack's status forbids it, or when it fails.
    BusyError while another operation runs; a running deletion is waited for.
    """
    pace = pace or Pace()
    stack = look_up_stack(cloudformation, stack_name)
    action = rule_for(stack.status if stack else None).destroy
    if stack is None or action == "done":
        return Destruction(stack_name, stack.stack_id if stack else "", "DELETE_COMPLETE", (), ())
    _check(stack, lift_protection=lift_protection)
    plan = plan_destroy(cloudformation, stack)
    if action == "wait":
        await_removal(cloudformation, stack, on_event=on_event, pace=pace)
        return _done(plan)
    if confirm is not None and not confirm(plan):
        return plan
    set_termination_protection(cloudformation, stack, False)
    remove_stack(cloudformation, stack, role_arn=role_arn, on_event=on_event, pace=pace)
    return _done(plan)


def plan_destroy(cloudformation: CloudFormationClient, stack: Stack) -> Destruction:
    """What destroying the stack would delete and what would stay; nothing is changed."""
    with explained("reading the resources", stack_name=stack.name):
        retained = what_stays(cloudformation, stack.stack_id)
        kept = {each.path for each in retained}
        every = tuple(list_resources(cloudformation, stack.stack_id))
    deleted = tuple(each for each in every if each.path not in kept and each.status != "DELETE_COMPLETE")
    return Destruction(stack.name, stack.stack_id, stack.status, deleted, retained)


def _check(stack: Stack, *, lift_protection: bool) -> None:
    rule = rule_for(stack.status)
    if rule.destroy == "refuse":
        raise DeployError(
            f"the stack {stack.name} is in {stack.status}: {rule.why}", remedy=rule.remedy, status=stack.status
        )
    if rule.destroy == "wait" and stack.status != "DELETE_IN_PROGRESS":
        raise BusyError(f"the stack {stack.name} is busy: {rule.why}", remedy="wait for it to end", status=stack.status)
    if stack.protected and not lift_protection:
        raise DeployError(
            f"the stack {stack.name} has termination protection",
            remedy="to delete it in spite of that: `payflow destroy --lift-protection`",
            stack_name=stack.name,
        )
    if stack.parent_id:
        raise DeployError(f"the stack {stack.name} is nested in another", remedy="destroy its root", root=stack.root_id)


def _done(plan: Destruction) -> Destruction:
    return Destruction(plan.stack_name, plan.stack_id, "DELETE_COMPLETE", plan.deleted, plan.retained, changed=True)
