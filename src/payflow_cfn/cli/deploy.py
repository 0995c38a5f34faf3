"""`deploy`: deploy the set as a stack."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.colours import say_plan
from payflow_cfn.cli.deploy_request import Asked, place_and_options, repeating_request, request_of, request_options
from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import (
    Ended,
    is_pattern,
    one_at_a_time_option,
    print_outputs,
    refuse_beside,
    revert_drift_option,
    say,
    simulated_option,
    verbose_option,
)

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.cli.session import Place
    from payflow_cfn.config.options import Options
    from payflow_cfn.deploy import DeployEvent, Deployment
    from payflow_cfn.deploy.cloudformation.events import Explanation
    from payflow_cfn.deploy.preview import Preview

_LOOKED_FOR = (
    "StateMachineArn",
    "TransactionsTableName",
    "NotificationsTopicArn",
    "NotificationsDeadLetterQueueName",
    "ProcessingLogGroupName",
)


@click.command()
@request_options
@click.option(
    "--allow-replace",
    multiple=True,
    metavar="LOGICALID",
    help="Let this table, key, log group, topic, queue or secret be replaced or removed. LOGICALID is the last part of "
    "its name in the plan, such as TransactionsTable (repeatable).",
)
@click.option("--recreate", is_flag=True, help="Delete a stack whose very first create failed, and start over.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for another operation (else exit 4).",
)
@click.option(
    "--stack-policy/--no-stack-policy",
    default=None,
    help="Whether the stacks forbid to replace or delete data resources (on, unless payflow.toml turns it off).",
)
@simulated_option
@revert_drift_option
@click.option("--express", is_flag=True, help="Do not wait until resources are ready (not where production-like).")
@click.option("--change-set", metavar="NAME", help="Execute exactly the plan that `plan --keep` left under this name.")
@one_at_a_time_option
@click.option("--resume", "resumed", is_flag=True, help="Go on watching a deploy that is running; start nothing.")
@click.option("--show-cli", is_flag=True, help="Print the same as lines for a shell with the AWS CLI; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before the change set is executed.")
@verbose_option
@click.option("--json", "as_json", is_flag=True, help="Each event as a line of JSON, the result last.")
def deploy(
    environment: str,
    bucket: str | None,
    prefix: str,
    region: str | None,
    parameters: tuple[str, ...],
    folder: str | None,
    allow_replace: tuple[str, ...],
    recreate: bool,
    wait: float,
    stack_policy: bool | None,
    allow_simulated_gateway: bool,
    revert_drift: bool,
    express: bool,
    change_set: str | None,
    one_at_a_time: bool,
    resumed: bool,
    show_cli: bool,
    yes: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Deploy the set, through a change set of its own.

    Packages it into a bucket, shows what would change, and asks. `--env 'prod-*' --one-at-a-time` deploys to the
    environments of payflow.toml whose names match, in the order of the file, and stops at the first that fails.
    """
    one, several = bool(resumed or show_cli or change_set), one_at_a_time or is_pattern(environment)
    refuse_beside(
        "--resume", resumed, {"--set": folder is not None, "--show-cli": show_cli, "--change-set": change_set}
    )
    made = {"--show-cli": show_cli, "--recreate": recreate, "--wait": wait}
    refuse_beside("--change-set", change_set, {**made, "--revert-drift": revert_drift, "--express": express})
    refuse_beside("--resume, --show-cli or --change-set", one, {"--one-at-a-time or a pattern": several})
    choice: dict[str, Any] = {
        "stack_policy": stack_policy,
        "allow_replace": allow_replace,
        "recreate": recreate,
        "wait_when_busy": wait,
        "allow_simulated_gateway": allow_simulated_gateway,
        "revert_drift": revert_drift,
        "express": express,
    }
    asked = Asked(bucket, prefix, region, parameters, folder, choice)
    run = partial(_deploy_to, asked=asked, change_set=change_set or "", yes=yes, verbose=verbose, as_json=as_json)
    if several:
        from payflow_cfn.cli.in_a_row import in_a_row

        return in_a_row(
            environment,
            run,
            folder=folder,
            region=region,
            parameters=parameters,
            one_at_a_time=one_at_a_time,
            as_json=as_json,
        )
    if resumed:
        here, options = place_and_options(environment, asked)
        return _resume(here, options, as_json=as_json).exit_status
    if show_cli:
        return _show_cli(*request_of(environment, asked, None))
    return run(environment).exit_status


def _deploy_to(
    environment: str,
    templates: TemplateSet | None = None,
    *,
    asked: Asked,
    change_set: str,
    yes: bool,
    verbose: bool,
    as_json: bool,
) -> Ended:
    from payflow_cfn.cli.progress import progress
    from payflow_cfn.deploy import deploy_set, planned
    from payflow_cfn.deploy.cloudformation.events import Explained, Proposed

    here, what = request_of(environment, asked, templates)
    run = partial(planned.deploy_planned, change_set=change_set) if change_set else deploy_set.deploy_set
    began = time.monotonic()

    def confirm(seen: Preview) -> bool:
        nonlocal began
        if not as_json:  # the plan may have scrolled away
            say_plan(f"\n{seen.headline}", err=True)
        go_on = agreed("Execute this change set?", here, yes=yes)
        began = time.monotonic()  # the time to read the question does not count
        return go_on

    with progress(as_json=as_json) as on_event, repeating_request():

        def show(event: DeployEvent) -> None:
            if isinstance(event, Explained) and not as_json:
                _show(event.preview, what["options"].allow_replace, folded=not verbose)
            # Before a question, the preview shows more than the proposal.
            elif yes or as_json or not isinstance(event, Proposed):
                on_event(event)

        done = run(
            here.client("cloudformation"),
            here.client("s3"),
            **what,
            clients=here.client,
            confirm=None if yes else confirm,
            on_event=show,
        )
    ended = _concluded(here, done, time.monotonic() - began, as_json=as_json)
    if done.declined and change_set and not as_json:
        say(f"the change set stays: `payflow plan --discard {change_set}` deletes it", err=True)
    return ended


def _show(seen: Explanation, allowed: tuple[str, ...], *, folded: bool) -> None:
    """Print the plan, and each name of --allow-replace that nothing matches: a typo, or left from another deploy."""
    say_plan(seen.told(folded=folded), err=True)
    paths = [each["path"] for each in seen.data["changes"] if each["kind"] == "resource"]
    known = {name for path in paths for name in (path[-1], "/".join(path))}
    for name in allowed:
        if name not in known:
            say(f"--allow-replace {name}: nothing of that name would change", err=True)


def _resume(here: Place, options: Options, *, as_json: bool) -> Ended:
    from dataclasses import replace

    from payflow_cfn.cli.progress import progress
    from payflow_cfn.deploy import resume

    began = time.monotonic()
    with progress(as_json=as_json) as on_event:
        done = resume(
            here.client("cloudformation"),
            stack_name=here.stack_name,
            options=options,
            on_event=on_event,
        )
    # An operation that ended before `resume` read it was a deploy as well.
    return _concluded(here, replace(done, changed=True), time.monotonic() - began, as_json=as_json)


def _show_cli(here: Place, what: dict[str, Any]) -> int:
    from payflow_cfn.deploy.manual_steps import deploy_lines

    del what["expected_owner"]  # the printed lines have no option for it
    for line in deploy_lines(here.client("cloudformation"), here.client("s3"), **what):
        click.echo(line)
    return 0


def _concluded(here: Place, done: Deployment, seconds: float, *, as_json: bool) -> Ended:
    from payflow_cfn.cli.progress import result

    how = "declined" if done.declined else "deployed" if done.changed else "no change"
    if as_json:
        facts = {"stack_id": done.stack_id, "status": done.status, "outputs": dict(done.outputs)}
        result("Result", {"result": how, **facts})
    else:
        say(f"{how} in {_spell(seconds)}" if done.changed else how, err=True)
        _tell_outputs(done.outputs)
        if done.changed:
            say(f"next: {_next(here, done.outputs)}", err=True)
    return Ended(how, 1 if done.declined else 0, here.region)


def _spell(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _tell_outputs(outputs: Mapping[str, str]) -> None:
    """Print the outputs that people need most, or all if there are none of these, and the command for the others."""
    shown = {name: outputs[name] for name in _LOOKED_FOR if name in outputs} or outputs
    print_outputs(shown, as_json=False)
    rest = len(outputs) - len(shown)
    if rest:
        say(f"`payflow outputs` has {rest} more", err=True)


def _next(here: Place, outputs: Mapping[str, str]) -> str:
    """The command to suggest next: a payment, unless it would move money."""
    from payflow_cfn.workflow.payment_input import EXAMPLE

    if here.production or outputs.get("GatewaySecretArn"):
        return "`payflow status`"
    return f"`payflow run '{EXAMPLE}'`"
