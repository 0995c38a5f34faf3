"""What CloudFormation says a deploy would do: a change set of our own, read to any depth and taken away again."""

from __future__ import annotations

from typing import Any

from payflow_cfn.deploy.changes import Proposal
from payflow_cfn.deploy.changeset import (
    ChangeSet,
    nothing_changes,
    read_proposal,
    unique_name,
    wait_for_change_set,
)
from payflow_cfn.deploy.faults import code_of, explained, says_missing, text_of, trouble_of
from payflow_cfn.deploy.outcome import not_made, refused_state
from payflow_cfn.deploy.previewed import OnLeft, new_stacks, remove_preview
from payflow_cfn.deploy.request import Request, change_set_call
from payflow_cfn.deploy.stack import Stack, look_up_stack
from payflow_cfn.deploy.states import rule_for
from payflow_cfn.deploy.template import parameter_list
from payflow_cfn.deploy.wait import Pace
from payflow_cfn.errors import BusyError

_TRIES = 12  # a change set that is still being made cannot be deleted yet: half a minute at most

_NOT_YET = frozenset({"InvalidChangeSetStatus", "InvalidChangeSetStatusException"})


def propose(cloudformation: Any, request: Request, *, pace: Pace, on_left: OnLeft) -> Proposal | None:
    """What executing `request` now would do; None when there is nothing to do.

    Nothing is left behind, also after an error or Ctrl-C: neither the change set nor a stack that exists only because
    of it. What cannot be taken away is told to `on_left`, one line each. DeployError when CloudFormation refuses or the
    stack is in no state for an update, BusyError while another operation runs.
    """
    stack = _ready(cloudformation, request)
    existed = stack is not None and stack.status != "DELETE_COMPLETE"
    update = stack if stack is not None and rule_for(stack.status).deploy == "update" else None
    if update is None and request.before_create:
        request.before_create()
    name = unique_name()
    nested: list[str] = []
    try:
        kind = "UPDATE" if update else "CREATE"
        made = _make(cloudformation, request, update, kind=kind, name=name)
        change_set = wait_for_change_set(cloudformation, made, stack_name=request.stack_name, pace=pace)
        return _read(cloudformation, request, change_set, kind=kind, nested=nested)
    finally:
        _clean(cloudformation, request, name, nested, existed=existed, pace=pace, on_left=on_left)


def _ready(cloudformation: Any, request: Request) -> Stack | None:
    stack = look_up_stack(cloudformation, request.stack_name)
    rule = rule_for(stack.status if stack else None)
    if stack is None or rule.deploy in ("create", "update"):
        return stack
    if rule.deploy == "busy":
        raise BusyError(f"the stack {stack.name} is busy: {rule.why}", remedy="plan again later", status=stack.status)
    raise refused_state(cloudformation, stack, rule)


def _make(cloudformation: Any, request: Request, stack: Stack | None, *, kind: str, name: str) -> str:
    values, _ = parameter_list(request.root, request.parameters, stack=stack)
    with explained("making a change set", stack_name=request.stack_name):
        answer = cloudformation.create_change_set(**change_set_call(request, values, kind=kind, name=name))
    return str(answer["Id"])


def _read(
    cloudformation: Any, request: Request, change_set: ChangeSet, *, kind: str, nested: list[str]
) -> Proposal | None:
    with explained("reading the change set", stack_name=request.stack_name):
        nested += new_stacks(cloudformation, change_set)
        if nothing_changes(cloudformation, change_set):
            return None
        if change_set.status != "CREATE_COMPLETE":
            raise not_made(cloudformation, change_set, stack_name=request.stack_name)
        return read_proposal(cloudformation, change_set, kind=kind)


def _clean(
    cloudformation: Any,
    request: Request,
    name: str,
    nested: list[str],
    *,
    existed: bool,
    pace: Pace,
    on_left: OnLeft,
) -> None:
    """Take away the change set, and the stacks that were never more than a preview; each failure is only told."""
    _remove_change_set(cloudformation, request.stack_name, name, pace=pace, on_left=on_left)
    for stack_id in reversed(nested):
        remove_preview(cloudformation, stack_id, name, on_left=on_left)
    if not existed:
        remove_preview(cloudformation, request.stack_name, name, on_left=on_left)


def _remove_change_set(cloudformation: Any, stack_name: str, name: str, *, pace: Pace, on_left: OnLeft) -> None:
    problem = ""
    for _, delay in zip(range(_TRIES), pace.delays(), strict=False):
        try:
            cloudformation.delete_change_set(StackName=stack_name, ChangeSetName=name)
            return
        except Exception as error:
            if says_missing(error):
                return
            problem = text_of(error)
            if code_of(error) not in _NOT_YET and trouble_of(error) == "refused":
                break
        pace.sleep(delay)
    on_left(f"the change set {name} of {stack_name} is still there: {problem}")
