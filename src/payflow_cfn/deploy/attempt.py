"""One attempt at a deploy: the change set made, shown, executed and followed, or taken away again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar

from payflow_cfn.deploy.changes import Proposal, endangered
from payflow_cfn.deploy.changeset import (
    ChangeSet,
    nothing_changes,
    overtaken,
    read_proposal,
    unique_name,
    wait_for_change_set,
)
from payflow_cfn.deploy.events import (
    ChangeSetMade,
    Finished,
    LeftBehind,
    NothingToChange,
    OnEvent,
    ParametersDropped,
    Proposed,
    Started,
    ignore,
)
from payflow_cfn.deploy.execution import Moved, execute, refused_or_overtaken
from payflow_cfn.deploy.faults import refusal, says_missing
from payflow_cfn.deploy.history import History
from payflow_cfn.deploy.outcome import Deployment, concluded, deployment, not_made
from payflow_cfn.deploy.previewed import take_back
from payflow_cfn.deploy.protect import protect, put_guards
from payflow_cfn.deploy.request import Request, change_set_call
from payflow_cfn.deploy.stack import Stack
from payflow_cfn.deploy.states import DOES_NOT_EXIST
from payflow_cfn.deploy.template import parameter_list
from payflow_cfn.deploy.wait import Pace, follow
from payflow_cfn.errors import DeployError, UnknownOutcomeError

T = TypeVar("T")


def attempt(cloudformation: Any, request: Request, stack: Stack | None, *, on_event: OnEvent, pace: Pace) -> Deployment:
    """Deploy to a stack that was just read (None: create it). BusyError when another run got in between."""
    kind = "UPDATE" if stack else "CREATE"
    made = _make(cloudformation, request, stack, kind=kind, on_event=on_event)
    executed, change_set = False, None
    try:
        change_set = wait_for_change_set(cloudformation, made, stack_name=request.stack_name, pace=pace)
        if stack is not None and _is_empty(cloudformation, request, change_set):
            return _unchanged(cloudformation, request, stack, on_event=on_event)
        if change_set.status != "CREATE_COMPLETE":
            raise not_made(cloudformation, change_set, stack_name=request.stack_name)
        if not _accepted(cloudformation, request, change_set, kind=kind, on_event=on_event):
            return _declined(stack, change_set)
        if stack is not None and request.options.protect_stateful:
            protect(cloudformation, stack.stack_id, allow_replace=request.options.allow_replace)
        execute(cloudformation, request, change_set, pace=pace)
        executed = True
    except UnknownOutcomeError:
        # To take back the stacks of a change set that may run would delete what it has not come to yet.
        executed = True
        raise
    finally:
        if not executed:
            new = "" if stack else request.stack_name
            take_back(cloudformation, made, change_set, new=new, on_left=partial(_left, request, on_event))
    return _followed(cloudformation, request, stack, change_set, kind=kind, on_event=on_event, pace=pace)


def _make(cloudformation: Any, request: Request, stack: Stack | None, *, kind: str, on_event: OnEvent) -> str:
    values, dropped = parameter_list(request.root, request.parameters, stack=stack)
    if dropped:
        on_event(ParametersDropped(request.stack_name, dropped))
    name = unique_name()
    try:
        answer = cloudformation.create_change_set(**change_set_call(request, values, kind=kind, name=name))
    except Exception as error:
        raise refused_or_overtaken(cloudformation, request, error, "making a change set") from error
    on_event(ChangeSetMade(request.stack_name, name, kind))
    return str(answer["Id"])


def _left(request: Request, on_event: OnEvent, text: str) -> None:
    on_event(LeftBehind(request.stack_name, text))


def _accepted(cloudformation: Any, request: Request, change_set: ChangeSet, *, kind: str, on_event: OnEvent) -> bool:
    proposal = _proposal(cloudformation, request, change_set, kind=kind)
    on_event(Proposed(proposal))
    lost = endangered(proposal, allowed=request.options.allow_replace)
    if lost:
        raise DeployError(
            f"the deploy would lose data: {'; '.join(each.text for each in lost)}",
            remedy=f"undo the change, or say {_allowing({each.logical_id for each in lost})}",
            stack_name=request.stack_name,
            changes=lost,
        )
    return request.confirm is None or request.confirm(proposal)


def _allowing(names: Collection[str]) -> str:
    return " ".join(f"--allow-replace {name}" for name in sorted(names))


def _is_empty(cloudformation: Any, request: Request, change_set: ChangeSet) -> bool:
    return _read(lambda: nothing_changes(cloudformation, change_set), request)


def _proposal(cloudformation: Any, request: Request, change_set: ChangeSet, *, kind: str) -> Proposal:
    return _read(lambda: read_proposal(cloudformation, change_set, kind=kind), request)


def _read(call: Callable[[], T], request: Request) -> T:
    try:
        return call()
    except Exception as error:
        if says_missing(error):
            raise overtaken(request.stack_name) from error
        raise refusal(error, "reading the nested change sets", stack_name=request.stack_name) from error


def _unchanged(cloudformation: Any, request: Request, stack: Stack, *, on_event: OnEvent) -> Deployment:
    on_event(NothingToChange(request.stack_name))
    _guard(cloudformation, request, stack, unchanged=True)
    return deployment(stack, changed=False)


def _declined(stack: Stack | None, change_set: ChangeSet) -> Deployment:
    if stack is not None:
        return deployment(stack, changed=False, declined=True)
    return Deployment(change_set.stack_id, DOES_NOT_EXIST, False, {}, declined=True)


def _followed(
    cloudformation: Any,
    request: Request,
    before: Stack | None,
    change_set: ChangeSet,
    *,
    kind: str,
    on_event: OnEvent,
    pace: Pace,
) -> Deployment:
    on_event(Started(request.stack_name, change_set.stack_id, kind))
    moved = Moved(cloudformation, change_set, before)
    stack = follow(
        cloudformation,
        change_set.stack_id,
        stack_name=request.stack_name,
        ended=moved.ended,
        on_event=on_event,
        pace=pace,
        # Where nobody listens, no events are asked for.
        history=None if on_event is ignore else History(cloudformation, change_set.stack_id, change_set.created_at),
    )
    on_event(Finished(request.stack_name, stack.status if stack else "DELETE_COMPLETE"))
    try:
        result = concluded(cloudformation, stack, changed=True, stack_name=request.stack_name)
    except DeployError:
        _restore_policy(cloudformation, request, stack)
        raise
    if stack is not None:
        _guard(cloudformation, request, stack)
    return result


def _guard(cloudformation: Any, request: Request, stack: Stack, *, unchanged: bool = False) -> None:
    put_guards(cloudformation, stack, request.options, unchanged=unchanged)


def _restore_policy(cloudformation: Any, request: Request, stack: Stack | None) -> None:
    """What was allowed was allowed to this one update, which failed; that this fails too must not hide why it did."""
    if stack is not None and request.options.protect_stateful and request.options.allow_replace:
        with contextlib.suppress(DeployError):
            protect(cloudformation, stack.stack_id, allow_replace=())
