"""A change set of our own while it is open: made, read with all nested ones, executed, or taken back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.change_set import (
    ChangeSet,
    nothing_changes,
    overtaken,
    planned_name,
    unique_name,
    wait_for_change_set,
)
from payflow_cfn.deploy.changeset.delete_stack import remove_stack
from payflow_cfn.deploy.changeset.diagnose import Diagnosis
from payflow_cfn.deploy.changeset.execution import Moved, execute, refused_or_overtaken
from payflow_cfn.deploy.changeset.history import History
from payflow_cfn.deploy.changeset.origins import with_origins
from payflow_cfn.deploy.changeset.outcome import Deployment, concluded, deployment, not_made, refused_state
from payflow_cfn.deploy.changeset.preflight import require_free_names
from payflow_cfn.deploy.changeset.read_tree import read_proposal
from payflow_cfn.deploy.changeset.review_stack import take_back
from payflow_cfn.deploy.changeset.stack_policy import protect, put_guards
from payflow_cfn.deploy.changeset.wait import Pace, follow
from payflow_cfn.deploy.cloudformation import events
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, refusal, says_missing
from payflow_cfn.deploy.cloudformation.changes import Proposal
from payflow_cfn.deploy.cloudformation.events import OnEvent, ignore
from payflow_cfn.deploy.cloudformation.request import Request, change_set_call, planned_call
from payflow_cfn.deploy.cloudformation.stack import Stack, look_up_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import DOES_NOT_EXIST, rule_for
from payflow_cfn.deploy.cloudformation.template import parameter_list
from payflow_cfn.errors import BusyError, DeployError, UnknownOutcomeError
from payflow_cfn.processes import stops_held

if TYPE_CHECKING:
    from payflow_cfn.deploy.cloudformation.name_lookup import Clients


_NOT_COMPARED = "this CloudFormation makes no drift-aware change sets: --revert-drift compared and reverts nothing"


@dataclass(slots=True)
class OpenChangeSet:
    """A change set that CloudFormation has made, or that has nothing to change; `before` is the stack to be updated.

    `may_run` is True from the call that executes it, unless CloudFormation refuses that call; `kept` if it is to stay.
    """

    cloudformation: CloudFormationClient
    request: Request
    before: Stack | None
    change_set: ChangeSet
    is_empty: bool
    on_event: OnEvent
    pace: Pace
    may_run: bool = False
    kept: bool = False

    @property
    def kind(self) -> str:
        """CREATE or UPDATE."""
        return _kind(self.before)

    @property
    def notes(self) -> tuple[str, ...]:
        """A line where the resources were not compared although that was asked for, as on the embedded AWS."""
        asked = self.request.options.revert_drift and self.kind == "UPDATE"
        return (_NOT_COMPARED,) if asked and self.change_set.mode != "REVERT_DRIFT" else ()

    def propose(self) -> Proposal:
        """Read what executing it would do, with all nested change sets, and report it as an event."""
        with _reading(self.request):
            found = read_proposal(self.cloudformation, self.change_set, kind=self.kind)
        found = replace(found, notes=(*found.notes, *self.notes))
        self.on_event(events.Proposed(found))
        return found

    def leave(self, *, declined: bool = False) -> Deployment:
        """Leave the stack as it is; if nothing changes, put on missing guards."""
        if self.before is None:
            return Deployment(self.change_set.stack_id, DOES_NOT_EXIST, False, {}, declined)
        if not declined:
            self.on_event(events.NothingToChange(self.request.stack_name))
            put_guards(self.cloudformation, self.before, self.request.options, unchanged=True)
        return deployment(self.before, changed=False, declined=declined)

    def keep(self) -> None:
        """Let it stay after the block, to be executed later."""
        self.kept = True

    def execute(self) -> None:
        """Execute it once.

        UnknownOutcomeError when it may be running. Then nothing is taken back: that could delete nested stacks that
        the operation still needs.
        """
        options = self.request.options
        if self.before is not None and options.protect_stateful:
            protect(self.cloudformation, self.before.stack_id, allow_replace=options.allow_replace)
        self.may_run = True
        try:
            execute(self.cloudformation, self.request, self.change_set, pace=self.pace)
        except KeyboardInterrupt:
            raise UnknownOutcomeError(
                f"stopped while the change set of {self.request.stack_name} was being executed: it may be in progress",
                remedy="`payflow deploy --resume` goes on watching",
                stack_name=self.request.stack_name,
                stack_id=self.change_set.stack_id,
            ) from None
        except DeployError as error:
            self.may_run = isinstance(error, UnknownOutcomeError)
            raise
        self.on_event(events.Started(self.request.stack_name, self.change_set.stack_id, self.kind))

    def follow(self) -> Deployment:
        """Follow the execution to its end, and guard the stack; DeployError with the diagnosis if it failed."""
        stack_id, stack_name = self.change_set.stack_id, self.request.stack_name
        history = History(self.cloudformation, stack_id, self.change_set.created_at)
        stack = follow(
            self.cloudformation,
            stack_id,
            stack_name=stack_name,
            ended=Moved(self.cloudformation, self.change_set, self.before).ended,
            history=None if self.on_event is ignore else history,  # without a listener, no events are read
            on_event=self.on_event,
            pace=self.pace,
        )
        try:
            done = concluded(self.cloudformation, stack, changed=True, stack_name=stack_name)
        except DeployError as error:
            self._restore_policy(stack)
            if isinstance(found := error.data.get("diagnosis"), Diagnosis):
                error.data["diagnosis"] = with_origins(found, self.request)
            raise
        if stack is not None:
            put_guards(self.cloudformation, stack, self.request.options)
        return done

    def _restore_policy(self, stack: Stack | None) -> None:
        """Withdraw `allow_replace`, which was for the failed update only; an error here must not hide the failure."""
        if stack is not None and self.request.options.protect_stateful and self.request.options.allow_replace:
            with contextlib.suppress(DeployError):
                protect(self.cloudformation, stack.stack_id, allow_replace=())


@contextlib.contextmanager
def open_change_set(
    cloudformation: CloudFormationClient,
    request: Request,
    *,
    clients: Clients | None = None,
    until: float = 0.0,
    planned: bool = False,
    on_event: OnEvent = ignore,
    pace: Pace,
) -> Iterator[OpenChangeSet]:
    """Make a change set for `request`; the exit takes it back if it was not executed, also after an error or Ctrl-C.

    A `planned` one can be kept, and has what `deploy_planned` compares. Waits for another operation until `until` (by
    the pace's clock). With `clients`, a first deploy stops if names are taken. What cannot be taken back (the change
    set, a stack that exists only because of it) is a LeftBehind event. DeployError when CloudFormation refuses or the
    stack's status does not allow it; BusyError while another operation runs, or when another run has changed the stack
    meanwhile.
    """
    stack = _ready(cloudformation, request, until=until, on_event=on_event, pace=pace)
    before = stack if stack is not None and rule_for(stack.status).deploy == "update" else None
    if before is None and clients is not None:
        require_free_names(clients, request, on_event)
    values, dropped = parameter_list(request.root, request.parameters, stack=before)
    if dropped:
        on_event(events.ParametersDropped(request.stack_name, dropped))
    name, made = planned_name() if planned else unique_name(), ""
    change_set: ChangeSet | None = None
    opened: OpenChangeSet | None = None
    try:
        try:
            called = planned_call if planned else change_set_call
            call = called(request, values, kind=_kind(before), name=name)
            made = cloudformation.create_change_set(**call)["Id"]
        except aws_errors() as error:
            raise refused_or_overtaken(cloudformation, request, error, "making a change set") from error
        on_event(events.ChangeSetMade(request.stack_name, name, _kind(before)))
        change_set = wait_for_change_set(cloudformation, made, stack_name=request.stack_name, pace=pace)
        with _reading(request):
            is_empty = before is not None and nothing_changes(cloudformation, change_set)
        if not is_empty and change_set.status != "CREATE_COMPLETE":
            raise not_made(cloudformation, change_set, request)
        opened = OpenChangeSet(cloudformation, request, before, change_set, is_empty, on_event, pace)
        yield opened
    finally:
        if opened is None or not (opened.may_run or opened.kept):
            with stops_held():  # an impatient second Ctrl-C would leave the change set
                take_back(
                    cloudformation,
                    request.stack_name,
                    name,
                    change_set,
                    made=made,
                    is_new=stack is None or stack.status == "DELETE_COMPLETE",
                    pace=pace,
                    on_left=lambda text: on_event(events.LeftBehind(request.stack_name, text)),
                )


def _kind(before: Stack | None) -> str:
    return "UPDATE" if before else "CREATE"


@contextlib.contextmanager
def _reading(request: Request) -> Iterator[None]:
    try:
        yield
    except aws_errors() as error:
        if says_missing(error):
            raise overtaken(request.stack_name) from error
        raise refusal(error, "reading the nested change sets", stack_name=request.stack_name) from error


def _ready(
    cloudformation: CloudFormationClient, request: Request, *, until: float, on_event: OnEvent, pace: Pace
) -> Stack | None:
    """The stack, in a status that allows a change set (None: there is none); waits, deletes or raises."""
    for delay in pace.delays():
        stack = look_up_stack(cloudformation, request.stack_name)
        rule = rule_for(stack.status if stack else None)
        if stack is None or rule.deploy in ("create", "update"):
            return stack
        if rule.deploy == "delete-first" and request.options.recreate:
            remove_stack(cloudformation, stack, role_arn=request.options.role_arn, on_event=on_event, pace=pace)
            return None
        if rule.deploy != "busy":
            raise refused_state(cloudformation, stack, rule)
        left = until - pace.clock()
        if left <= 0:
            raise BusyError(
                f"the stack {stack.name} is busy: {rule.why}",
                remedy=rule.remedy,
                stack_name=stack.name,
                status=stack.status,
            )
        on_event(events.Waiting(stack.name, stack.status, left))
        pace.sleep(min(delay, left))
    raise AssertionError("delays never end")
