"""`forget` and `restored`: what people change in the table of payments."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import environment_option, json_option, print_json, region_option, say, yes_option

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.payments.books import Books


@click.command()
@click.argument("transaction_id", metavar="ID")
@environment_option
@region_option
@yes_option
@json_option
def forget(transaction_id: str, environment: str, region: str | None, yes: bool, as_json: bool) -> int:
    """Take the customer out of a final payment's row.

    It asks first. The book and the use of the id stay. Exit 0 too when it was forgotten before.
    """
    from payflow_cfn.cli.run import check_id
    from payflow_cfn.cli.session import outputs_of, place
    from payflow_cfn.cli.signals import stopped_after
    from payflow_cfn.payments.books import forget_customer, read_forgettable

    check_id(transaction_id, environment)
    here = place(environment, region)
    books = _books(here, outputs_of(here))
    row = read_forgettable(books, transaction_id)
    question = f"Forget the customer of {transaction_id} ({row.status}) in {environment}? It is final."
    if not row.forgotten_at and not agreed(question, here, yes=yes):
        return 1
    look = f"`payflow payment {quote(transaction_id)}` shows its history"
    with stopped_after(f"the customer of {transaction_id} may have been forgotten", look):
        found = forget_customer(books, transaction_id, now=datetime.now(UTC))
    if as_json:
        print_json(found)
    elif found.already:
        say(f"the customer of {found.transaction_id} ({found.status}) was forgotten already, {found.at}")
    else:
        say(f"the customer of {found.transaction_id} ({found.status}) is forgotten; its book stays")
    return 0


@click.command()
@environment_option
@region_option
@click.option("--since", required=True, metavar="TIME", help="The restore point, such as 2026-11-29T10:00:00Z.")
@click.option("--until", metavar="TIME", help="When the functions were certainly stopped (in 16 minutes by default).")
@yes_option
@json_option
def restored(environment: str, region: str | None, since: str, until: str | None, yes: bool, as_json: bool) -> int:
    """Mark what a restored table does not know.

    It counts and asks first. What may have been charged since the restore point becomes UNKNOWN, and is asked about
    before it is charged. Exit 1 when an execution's payment could not be read.
    """
    from dataclasses import asdict

    from payflow_cfn.cli.session import output_of, place
    from payflow_cfn.cli.signals import stopped_after
    from payflow_cfn.deploy import need_stack
    from payflow_cfn.deploy.parameter_rules import EXEMPTIONS
    from payflow_cfn.payments.restore import LONGEST_SENDING, Restore, find_restored, gateway_of, mark_restored

    now = datetime.now(UTC)
    start, end = _time("--since", since), _time("--until", until) if until else now + LONGEST_SENDING
    if start > now or start > end:
        raise click.UsageError("--since is the restore point: it is past, and before --until")
    here = place(environment, region)
    stack = need_stack(here.client("cloudformation"), here.stack_name)
    what = Restore(start, end, gateway_of(stack.parameters), stack.parameters.get(EXEMPTIONS, ""))
    machine = output_of(here, stack.outputs, "StateMachineArn")
    books, sfn = _books(here, stack.outputs), here.client("stepfunctions")
    if not yes:
        count = len(find_restored(books, sfn, machine, what).marked)
        if not agreed(f"Mark {count} payments in {environment} as UNKNOWN?", here, yes=False):
            return 1
    with stopped_after(
        "some payments may be marked", "`payflow payments --open` lists them; run it again to mark the rest"
    ):
        found = mark_restored(books, sfn, machine, what, now=now)
    if as_json:
        print_json({"until": end, **asdict(found)})
        return 1 if found.unread else 0
    for each in found.marked:
        ended = f" (its execution: {each.ended})" if each.ended else ""
        say(f"{each.transaction_id} {each.found} -> UNKNOWN{ended}")
    for arn in found.unread:
        say(f"{arn}: its payment cannot be read, look at it before it is started again", err=True)
    say(f"{len(found.marked)} payments are asked about before they are charged")
    return 1 if found.unread else 0


def _time(option: str, text: str) -> datetime:
    """Read a time with its zone, which no other reading would guess."""
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found
    raise click.UsageError(f"{option} takes a time with its zone, such as 2026-11-29T10:00:00Z, not {text!r}")


def _books(here: Place, outputs: Mapping[str, str]) -> Books:
    """The environment's table; who changes it is whose credentials these are."""
    from payflow_cfn.cli.session import output_of
    from payflow_cfn.deploy.cloudformation.aws_errors import explained
    from payflow_cfn.payments.books import Books

    with explained("asking whose credentials these are"):
        by = str(here.client("sts").get_caller_identity()["Arn"])
    return Books(here.client("dynamodb"), output_of(here, outputs, "TransactionsTableName"), by)
