"""`payments --open`: list the payments that wait for the gateway, for a notice or for a person."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import environment_option, json_option, print_json, region_option, say


@click.command()
@environment_option
@region_option
@click.option("--open", "only_open", is_flag=True, help="Those that are not settled, or whose notice was not sent.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, oldest first.")
@json_option
def payments(environment: str, region: str | None, only_open: bool, limit: int, as_json: bool) -> int:
    """List the open payments, oldest first.

    Each with its age, amount, status, the gateway's idempotency key and its id.
    """
    from datetime import UTC, datetime

    from payflow_cfn.cli.session import output_of, outputs_of, place
    from payflow_cfn.payments.open_payments import as_text, list_open

    if not only_open:
        raise click.UsageError("payments needs --open: the table has no list of all payments")
    here = place(environment, region)
    table = output_of(here, outputs_of(here), "TransactionsTableName")
    listed = list_open(here.client("dynamodb"), table=table, limit=limit)
    if as_json:
        print_json({"payments": [each.as_json() for each in listed.payments], "more": listed.more})
        return 0
    if listed.payments:
        say(as_text(listed, datetime.now(UTC)))
    else:
        say("no payment is open", err=True)
    if listed.more:
        say(f"there are more: these are the {limit} oldest (--limit)", err=True)
    return 0
