"""`audit`: needed against granted, and what becomes of every weakened copy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from payflow_cfn.commands.lazy import lazy_yaml
from payflow_cfn.commands.shared import DIFFERENT

if TYPE_CHECKING:
    from payflow_cfn.audit.compare import Difference
    from payflow_cfn.audit.report import Report


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--emulator", is_flag=True, help="Run every scenario on the embedded AWS as well (takes seconds).")
@click.option("--page", is_flag=True, help="Print the table of permissions instead (docs/permissions.md).")
def audit(as_json: bool, emulator: bool, page: bool) -> int:
    """Prove least privilege: nothing missing, nothing unused, every weakened copy noticed; exit 3 where that fails."""
    lazy_yaml()
    if page:
        from payflow_cfn.audit.page import page as text

        click.echo(text(), nl=False)
        return 0
    from payflow_cfn.audit.cases import Case
    from payflow_cfn.audit.report import audit as run_audit
    from payflow_cfn.project import read_project

    report = run_audit(Case("payflow.toml", read_project().settings), record=_record() if emulator else None)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _tell(report)
    return 0 if report.clean else DIFFERENT


def _record() -> Difference:
    from payflow_cfn.audit.seen import against_record
    from payflow_cfn.local.demo import PARAMETERS
    from payflow_cfn.local.observed import observed_uses

    click.echo("run the scenarios on the embedded AWS ...", err=True)
    uses = [(each.role, each.action, each.resource) for each in observed_uses()]
    return against_record(uses, environment=PARAMETERS["Environment"])


def _tell(report: Report) -> None:
    for title, found in (
        ("missing", report.missing),
        ("unused", report.unused),
        ("survived", report.mutants.survivors),
    ):
        for each in found:
            click.echo(f"{title}: {each}")
    for kind, count in report.mutants.by_kind.items():
        click.echo(f"{count.killed:4} of {count.total:4} {kind}")
    click.echo(
        f"{len(report.missing)} missing, {len(report.unused)} unused, "
        f"{report.mutants.killed} of {report.mutants.total} mutants noticed"
    )
