"""The command line: parse, call, print, exit status; what a command needs is imported when it runs."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from payflow_cfn.errors import PayflowError

DIFFERENT = 3


@click.group()
@click.version_option("1.0.0", prog_name="payflow_cfn")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Payments on AWS: render, package, deploy and run the workflow."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return int(cli.main(arguments, prog_name="payflow_cfn", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 1
    except PayflowError as error:
        if "--debug" in arguments:
            raise
        click.echo(f"error: {error}", err=True)
        return error.exit_status


@cli.command()
@click.option("--out", default="templates", show_default=True, help="Folder that the versions lie in.")
@click.option("--artifacts", is_flag=True, help="Build the Lambda zips beside the templates as well.")
@click.option("--check", is_flag=True, help="Write nothing; exit 3 when a file there differs.")
def render(out: str, artifacts: bool, check: bool) -> int:
    """Write the template set of this version."""
    _lazy_yaml()
    from payflow_cfn.files import differences, write_set
    from payflow_cfn.project import read_project
    from payflow_cfn.settings import TEMPLATE_VERSION
    from payflow_cfn.template_set import set_artifacts, template_set

    settings = read_project().settings
    files: dict[str, str | bytes] = dict(template_set(settings))
    folder = str(Path(out) / TEMPLATE_VERSION)
    if check:
        found = differences(folder, files)
        for each in found:
            click.echo(f"{each.path}: {each.kind}")
        return DIFFERENT if found else 0
    if artifacts:
        files |= {f"artifacts/{each.name}.zip": each.build().body for each in set_artifacts(settings)}
    changed = write_set(folder, files)
    click.echo(f"{folder}: {len(files)} files, {len(changed)} changed")
    return 0


@cli.command()
@click.argument("folder", required=False)
@click.option("--region", default="us-east-1", show_default=True, help="Region whose rules hold.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def lint(folder: str | None, region: str, form: str) -> int:
    """Check a rendered set (by default a fresh one) by cfn-lint's rules and our own; exit 3 when any finds a fault."""
    _lazy_yaml()
    from payflow_cfn.check import check_folder, check_templates
    from payflow_cfn.project import read_project

    if folder:
        found = check_folder(Path(folder), region=region)
    else:
        from payflow_cfn.template_set import template_set, templates_of

        found = check_templates(templates_of(template_set(read_project().settings)), region=region)
    if form == "json":
        from dataclasses import asdict

        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            click.echo(str(each))
        click.echo(f"{len(found)} findings")
    return DIFFERENT if found else 0


@cli.command()
@click.argument("machine_arn")
@click.argument("payment", default="-")
@click.option("--region", help="Region of the state machine (its ARN's by default).")
def run(machine_arn: str, payment: str, region: str | None) -> int:
    """Run one payment (JSON; standard input by default) through a deployed workflow and print its result."""
    from payflow_cfn.run import run_payment

    text = sys.stdin.read() if payment == "-" else payment
    execution = run_payment(_client("stepfunctions", region or _region_of(machine_arn)), machine_arn, text)
    click.echo(execution.output or f"{execution.status}: {execution.error}")
    return 0 if execution.status == "SUCCEEDED" else 1


@cli.command()
@click.option("--out", help="Folder for the zips; with --bucket, for the templates with their S3 locations.")
@click.option("--bucket", help="Bucket that templates and zips are put into.")
@click.option("--prefix", default="payflow", show_default=True, help="Where in the bucket.")
@click.option("--region", help="Region of the bucket and of the stack.")
def package(out: str | None, bucket: str | None, prefix: str, region: str | None) -> int:
    """Build the Lambda zips into a folder, or put the whole set into a bucket."""
    _lazy_yaml()
    from payflow_cfn.files import write_set
    from payflow_cfn.project import read_project

    settings = read_project().settings
    if bucket:
        from payflow_cfn.deployment import publish_set

        client = _client("s3", region or "")
        place = publish_set(client, settings, bucket=bucket, prefix=prefix, region=client.meta.region_name)
        click.echo(f"{place.root_url}: {len(place.uploaded)} uploaded, {len(place.skipped)} there already")
        files: dict[str, str | bytes] = dict(place.rendered)
    elif out:
        from payflow_cfn.template_set import set_artifacts

        files = {f"{each.name}.zip": each.build().body for each in set_artifacts(settings)}
    else:
        raise click.UsageError("package needs --out FOLDER, --bucket BUCKET or both")
    if out:
        click.echo(f"{out}: {len(files)} files, {len(write_set(out, files))} changed")
    return 0


@cli.command()
@click.option("--env", "environment", required=True, help="Name of the environment.")
@click.option("--bucket", help="Bucket for templates and artifacts (or in payflow.toml).")
@click.option("--prefix", default="payflow", show_default=True, help="Where in the bucket.")
@click.option("--region", help="Region to deploy to.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A value of the root template.")
@click.option("--yes", is_flag=True, help="Do not ask before the change set is executed.")
def deploy(
    environment: str, bucket: str | None, prefix: str, region: str | None, parameters: tuple[str, ...], yes: bool
) -> int:
    """Package the set into a bucket and deploy it through a change set of its own."""
    _lazy_yaml()
    from payflow_cfn.deploy import event_line
    from payflow_cfn.deployment import deploy_set
    from payflow_cfn.names import parse_environment
    from payflow_cfn.project import read_project

    project = read_project()
    target = project.target(parse_environment(environment))
    where = region or target.region
    done = deploy_set(
        _client("cloudformation", where),
        _client("s3", where),
        project.settings,
        bucket=_needed(bucket or target.bucket, "--bucket"),
        prefix=prefix,
        parameters={**target.parameters, **_pairs(parameters), "Environment": environment},
        tags=dict(target.tags) or None,
        confirm=None if yes else lambda _: click.confirm("Execute this change set?", err=True),
        on_event=lambda event: click.echo(event_line(event), err=True),
    )
    click.echo("declined" if done.declined else "deployed" if done.changed else "no change", err=True)
    _print_outputs(done.outputs, as_json=False)
    return 1 if done.declined else 0


@cli.command()
@click.option("--env", "environment", required=True, help="Name of the environment.")
@click.option("--region", help="Region of the stack.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def outputs(environment: str, region: str | None, as_json: bool) -> int:
    """Print the outputs of a deployed environment."""
    from payflow_cfn.deploy import read_outputs

    client = _client("cloudformation", region or _target_region(environment))
    _print_outputs(read_outputs(client, stack_name=_stack(environment)), as_json=as_json)
    return 0


@cli.command()
@click.option("--env", "environment", required=True, help="Name of the environment.")
@click.option("--region", help="Region of the stack.")
@click.option("--yes", is_flag=True, help="Do not ask before the stack is deleted.")
def destroy(environment: str, region: str | None, yes: bool) -> int:
    """Delete a deployed environment; what its templates retain stays, and is listed."""
    from payflow_cfn.deploy import Destruction, event_line
    from payflow_cfn.deploy import destroy as destroy_stack

    def confirmed(plan: Destruction) -> bool:
        click.echo(plan.text, err=True)
        return yes or click.confirm(f"Delete {plan.stack_name} and all that is nested in it?", abort=True, err=True)

    client = _client("cloudformation", region or _target_region(environment))
    name = _stack(environment)
    done = destroy_stack(
        client, stack_name=name, confirm=confirmed, on_event=lambda event: click.echo(event_line(event), err=True)
    )
    click.echo("destroyed" if done.changed else f"no stack {name}", err=True)
    return 0


@cli.group()
def local() -> None:
    """The workflow on an AWS emulator on this machine."""


@local.command()
def demo() -> int:
    """Deploy to the embedded AWS, send payments through, and check what each one did."""
    from payflow_cfn.local.demo import demo as run_demo

    return 0 if run_demo(click.echo) else 1


@local.command()
def up() -> int:
    """Deploy to the embedded AWS and keep it until Ctrl-C; prints the AWS CLI's environment."""
    from threading import Event

    from payflow_cfn.local.demo import up as keep_up

    keep_up(click.echo, wait=Event().wait)
    return 0


@local.command()
@click.option("--payments", default=2000, show_default=True, help="How many payments to drive.")
@click.option("--seed", default=1, show_default=True, help="Chooses the payments and their faults.")
@click.option("--emulator", is_flag=True, help="Drive them through the deployed workflow (200 take minutes).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def faults(payments: int, seed: int, emulator: bool, as_json: bool) -> int:
    """Drive payments through the shipped functions while faults strike at every edge; 1 when anything goes wrong."""
    from payflow_cfn.local.faults_run import run_faults

    totals = run_faults(payments=payments, seed=seed, emulator=emulator)
    click.echo(json.dumps(totals.as_json()) if as_json else totals.as_text())
    return 0 if totals.clean else 1


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise click.UsageError(f"--parameter takes NAME=VALUE, not {text!r}")
    return dict(text.split("=", 1) for text in texts)


def _print_outputs(values: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dict(values), sort_keys=True))
        return
    for name, value in sorted(values.items()):
        click.echo(f"{name}={value}")


def _stack(environment: str) -> str:
    from payflow_cfn.names import ROOT_STACK, parse_environment

    return ROOT_STACK.text(parse_environment(environment))


def _target_region(environment: str) -> str:
    from payflow_cfn.project import read_project

    return read_project().target(environment).region


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""


def _needed(value: str, option: str) -> str:
    if not value:
        raise click.UsageError(f"{option} is needed, or its value in payflow.toml")
    return value


def _client(service: str, region: str) -> Any:
    """A client for `region`, or where that is empty, for the one of the environment or the profile (in this order)."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from payflow_cfn.errors import SettingsError

    try:
        retries = Config(retries={"mode": "standard", "max_attempts": 10})
        session: Any = boto3.Session(region_name=region or None)
        return session.client(service, config=retries)
    except BotoCoreError as error:
        raise SettingsError(f"no client for {service}: {error}", remedy="give --region or a profile") from None


def _lazy_yaml() -> None:
    """Let cfn_flip, and PyYAML with it, be loaded when somebody writes YAML: troposphere imports it, we never call it.

    A stand-in whose first attribute loads the real module; LazyLoader's would be loaded by the import statement itself.
    """
    if "cfn_flip" in sys.modules:
        return
    stand_in = ModuleType("cfn_flip")

    def load(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get("cfn_flip") is stand_in:
            del sys.modules["cfn_flip"]
        return getattr(importlib.import_module("cfn_flip"), name)

    stand_in.__getattr__ = load  # type: ignore[method-assign]
    sys.modules["cfn_flip"] = stand_in
