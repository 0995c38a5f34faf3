"""`verify`: check a reviewer's page against the templates."""

from __future__ import annotations

import click

from payflow_cfn.cli.report import subject
from payflow_cfn.cli.shared import DIFFERENT, say, set_option

_MOST_BYTES = 50_000_000
_MOST_LINES = 20


@click.command()
@click.argument("page", metavar="REPORT")
@set_option
@click.option("--against", default="", metavar="DIR|VERSION", help="Where the other set of the report is now.")
def verify(page: str, folder: str | None, against: str) -> int:
    """Check a report against the templates.

    Makes the page again for the environment, the other set and the payments that it names, and compares every byte;
    exit 3 with what differs.
    """
    from payflow_cfn.disk import read_bytes
    from payflow_cfn.report import differences, recorded_request, report_page

    body = read_bytes(page, limit=_MOST_BYTES, linked=True)
    request = recorded_request(body, name=page)
    if against and not request.against:
        raise click.UsageError(f"{page} compares with no other set")
    found = differences(body, report_page(subject(folder, request, against=against)))
    for each in found[:_MOST_LINES]:
        say(each)
    if len(found) > _MOST_LINES:
        say(f"and {len(found) - _MOST_LINES} more")
    say(f"{page}: {'differs from the templates' if found else 'agrees with the templates'}")
    return DIFFERENT if found else 0
