"""Stacks that exist only because of a change set: found while it is there, taken away after it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.deploy.changeset import ChangeSet, read_change_set, remove_change_set
from payflow_cfn.deploy.faults import says_missing, text_of
from payflow_cfn.deploy.stack import find_stack
from payflow_cfn.stateful import STACK

_REVIEWED = "REVIEW_IN_PROGRESS"

OnLeft = Callable[[str], None]


def take_back(cloudformation: Any, made: str, change_set: ChangeSet | None, *, new: str, on_left: OnLeft) -> None:
    """Take away the change set `made` (read as `change_set`, if it could be) and the stacks that only it brought about.

    `new` is the name of the root stack where it did not exist before. Failures are only told.
    """
    nested: list[str] = []
    if change_set is not None:
        with contextlib.suppress(Exception):
            nested = new_stacks(cloudformation, change_set)
    remove_change_set(cloudformation, made)
    for each in [*reversed(nested), *([new] if new else [])]:
        remove_preview(cloudformation, each, made.split("/")[1], on_left=on_left)


def new_stacks(cloudformation: Any, change_set: ChangeSet) -> list[str]:
    """The ids of the stacks that came into being with the change set: one for each nested stack that is added."""
    found: list[str] = []
    for change in change_set.changes:
        if change.resource_type == STACK and change.action == "Add" and change.nested_change_set:
            child = read_change_set(cloudformation, change.nested_change_set, path=change.path, values=False)
            found += [child.stack_id, *new_stacks(cloudformation, child)]
    return found


def remove_preview(cloudformation: Any, stack: str, name: str, *, on_left: OnLeft) -> None:
    """Delete a stack that was only previewed by our change set `name`, unless another run previews it as well."""
    try:
        found = find_stack(cloudformation, stack)
        if found is None or found.status != _REVIEWED:
            return
        waiting = cloudformation.list_change_sets(StackName=found.stack_id).get("Summaries", [])
        if all(_is_ours(each, name) for each in waiting):
            cloudformation.delete_stack(StackName=found.stack_id)
    except Exception as error:
        if not says_missing(error):
            on_left(f"the empty stack {stack} is still there: {text_of(error)}")


def _is_ours(summary: Mapping[str, Any], name: str) -> bool:
    """Whether it is our own change set, or one below it: those go one after the other, and may be there for a while."""
    return summary.get("ChangeSetName", "").startswith(name) or f"/{name}/" in summary.get("RootChangeSetId", "")
