"""Resume: go on watching an operation that an earlier run lost sight of."""

from __future__ import annotations

import time
from typing import Any

from payflow_cfn.deploy.events import Finished, OnEvent, Started, ignore
from payflow_cfn.deploy.faults import refusal, text_of, trouble_of
from payflow_cfn.deploy.history import History
from payflow_cfn.deploy.outcome import Deployment, concluded
from payflow_cfn.deploy.protect import put_guards
from payflow_cfn.deploy.stack import Stack, find_stack, need_stack
from payflow_cfn.deploy.states import is_over, rule_for
from payflow_cfn.deploy.wait import Clock, Pace, Sleep, follow, unknown_outcome
from payflow_cfn.errors import DeployError
from payflow_cfn.options import DEFAULTS, Options


def resume(
    cloudformation: Any,
    *,
    stack_name: str,
    options: Options = DEFAULTS,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> Deployment:
    """Go on watching an operation that is running (or has ended meanwhile), and conclude as `deploy` would have.

    The guards of `options`, which the interrupted deploy would have put on, are put on. UnknownOutcomeError while the
    stack cannot be read, and the errors of `deploy`.
    """
    pace = (pace or Pace()).with_clock(clock, sleep)
    stack = _known(cloudformation, stack_name)
    if stack.status == "REVIEW_IN_PROGRESS":
        raise DeployError(
            f"nothing was started on {stack_name}: {rule_for(stack.status).why}",
            remedy="deploy again",
            stack_name=stack_name,
        )
    running = not is_over(stack.status)
    ended = _followed(cloudformation, stack, on_event=on_event, pace=pace) if running else stack
    done = concluded(cloudformation, ended, changed=running, stack_name=stack_name)
    if ended is not None:
        put_guards(cloudformation, ended, options)
    return done


def _followed(cloudformation: Any, stack: Stack, *, on_event: OnEvent, pace: Pace) -> Stack | None:
    on_event(Started(stack.name, stack.stack_id, stack.status.split("_")[0]))
    history = History(cloudformation, stack.stack_id, stack.changed_at)
    ended = follow(
        cloudformation,
        stack.stack_id,
        stack_name=stack.name,
        ended=lambda now: now is None or is_over(now.status),
        history=history,
        on_event=on_event,
        pace=pace,
    )
    on_event(Finished(stack.name, ended.status if ended else "DELETE_COMPLETE"))
    return ended


def _known(cloudformation: Any, stack_name: str) -> Stack:
    try:
        found = find_stack(cloudformation, stack_name)
    except Exception as error:
        if trouble_of(error) == "refused":
            raise refusal(error, "reading", stack_name=stack_name) from error
        raise unknown_outcome(stack_name, "", text_of(error)) from error
    return found or need_stack(cloudformation, stack_name)
