"""Stop a deploy that would lose data, or that CloudFormation would refuse, before anything is changed."""

from __future__ import annotations

from collections.abc import Collection

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.preview.merge import Preview
from payflow_cfn.diff import Effect, ResourceChange
from payflow_cfn.errors import DeployError


def refuse_losses(preview: Preview, *, allowed: Collection[str]) -> None:
    """DeployError when a data resource or a nested stack would be lost, or a resource with a fixed name replaced.

    `allowed` are the logical ids, or paths joined with `/`, of resources that may be; there CloudFormation decides.
    """
    found = [each for each in preview.changes if isinstance(each, ResourceChange) and _stops(each, allowed)]
    if not found:
        return
    names = sorted({each.logical_id for each in found})
    raise DeployError(
        f"the deploy was stopped, nothing was changed: {'; '.join(_text(each) for each in found)}",
        remedy=f"undo the change, or pass {' '.join(f'--allow-replace {name}' for name in names)}",
        stack_name=preview.proposal.stack_name,
        changes=tuple(found),
    )


def _stops(each: ResourceChange, allowed: Collection[str]) -> bool:
    if each.logical_id in allowed or "/".join(each.path) in allowed:
        return False
    is_stack_removed = each.resource_type == STACK and each.action == "remove"
    return each.endangers_data or is_stack_removed or each.effect is Effect.REFUSED


def _text(each: ResourceChange) -> str:
    what = f"{'/'.join(each.path)} ({each.resource_type})"
    if each.action == "remove":
        return f"{what} would be removed"
    if each.effect is Effect.REFUSED:
        return f"{what} has a fixed name and would have to be replaced, which CloudFormation refuses"
    return f"{what} {'may' if each.effect is Effect.MAY_REPLACE else 'would'} be replaced"
