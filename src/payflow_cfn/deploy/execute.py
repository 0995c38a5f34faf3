"""Deploy: look, make a change set, show it, execute it, and follow it until the stack's own status is final."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from payflow_cfn.deploy.attempt import attempt
from payflow_cfn.deploy.changes import Proposal
from payflow_cfn.deploy.events import OnEvent, Waiting, ignore
from payflow_cfn.deploy.outcome import Deployment, refused_state
from payflow_cfn.deploy.removal import remove_stack
from payflow_cfn.deploy.request import Request
from payflow_cfn.deploy.stack import Stack, look_up_stack
from payflow_cfn.deploy.states import rule_for
from payflow_cfn.deploy.template import needed_capabilities, read_root
from payflow_cfn.deploy.wait import Clock, Pace, Sleep
from payflow_cfn.errors import BusyError
from payflow_cfn.options import DEFAULTS, Options


def deploy(
    cloudformation: Any,
    *,
    stack_name: str,
    root_template: str,
    parameters: Mapping[str, str],
    root_text: str = "",
    templates: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    options: Options = DEFAULTS,
    before_create: Callable[[], None] | None = None,
    confirm: Callable[[Proposal], bool] | None = None,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> Deployment:
    """Create or update the stack and everything nested in it, and return its outputs.

    `root_template` is the template's text (at most 51,200 bytes) or its https URL; `root_text` what lies at that URL,
    which saves a request; `templates` the texts of the nested ones, read only to compute the capabilities. Every
    declared parameter is sent with a value: the given one, or the template's default. `before_create` is called when
    the stack does not exist yet, before anything is made, and may raise. `confirm` sees the proposal and says whether
    to go on; without one, the change set is executed.

    DeployError when AWS refuses or rolls back (`data["diagnosis"]`), BusyError while another operation runs,
    UnknownOutcomeError when credentials or network are lost while AWS goes on, or Ctrl-C meets the execution's call:
    `resume` then.
    """
    pace = (pace or Pace()).with_clock(clock, sleep)
    root = read_root(cloudformation, root_template, stack_name=stack_name, text=root_text)
    request = Request(
        stack_name=stack_name,
        root=root,
        parameters=parameters,
        tags=tags,
        capabilities=needed_capabilities(root, templates),
        options=options,
        before_create=before_create,
        confirm=confirm,
    )
    until = clock() + options.wait_when_busy
    while True:
        stack = _ready(cloudformation, request, until=until, on_event=on_event, pace=pace)
        if stack is None and request.before_create:
            request.before_create()
        try:
            return attempt(cloudformation, request, stack, on_event=on_event, pace=pace)
        except BusyError:
            # Another run was quicker: our change set was made for a stack that is no more as it was.
            if clock() >= until:
                raise
            sleep(pace.first)


def _ready(cloudformation: Any, request: Request, *, until: float, on_event: OnEvent, pace: Pace) -> Stack | None:
    """The stack in a state that a change set can be made for (None: it has to be created); waits, deletes or raises."""
    for delay in pace.delays():
        stack = look_up_stack(cloudformation, request.stack_name)
        rule = rule_for(stack.status if stack else None)
        if rule.deploy == "create":
            return None
        if stack is None or rule.deploy == "update":
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
        on_event(Waiting(stack.name, stack.status, left))
        pace.sleep(min(delay, left))
    raise AssertionError("delays never end")
