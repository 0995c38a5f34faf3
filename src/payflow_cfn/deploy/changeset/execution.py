"""Execute a change set exactly once, and detect the end of the operation, not the status from before it."""

from __future__ import annotations

from dataclasses import dataclass

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.change_set import ChangeSet, overtaken, read_change_set
from payflow_cfn.deploy.changeset.wait import Pace, unknown_outcome
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, code_of, refusal, trouble_of
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import Stack, find_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import is_over, rule_for
from payflow_cfn.errors import DeployError

_EXECUTED = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED"})
_RACED = frozenset({
    "AlreadyExistsException", "InvalidChangeSetStatus", "ChangeSetNotFound", "ChangeSetNotFoundException",
})  # fmt: skip


def execute(cloudformation: CloudFormationClient, request: Request, change_set: ChangeSet, *, pace: Pace) -> None:
    """Execute the change set once; if the answer is lost, read from the change set whether it was executed.

    UnknownOutcomeError when it may be running.
    """
    token = change_set.change_set_id.split("/")[1]
    for delay in pace.delays():
        try:
            # Sent, although it is the behaviour without it: AWS's page gives another default.
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
    """BusyError when another run has changed the stack meanwhile, else the error of the refused call."""
    if trouble_of(error) == "refused" and (code_of(error) in _RACED or _is_busy(cloudformation, request.stack_name)):
        return overtaken(request.stack_name)
    return refusal(error, doing, stack_name=request.stack_name)


def _is_busy(cloudformation: CloudFormationClient, stack_name: str) -> bool:
    try:
        stack = find_stack(cloudformation, stack_name)
    except aws_errors():
        return False
    return rule_for(stack.status if stack else None).deploy == "busy"


@dataclass(slots=True)
class Moved:
    """Whether an operation has ended. A status from before the operation does not count."""

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
            # Some executed change sets are deleted; then the stack's status has to decide.
            return trouble_of(error) == "refused"
        return found.execution in ("EXECUTE_COMPLETE", "EXECUTE_FAILED")
