"""One attempt at a deploy: the change set made, shown, executed and followed, or taken away again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.deploy.changes import Proposal, endangered
from payflow_cfn.deploy.changeset import (
    ChangeSet,
    first_reason,
    nothing_changes,
    overtaken,
    read_change_set,
    read_proposal,
    remove_change_set,
    unique_name,
    wait_for_change_set,
)
from payflow_cfn.deploy.events import (
    ChangeSetMade,
    Finished,
    NothingToChange,
    OnEvent,
    ParametersDropped,
    Proposed,
    Started,
)
from payflow_cfn.deploy.faults import code_of, refusal, says_missing, trouble_of
from payflow_cfn.deploy.hints import hint_for
from payflow_cfn.deploy.history import History
from payflow_cfn.deploy.outcome import Deployment, concluded, deployment
from payflow_cfn.deploy.protect import protect, set_termination_protection
from payflow_cfn.deploy.stack import Stack, find_stack
from payflow_cfn.deploy.states import is_over, rule_for
from payflow_cfn.deploy.template import RootTemplate, parameter_list
from payflow_cfn.deploy.wait import Pace, follow, unknown_outcome
from payflow_cfn.errors import DeployError

_EXECUTED = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED"})


@dataclass(frozen=True, slots=True)
class Request:
    """All that one deploy wants of CloudFormation."""

    stack_name: str
    root: RootTemplate
    parameters: Mapping[str, str]
    capabilities: tuple[str, ...]
    tags: Mapping[str, str] | None = None
    role_arn: str = ""
    notification_arns: tuple[str, ...] = ()
    rollback_alarms: tuple[str, ...] = ()
    monitoring_minutes: int = 0
    termination_protection: bool | None = None
    protect_stateful: bool = False
    allow_replace: frozenset[str] = frozenset()
    confirm: Callable[[Proposal], bool] | None = None


def attempt(cloudformation: Any, request: Request, stack: Stack | None, *, on_event: OnEvent, pace: Pace) -> Deployment:
    """Deploy to a stack that was just read (None: create it). BusyError when another run got in between."""
    kind = "UPDATE" if stack else "CREATE"
    made = _make(cloudformation, request, stack, kind=kind, on_event=on_event)
    executed = False
    try:
        change_set = wait_for_change_set(cloudformation, made, stack_name=request.stack_name, pace=pace)
        if stack is not None and nothing_changes(cloudformation, change_set):
            return _unchanged(cloudformation, request, stack, on_event=on_event)
        if change_set.status != "CREATE_COMPLETE":
            raise _not_made(cloudformation, request, change_set)
        if not _accepted(cloudformation, request, change_set, kind=kind, on_event=on_event):
            return _declined(stack, change_set)
        if stack is not None and request.protect_stateful:
            protect(cloudformation, stack.stack_id, allow_replace=request.allow_replace)
        _execute(cloudformation, request, change_set, pace=pace)
        executed = True
    finally:
        if not executed:
            remove_change_set(cloudformation, made)
    return _followed(cloudformation, request, stack, change_set, kind=kind, on_event=on_event, pace=pace)


def _make(cloudformation: Any, request: Request, stack: Stack | None, *, kind: str, on_event: OnEvent) -> str:
    values, dropped = parameter_list(request.root, request.parameters, stack=stack)
    if dropped:
        on_event(ParametersDropped(request.stack_name, dropped))
    name = unique_name()
    try:
        answer = cloudformation.create_change_set(**change_set_call(request, values, kind=kind, name=name))
    except Exception as error:
        raise _refused(cloudformation, request, error, "making a change set") from error
    on_event(ChangeSetMade(request.stack_name, name, kind))
    return str(answer["Id"])


def change_set_call(request: Request, values: list[dict[str, Any]], *, kind: str, name: str) -> dict[str, Any]:
    """The arguments of CreateChangeSet; what was not asked for is left out, so that the stack keeps it."""
    call: dict[str, Any] = {
        "StackName": request.stack_name,
        "ChangeSetName": name,
        "ChangeSetType": kind,
        "IncludeNestedStacks": True,
        **request.root.sent,
        "Parameters": values,
        "Capabilities": list(request.capabilities),
    }
    if request.tags is not None:
        call["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(request.tags.items())]
    if request.role_arn:
        call["RoleARN"] = request.role_arn
    if request.notification_arns:
        call["NotificationARNs"] = list(request.notification_arns)
    if request.rollback_alarms:
        triggers = [{"Arn": arn, "Type": _alarm_type(arn)} for arn in request.rollback_alarms]
        call["RollbackConfiguration"] = {
            "RollbackTriggers": triggers,
            "MonitoringTimeInMinutes": request.monitoring_minutes,
        }
    return call


def _alarm_type(arn: str) -> str:
    # A composite alarm's ARN looks like a metric alarm's; ours are told apart by name.
    return "AWS::CloudWatch::CompositeAlarm" if ":alarm:alarm-payment-health-" in arn else "AWS::CloudWatch::Alarm"


def _accepted(cloudformation: Any, request: Request, change_set: ChangeSet, *, kind: str, on_event: OnEvent) -> bool:
    proposal = _proposal(cloudformation, request, change_set, kind=kind)
    on_event(Proposed(proposal))
    lost = endangered(proposal, allowed=request.allow_replace)
    if lost:
        raise DeployError(
            f"the deploy would lose data: {'; '.join(each.text for each in lost)}",
            remedy=f"undo the change, or say --allow-replace {' '.join(sorted({each.logical_id for each in lost}))}",
            stack_name=request.stack_name,
            changes=lost,
        )
    return request.confirm is None or request.confirm(proposal)


def _proposal(cloudformation: Any, request: Request, change_set: ChangeSet, *, kind: str) -> Proposal:
    try:
        return read_proposal(cloudformation, change_set, kind=kind)
    except Exception as error:
        if says_missing(error):
            raise overtaken(request.stack_name) from error
        raise refusal(error, "reading the nested change sets", stack_name=request.stack_name) from error


def _unchanged(cloudformation: Any, request: Request, stack: Stack, *, on_event: OnEvent) -> Deployment:
    on_event(NothingToChange(request.stack_name))
    set_termination_protection(cloudformation, stack, request.termination_protection)
    return deployment(stack, changed=False)


def _declined(stack: Stack | None, change_set: ChangeSet) -> Deployment:
    if stack is not None:
        return deployment(stack, changed=False, declined=True)
    return Deployment(change_set.stack_id, "REVIEW_IN_PROGRESS", False, {}, declined=True)


def _not_made(cloudformation: Any, request: Request, change_set: ChangeSet) -> DeployError:
    try:
        path, reason = first_reason(cloudformation, change_set)
    except Exception as error:
        trouble_of(error)
        path, reason = (), change_set.reason
    where = f" in {'/'.join(path)}" if path else ""
    return DeployError(
        f"the change set of {request.stack_name} failed{where}: {reason}",
        remedy=hint_for(reason),
        stack_name=request.stack_name,
        path=path,
        reason=reason,
    )


def _execute(cloudformation: Any, request: Request, change_set: ChangeSet, *, pace: Pace) -> None:
    """Execute the change set once; an answer that was lost is cleared up by asking the change set itself."""
    token = change_set.change_set_id.split("/")[1]
    for delay in pace.delays():
        try:
            cloudformation.execute_change_set(ChangeSetName=change_set.change_set_id, ClientRequestToken=token)
            return
        except Exception as error:
            trouble = trouble_of(error)
            if trouble == "credentials":
                raise refusal(error, "the execution", stack_name=request.stack_name) from error
            if _was_executed(cloudformation, request, change_set, error, pace=pace):
                return
            if trouble == "refused":
                raise _refused(cloudformation, request, error, "the execution") from error
        if delay >= pace.most:
            raise DeployError(
                f"the change set of {request.stack_name} could not be executed", remedy="nothing was started: try again"
            )
        pace.sleep(delay)


def _was_executed(
    cloudformation: Any, request: Request, change_set: ChangeSet, first: Exception, *, pace: Pace
) -> bool:
    until = pace.clock() + pace.patience
    for delay in pace.delays():
        try:
            return read_change_set(cloudformation, change_set.change_set_id, values=False).execution in _EXECUTED
        except Exception as error:
            if trouble_of(error) == "refused":
                return False
            if trouble_of(error) == "credentials" or pace.clock() >= until:
                raise unknown_outcome(request.stack_name, change_set.stack_id, str(first)) from error
        pace.sleep(delay)
    raise AssertionError("delays never end")


def _refused(cloudformation: Any, request: Request, error: Exception, doing: str) -> DeployError:
    """BusyError when the stack was changed by another run since we looked, else the plain refusal."""
    if trouble_of(error) == "refused":
        stack = find_stack(cloudformation, request.stack_name)
        rule = rule_for(stack.status if stack else None)
        raced = code_of(error) in (
            "AlreadyExistsException",
            "InvalidChangeSetStatus",
            "ChangeSetNotFound",
            "ChangeSetNotFoundException",
        )
        if rule.deploy == "busy" or raced:
            return overtaken(request.stack_name)
    return refusal(error, doing, stack_name=request.stack_name)


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
    moved = _Moved(cloudformation, change_set, before)
    stack = follow(
        cloudformation,
        change_set.stack_id,
        stack_name=request.stack_name,
        ended=moved.ended,
        on_event=on_event,
        pace=pace,
        history=History(cloudformation, change_set.stack_id, change_set.created_at),
    )
    on_event(Finished(request.stack_name, stack.status if stack else "DELETE_COMPLETE"))
    result = concluded(cloudformation, stack, changed=True, stack_name=request.stack_name)
    if stack is not None:
        _guard(cloudformation, request, stack)
    return result


def _guard(cloudformation: Any, request: Request, stack: Stack) -> None:
    set_termination_protection(cloudformation, stack, request.termination_protection)
    if request.protect_stateful:
        protect(cloudformation, stack.stack_id, allow_replace=frozenset())


@dataclass(slots=True)
class _Moved:
    """Whether an operation ended, and not merely has not begun to show: a status from before it is no answer."""

    cloudformation: Any
    change_set: ChangeSet
    before: Stack | None
    seen: bool = False

    def ended(self, now: Stack | None) -> bool:
        if now is None:
            return True
        if not is_over(now.status):
            self.seen = self.seen or now.status != "REVIEW_IN_PROGRESS"
            return False
        return self.seen or self._moved(now)

    def _moved(self, now: Stack) -> bool:
        if self.before is None or (now.status, now.changed_at) != (self.before.status, self.before.changed_at):
            return True
        try:
            found = read_change_set(self.cloudformation, self.change_set.change_set_id, values=False)
        except Exception as error:
            # Executed change sets of some ends are gone; what the stack says has to do then.
            return trouble_of(error) == "refused"
        return found.execution in ("EXECUTE_COMPLETE", "EXECUTE_FAILED")
