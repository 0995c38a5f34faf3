"""`forget`: remove the customer from a final payment's row."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import environment_option, json_option, print_json, region_option, say, yes_option


@click.command()
@click.argument("transaction_id", metavar="ID")
@environment_option
@region_option
@yes_option
@json_option
def forget(transaction_id: str, environment: str, region: str | None, yes: bool, as_json: bool) -> int:
    """Remove the customer from a final payment's row.

    It asks first. The status, the history and the used id stay. Exit 0 also if it was forgotten before.
    """

    from payflow_cfn.cli.payment_check import check_id
    from payflow_cfn.cli.session import books_of, outputs_of, place
    from payflow_cfn.cli.signals import stopped_after
    from payflow_cfn.payments.books import forget_customer, read_forgettable
    from payflow_cfn.workflow.payment_input import payment_command

    check_id(transaction_id, environment)
    here = place(environment, region)
    books = books_of(here, outputs_of(here))
    row = read_forgettable(books, transaction_id)
    question = f"Forget the customer of {transaction_id} ({row.status}) in {environment}? It is final."
    if not row.forgotten_at and not agreed(question, here, yes=yes):
        return 1
    look = f"{payment_command(transaction_id)} shows its history"
    with stopped_after(f"the customer of {transaction_id} may have been forgotten", look):
        found = forget_customer(books, transaction_id, now=datetime.now(UTC))
    if as_json:
        print_json(found)
    elif found.already:
        say(f"the customer of {found.transaction_id} ({found.status}) was forgotten already, {found.at}")
    else:
        say(f"the customer of {found.transaction_id} ({found.status}) is forgotten; the payment's history stays")
    return 0
