"""Resume: follow an operation that an earlier run started and could no longer follow."""

from __future__ import annotations

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy.changeset.history import History
from payflow_cfn.deploy.changeset.outcome import Deployment, concluded
from payflow_cfn.deploy.changeset.stack_policy import put_guards
from payflow_cfn.deploy.changeset.wait import Pace, follow, unknown_outcome
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, refusal, text_of, trouble_of
from payflow_cfn.deploy.cloudformation.events import OnEvent, Started, ignore
from payflow_cfn.deploy.cloudformation.stack import Stack, find_stack, need_stack
from payflow_cfn.deploy.cloudformation.stack_statuses import is_over, rule_for
from payflow_cfn.errors import DeployError


def resume(
    cloudformation: CloudFormationClient,
    *,
    stack_name: str,
    options: Options = DEFAULTS,
    on_event: OnEvent = ignore,
    pace: Pace | None = None,
) -> Deployment:
    """Follow an operation that is running, or has ended meanwhile, and return what `deploy` would have returned.

    It also puts on the guards of `options`, as `deploy` would have. UnknownOutcomeError while the stack cannot be read,
    and the errors of `deploy`.
    """
    pace = pace or Pace()
    stack = _known(cloudformation, stack_name)
    if stack.status == "REVIEW_IN_PROGRESS":
        raise DeployError(
            f"nothing was started on {stack_name}: {rule_for(stack.status).why}",
            remedy="deploy again",
            stack_name=stack_name,
        )
    ended: Stack | None = stack
    running = not is_over(stack.status)
    if running:
        on_event(Started(stack.name, stack.stack_id, stack.status.split("_")[0]))
        ended = follow(
            cloudformation,
            stack.stack_id,
            stack_name=stack.name,
            ended=lambda now: now is None or is_over(now.status),
            history=History(cloudformation, stack.stack_id, stack.changed_at, operations=stack.operations),
            on_event=on_event,
            pace=pace,
        )
    done = concluded(cloudformation, ended, changed=running, stack_name=stack_name)
    if ended is not None:
        put_guards(cloudformation, ended, options)
    return done


def _known(cloudformation: CloudFormationClient, stack_name: str) -> Stack:
    try:
        found = find_stack(cloudformation, stack_name)
    except aws_errors() as error:
        if trouble_of(error) == "refused":
            raise refusal(error, "reading", stack_name=stack_name) from error
        raise unknown_outcome(stack_name, "", text_of(error)) from error
    return found or need_stack(cloudformation, stack_name)
