"""Execute a change set exactly once, and follow it: an end is told from an operation that has not begun to show."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payflow_cfn.deploy.changeset import ChangeSet, overtaken, read_change_set
from payflow_cfn.deploy.events import OnEvent, ignore
from payflow_cfn.deploy.faults import aws_errors, code_of, refusal, trouble_of
from payflow_cfn.deploy.history import History
from payflow_cfn.deploy.outcome import Deployment, concluded
from payflow_cfn.deploy.protect import protect, put_guards
from payflow_cfn.deploy.request import Request
from payflow_cfn.deploy.stack import Stack, find_stack
from payflow_cfn.deploy.states import is_over, rule_for
from payflow_cfn.deploy.wait import Pace, follow, unknown_outcome
from payflow_cfn.errors import DeployError, UnknownOutcomeError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_EXECUTED = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED"})
_RACED = frozenset({
    "AlreadyExistsException", "InvalidChangeSetStatus", "ChangeSetNotFound", "ChangeSetNotFoundException",
})  # fmt: skip


def execute(cloudformation: CloudFormationClient, request: Request, change_set: ChangeSet, *, pace: Pace) -> None:
    """Execute the change set once; an answer that was lost is cleared up by asking the change set itself.

    UnknownOutcomeError where it may run all the same: nothing that belongs to it may be taken away then.
    """
    try:
        _execute(cloudformation, request, change_set, pace=pace)
    except KeyboardInterrupt:
        raise UnknownOutcomeError(
            f"stopped while the change set of {request.stack_name} was being executed: it may be in progress",
            remedy="`payflow deploy --resume` goes on watching",
            stack_name=request.stack_name,
            stack_id=change_set.stack_id,
        ) from None


def _execute(cloudformation: CloudFormationClient, request: Request, change_set: ChangeSet, *, pace: Pace) -> None:
    token = change_set.change_set_id.split("/")[1]
    for delay in pace.delays():
        try:
            # Said, although it is what happens: AWS's page gives another default.
            cloudformation.execute_change_set(
                ChangeSetName=change_set.change_set_id, ClientRequestToken=token, DisableRollback=False
            )
            return
        except aws_errors() as error:
            trouble = trouble_of(error)
            if trouble == "credentials":
                raise refusal(error, "the execution", stack_name=request.stack_name) from error
            if _was_executed(cloudformation, request, change_set, error, pace=pace):
                return
            if trouble == "refused":
                raise refused_or_overtaken(cloudformation, request, error, "the execution") from error
        if delay >= pace.most:
            raise DeployError(
                f"the change set of {request.stack_name} could not be executed", remedy="nothing was started: try again"
            )
        pace.sleep(delay)


def _was_executed(
    cloudformation: CloudFormationClient, request: Request, change_set: ChangeSet, first: Exception, *, pace: Pace
) -> bool:
    until = pace.clock() + pace.patience
    for delay in pace.delays():
        try:
            return read_change_set(cloudformation, change_set.change_set_id, values=False).execution in _EXECUTED
        except aws_errors() as error:
            if trouble_of(error) == "refused":
                return False
            if trouble_of(error) == "credentials" or pace.clock() >= until:
                raise unknown_outcome(request.stack_name, change_set.stack_id, str(first)) from error
        pace.sleep(delay)
    raise AssertionError("delays never end")


def refused_or_overtaken(
    cloudformation: CloudFormationClient, request: Request, error: Exception, doing: str
) -> DeployError:
    """BusyError when the stack was changed by another run since we looked, else the plain refusal."""
    if trouble_of(error) == "refused" and (code_of(error) in _RACED or _is_busy(cloudformation, request.stack_name)):
        return overtaken(request.stack_name)
    return refusal(error, doing, stack_name=request.stack_name)


def _is_busy(cloudformation: CloudFormationClient, stack_name: str) -> bool:
    try:
        stack = find_stack(cloudformation, stack_name)
    except aws_errors():
        return False
    return rule_for(stack.status if stack else None).deploy == "busy"


def follow_execution(
    cloudformation: CloudFormationClient,
    request: Request,
    change_set: ChangeSet,
    before: Stack | None,
    *,
    on_event: OnEvent,
    pace: Pace,
) -> Deployment:
    """Follow an executed change set to its end, and guard the stack; DeployError with the diagnosis where it failed."""
    stack = follow(
        cloudformation,
        change_set.stack_id,
        stack_name=request.stack_name,
        ended=Moved(cloudformation, change_set, before).ended,
        on_event=on_event,
        pace=pace,
        # Where nobody listens, no events are asked for.
        history=None if on_event is ignore else History(cloudformation, change_set.stack_id, change_set.created_at),
    )
    try:
        result = concluded(cloudformation, stack, changed=True, stack_name=request.stack_name)
    except DeployError:
        _restore_policy(cloudformation, request, stack)
        raise
    if stack is not None:
        put_guards(cloudformation, stack, request.options)
    return result


def _restore_policy(cloudformation: CloudFormationClient, request: Request, stack: Stack | None) -> None:
    """What was allowed was allowed to this one update, which failed; that this fails too must not hide why it did."""
    if stack is not None and request.options.protect_stateful and request.options.allow_replace:
        with contextlib.suppress(DeployError):
            protect(cloudformation, stack.stack_id, allow_replace=())


@dataclass(slots=True)
class Moved:
    """Whether an operation ended, and not merely has not begun to show: a status from before it is no answer."""

    cloudformation: CloudFormationClient
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
        except aws_errors() as error:
            # Executed change sets of some ends are gone; what the stack says has to do then.
            return trouble_of(error) == "refused"
        return found.execution in ("EXECUTE_COMPLETE", "EXECUTE_FAILED")
