"""`audit`: compare the needed permissions with the granted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.shared import DIFFERENT, edited_set, folder_options, print_document, say
from payflow_cfn.cli.signals import terminated_as_interrupted

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.audit.permissions.folder import Fault
    from payflow_cfn.audit.permissions.needs_vs_grants import Deviation


@click.command()
@folder_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--emulator", is_flag=True, help="Run every scenario on the embedded AWS as well (takes a minute).")
@click.option("--page", is_flag=True, help="Print the table of permissions instead (docs/permissions.md).")
def audit(folder: str | None, same: str | None, as_json: bool, emulator: bool, page: bool) -> int:
    """Check least privilege.

    Compares needed and granted permissions in every structure of a set; exit 3 if one is missing, unused, wider or
    narrower than needed, or denied. With DIR, checks that set only, which may be edited: each difference is printed
    with its file, resource and statement.
    """
    if (folder is not None or same is not None) and (emulator or page):
        raise click.UsageError("--emulator and --page go without a folder")
    if page:
        from payflow_cfn.audit.permissions.page import page as text

        click.echo(text(), nl=False)
        return 0
    if folder is not None or same is not None:
        return _one(edited_set(folder, same), as_json=as_json)
    from payflow_cfn.audit.permissions.configurations import Case
    from payflow_cfn.audit.report import audit as run_audit
    from payflow_cfn.config.project import read_project

    settings = read_project().settings
    if settings.extensions and not emulator:
        from payflow_cfn.stacks.render import build_set

        return _one(build_set(settings), as_json=as_json)
    own = Case("payflow.toml", settings)
    report = run_audit(own, record=_recorded() if emulator else None)
    if as_json:
        print_document({kind: list(found) for kind, found in report.items()})
    else:
        for kind, found in report.items():
            for each in found:
                click.echo(f"{kind}: {each}")
        click.echo(_counts(report))
    return DIFFERENT if any(report.values()) else 0


def _one(templates: TemplateSet, *, as_json: bool) -> int:
    from payflow_cfn.audit.permissions.folder import audit_set
    from payflow_cfn.audit.permissions.needs_vs_grants import KINDS

    faults = audit_set(templates)
    kinds = {kind: [each for each in faults if each.kind == kind] for kind in KINDS}
    if as_json:
        print_document({kind: [_facts(each) for each in found] for kind, found in kinds.items()})
    else:
        for each in faults:
            say(str(each))
        click.echo(_counts(kinds))
    return DIFFERENT if faults else 0


def _counts(kinds: Mapping[str, Sequence[object]]) -> str:
    return ", ".join(f"{len(found)} {kind}" for kind, found in kinds.items())


def _facts(fault: Fault) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: value for name, value in asdict(fault).items() if name != "kind"}


def _recorded() -> tuple[Deviation, ...]:
    """Compare the table with the calls that the embedded AWS records while it runs the scenarios."""
    from payflow_cfn.audit.emulator.recorded_permissions import observed_uses
    from payflow_cfn.audit.permissions.recorded_usage import against_record
    from payflow_cfn.local.demo.local_deploy import PARAMETERS

    with terminated_as_interrupted():
        click.echo("running the scenarios on the embedded AWS ...", err=True)
        uses = [(each.role, each.action, each.resource) for each in observed_uses()]
    return against_record(uses, environment=PARAMETERS["Environment"])
