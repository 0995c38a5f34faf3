"""Delete a change set of ours that was not executed, and the stacks that exist only because of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy.changeset.change_set import ChangeSet, read_change_set
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, code_of, says_missing, text_of, trouble_of
from payflow_cfn.deploy.cloudformation.stack import find_stack

if TYPE_CHECKING:
    from payflow_cfn.deploy.changeset.wait import Pace

_REVIEWED = "REVIEW_IN_PROGRESS"
_TRIES = 12  # a change set cannot be deleted while it is being made; this is about half a minute
_NOT_YET = frozenset({"InvalidChangeSetStatus", "InvalidChangeSetStatusException"})

OnLeft = Callable[[str], None]


def take_back(
    cloudformation: CloudFormationClient,
    stack_name: str,
    name: str,
    change_set: ChangeSet | None,
    *,
    made: str,
    is_new: bool,
    pace: Pace,
    on_left: OnLeft,
) -> None:
    """Delete the change set `name` (`change_set`, if it could be read) and the stacks that were created only for it.

    `made` is its id, if CreateChangeSet answered; `is_new`: the root stack did not exist before. What cannot be deleted
    is only reported, one line each.
    """
    nested: list[str] = []
    with contextlib.suppress(*aws_errors()):
        if change_set is None and made:
            change_set = read_change_set(cloudformation, made, values=False)
        nested = _new_stacks(cloudformation, change_set) if change_set else []
    _remove_change_set(cloudformation, stack_name, name, pace=pace, on_left=on_left)
    for each in [*reversed(nested), *([stack_name] if is_new else [])]:
        _remove_review_stack(cloudformation, each, name, on_left=on_left)


def _new_stacks(cloudformation: CloudFormationClient, change_set: ChangeSet) -> list[str]:
    """The ids of the stacks that were created with the change set: one for each nested stack that it adds."""
    found: list[str] = []
    for change in change_set.changes:
        if change.resource_type == STACK and change.action == "Add" and change.nested_change_set:
            child = read_change_set(cloudformation, change.nested_change_set, path=change.path, values=False)
            found += [child.stack_id, *_new_stacks(cloudformation, child)]
    return found


def _remove_change_set(
    cloudformation: CloudFormationClient, stack_name: str, name: str, *, pace: Pace, on_left: OnLeft
) -> None:
    problem = ""
    for _, delay in zip(range(_TRIES), pace.delays(), strict=False):
        try:
            cloudformation.delete_change_set(StackName=stack_name, ChangeSetName=name)
            return
        except aws_errors() as error:
            if says_missing(error):
                return
            problem = text_of(error)
            if code_of(error) not in _NOT_YET and trouble_of(error) in ("refused", "credentials"):
                break
        pace.sleep(delay)
    on_left(f"the change set {name} of {stack_name} is still there: {problem}")


def _remove_review_stack(cloudformation: CloudFormationClient, stack: str, name: str, *, on_left: OnLeft) -> None:
    """Delete a stack that was only previewed by our change set `name`, unless another run previews it as well."""
    try:
        found = find_stack(cloudformation, stack)
        if found is None or found.status != _REVIEWED:
            return
        waiting = cloudformation.list_change_sets(StackName=found.stack_id).get("Summaries", [])
        if all(_is_ours(each, name) for each in waiting):
            cloudformation.delete_stack(StackName=found.stack_id)
    except aws_errors() as error:
        if not says_missing(error):
            on_left(f"the empty stack {stack} is still there: {text_of(error)}")


def _is_ours(summary: Mapping[str, Any], name: str) -> bool:
    """Whether it is our own change set or one nested in it; nested ones disappear one by one, after a while."""
    return summary.get("ChangeSetName", "").startswith(name) or f"/{name}/" in summary.get("RootChangeSetId", "")
