"""`audit`: compare needed and granted permissions, and test that weakened copies are found."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.commands.interrupts import terminated_as_interrupted
from payflow_cfn.commands.shared import DIFFERENT, print_document

if TYPE_CHECKING:
    from payflow_cfn.audit.report import Report


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--emulator", is_flag=True, help="Run every scenario on the embedded AWS as well (takes a minute).")
@click.option("--page", is_flag=True, help="Print the table of permissions instead (docs/permissions.md).")
def audit(as_json: bool, emulator: bool, page: bool) -> int:
    """Prove least privilege.

    Nothing is missing, nothing unused, and every weakened copy is noticed; exit 3 where that fails.
    """
    if page:
        from payflow_cfn.audit.page import page as text

        click.echo(text(), nl=False)
        return 0
    from payflow_cfn.audit.cases import Case
    from payflow_cfn.audit.report import audit as run_audit
    from payflow_cfn.project import read_project

    own = Case("payflow.toml", read_project().settings)
    report = run_audit(own, **(_on_emulator() if emulator else {}))
    if as_json:
        print_document(report.as_json())
    else:
        _tell(report)
    return 0 if report.clean else DIFFERENT


def _on_emulator() -> dict[str, Any]:
    from payflow_cfn.audit.seen import against_record
    from payflow_cfn.local.observed import observed_uses
    from payflow_cfn.local.opening import PARAMETERS
    from payflow_cfn.local.story_judge import treats_a_payment_differently
    from payflow_cfn.local.withheld import withhold

    with terminated_as_interrupted():
        click.echo("run the scenarios on the embedded AWS ...", err=True)
        uses = [(each.role, each.action, each.resource) for each in observed_uses()]
        record = against_record(uses, environment=PARAMETERS["Environment"])
        click.echo("take each observed permission away ...", err=True)
        return {"record": record, "withheld": withhold(), "stories": treats_a_payment_differently}


def _tell(report: Report) -> None:
    for title, found in (
        ("missing", report.missing),
        ("unused", report.unused),
        ("survived", report.mutants.survivors),
    ):
        for each in found:
            click.echo(f"{title}: {each}")
    families = groupby(report.mutants.by_kind.items(), key=lambda item: item[0].partition(",")[0])
    for family, kinds in families:
        counts = [count for _, count in kinds]
        killed, total = sum(each.killed for each in counts), sum(each.total for each in counts)
        click.echo(f"{killed:4} of {total:4} noticed: {family}, {len(counts)} kinds")
    killers = ", ".join(f"{count} by {name}" for name, count in report.mutants.by_killer.items())
    click.echo(f"noticed first: {killers}")
    click.echo(
        f"{len(report.missing)} missing, {len(report.unused)} unused, "
        f"{report.mutants.killed} of {report.mutants.total} mutants noticed"
    )
