"""`audit`: needed permissions against granted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from payflow_cfn.commands.interrupts import terminated_as_interrupted
from payflow_cfn.commands.shared import DIFFERENT, print_document

if TYPE_CHECKING:
    from payflow_cfn.audit.compare import Difference


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--emulator", is_flag=True, help="Run every scenario on the embedded AWS as well (takes a minute).")
@click.option("--page", is_flag=True, help="Print the table of permissions instead (docs/permissions.md).")
def audit(as_json: bool, emulator: bool, page: bool) -> int:
    """Prove least privilege.

    Nothing is missing and nothing unused; exit 3 where that fails.
    """
    if page:
        from payflow_cfn.audit.page import page as text

        click.echo(text(), nl=False)
        return 0
    from payflow_cfn.audit.cases import Case
    from payflow_cfn.audit.report import audit as run_audit
    from payflow_cfn.project import read_project

    own = Case("payflow.toml", read_project().settings)
    report = run_audit(own, record=_recorded() if emulator else None)
    if as_json:
        print_document({"missing": list(report.missing), "unused": list(report.unused)})
    else:
        for title, found in (("missing", report.missing), ("unused", report.unused)):
            for each in found:
                click.echo(f"{title}: {each}")
        click.echo(f"{len(report.missing)} missing, {len(report.unused)} unused")
    return 0 if report.clean else DIFFERENT


def _recorded() -> Difference:
    """The table against the calls that the embedded AWS records while it runs the scenarios."""
    from payflow_cfn.audit.seen import against_record
    from payflow_cfn.local.observed import observed_uses
    from payflow_cfn.local.opening import PARAMETERS

    with terminated_as_interrupted():
        click.echo("run the scenarios on the embedded AWS ...", err=True)
        uses = [(each.role, each.action, each.resource) for each in observed_uses()]
    return against_record(uses, environment=PARAMETERS["Environment"])
