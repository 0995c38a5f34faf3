"""The result of an operation: the deployment, or the error with its diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.change_set import ChangeSet
from payflow_cfn.deploy.changeset.diagnose import Diagnosis, diagnose, diagnosis_of
from payflow_cfn.deploy.changeset.origins import with_origins
from payflow_cfn.deploy.changeset.read_tree import status_reason
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import Stack
from payflow_cfn.deploy.cloudformation.stack_statuses import GOOD_ENDS, StateRule
from payflow_cfn.errors import DeployError


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack; `changed` is False when there was nothing to do, or when a person declined."""

    stack_id: str
    status: str
    changed: bool
    outputs: Mapping[str, str]
    declined: bool = False


def deployment(stack: Stack, *, changed: bool, declined: bool = False) -> Deployment:
    """The result for a stack whose operation ended well."""
    return Deployment(stack.stack_id, stack.status, changed, dict(sorted(stack.outputs.items())), declined)


def concluded(
    cloudformation: CloudFormationClient, stack: Stack | None, *, changed: bool, stack_name: str
) -> Deployment:
    """The deployment of a stack whose operation ended, or the DeployError with the diagnosis when it ended badly."""
    if stack is None:
        raise DeployError(
            f"the stack {stack_name} is gone: it was deleted meanwhile", remedy="deploy again", stack_name=stack_name
        )
    if stack.status in GOOD_ENDS:
        return deployment(stack, changed=changed)
    what = f"the stack {stack_name} ended in {stack.status}"
    raise ended_badly(cloudformation, stack, what, "`payflow diagnose` shows more")


def ended_badly(cloudformation: CloudFormationClient, stack: Stack, what: str, remedy: str) -> DeployError:
    """The error for an operation that ended badly, with the first cause; `remedy` where that has none."""
    found = explain(cloudformation, stack)
    cause = found.cause if found else None
    return DeployError(
        f"{what}: {cause.text if cause else (stack.reason or 'no reason was given')}",
        remedy=(cause.hint if cause else "") or remedy,
        stack_name=stack.name,
        stack_id=stack.stack_id,
        status=stack.status,
        diagnosis=found,
    )


def refused_state(cloudformation: CloudFormationClient, stack: Stack, rule: StateRule) -> DeployError:
    """The error for a stack whose status allows no deploy, with the cause of that status."""
    found = explain(cloudformation, stack)
    cause = f" ({found.cause.text})" if found and found.cause else ""
    return DeployError(
        f"the stack {stack.name} is in {stack.status}: {rule.why}{cause}",
        remedy=rule.remedy,
        stack_name=stack.name,
        stack_id=stack.stack_id,
        status=stack.status,
        diagnosis=found,
    )


def explain(cloudformation: CloudFormationClient, stack: Stack) -> Diagnosis | None:
    """The diagnosis, or None when it cannot be read: a failure to explain must not hide the failure itself."""
    try:
        return diagnose(cloudformation, stack_name=stack.stack_id)
    except DeployError:
        return None


def not_made(cloudformation: CloudFormationClient, change_set: ChangeSet, request: Request) -> DeployError:
    """The error for a change set that failed: all findings, from it and from every nested one."""
    found = with_origins(diagnosis_of(cloudformation, change_set), request)
    first = found.cause or status_reason(change_set, ())
    where = f" in {'/'.join(first.path)}" if first.path else ""
    headline = f"the change set of {request.stack_name} failed"
    one = not found.others and not first.check
    reasons = f"{where}: {first.reason}" if one else f": {'; '.join(each.text for each in found.failures)}"
    return DeployError(
        f"{headline}{reasons}",
        remedy=first.hint,
        stack_name=request.stack_name,
        path=first.path,
        reason=first.reason,
        diagnosis=found,
        headline=headline,
    )
