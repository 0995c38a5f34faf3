"""The command line: parse, call, print, exit status; what a command needs is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.errors import PayflowError

if TYPE_CHECKING:
    from payflow_cfn.settings import Settings

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


def _settings() -> Settings:
    """The [settings] table of ./payflow.toml, or the described system where there is no such file."""
    from payflow_cfn.settings import Settings, parse_settings

    path = Path("payflow.toml")
    if not path.exists():
        return Settings()
    import tomllib

    from payflow_cfn.errors import SettingsError

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"payflow.toml is not TOML ({error})", remedy="correct it") from None
    unknown = sorted(set(document) - {"settings"})
    if unknown:
        raise SettingsError(f"payflow.toml has no table {unknown[0]!r}", remedy="known is [settings]")
    return parse_settings(document.get("settings", {}))


@cli.command()
@click.option("--out", default="templates", show_default=True, help="Folder that the versions lie in.")
@click.option("--artifacts", is_flag=True, help="Build the Lambda zips beside the templates as well.")
@click.option("--check", is_flag=True, help="Write nothing; exit 3 when a file there differs.")
def render(out: str, artifacts: bool, check: bool) -> int:
    """Write the template set of this version."""
    _lazy_yaml()
    from payflow_cfn.files import differences, write_set
    from payflow_cfn.settings import TEMPLATE_VERSION
    from payflow_cfn.template_set import set_artifacts, template_set

    settings = _settings()
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
@click.argument("machine_arn")
@click.argument("payment")
@click.option("--region", help="Region of the state machine.")
def run(machine_arn: str, payment: str, region: str | None) -> int:
    """Run one payment (JSON) through a deployed workflow and print its result."""
    from payflow_cfn.run import run_payment

    execution = run_payment(_client("stepfunctions", region), machine_arn, payment)
    click.echo(execution.output or f"{execution.status}: {execution.error}")
    return 0 if execution.status == "SUCCEEDED" else 1


@cli.command()
@click.option("--env", "environment", required=True, help="Name of the environment.")
@click.option("--bucket", required=True, help="Bucket for templates and artifacts.")
@click.option("--prefix", default="payflow", show_default=True, help="Where in the bucket.")
@click.option("--region", help="Region to deploy to.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A value of the root template.")
def deploy(environment: str, bucket: str, prefix: str, region: str | None, parameters: tuple[str, ...]) -> int:
    """Package the set into a bucket and deploy it through a change set of its own."""
    from payflow_cfn.deployment import deploy_set
    from payflow_cfn.names import parse_environment

    values = {"Environment": parse_environment(environment), **_pairs(parameters)}
    clients = {name: _client(name, region) for name in ("s3", "cloudformation")}
    done = deploy_set(
        clients["cloudformation"], clients["s3"], _settings(), bucket=bucket, prefix=prefix, parameters=values,
        on_event=lambda event: click.echo(str(event)),
    )  # fmt: skip
    click.echo("deployed" if done.changed else "no change")
    for name, value in sorted(done.outputs.items()):
        click.echo(f"{name}={value}")
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
@click.option("--payments", default=2000, show_default=True, help="How many payments to drive.")
@click.option("--seed", default=1, show_default=True, help="Chooses the payments and their faults.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def faults(payments: int, seed: int, as_json: bool) -> int:
    """Drive payments through the shipped functions while faults strike at every edge; 1 when anything goes wrong."""
    from payflow_cfn.local.faults_run import run_faults

    totals = run_faults(payments=payments, seed=seed)
    click.echo(json.dumps(totals.as_json()) if as_json else totals.as_text())
    return 0 if totals.clean else 1


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise click.UsageError(f"--parameter takes NAME=VALUE, not {text!r}")
    return dict(text.split("=", 1) for text in texts)


def _client(service: str, region: str | None) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from payflow_cfn.errors import SettingsError

    try:
        retries = Config(retries={"mode": "standard", "max_attempts": 10})
        session: Any = boto3.Session(region_name=region)
        return session.client(service, config=retries)
    except BotoCoreError as error:
        raise SettingsError(f"no client for {service}: {error}", remedy="give --region or a profile") from None


def _lazy_yaml() -> None:
    """Let PyYAML be loaded only by whoever writes YAML: troposphere imports cfn_flip at once, we never call it."""
    import importlib.util

    spec = importlib.util.find_spec("cfn_flip")
    if "cfn_flip" in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["cfn_flip"] = module
    spec.loader.exec_module(module)
