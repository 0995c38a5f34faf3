"""`restored`: mark the payments that may have been charged after a restore point."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import click

from payflow_cfn.cli.prompts import agreed
from payflow_cfn.cli.shared import environment_option, json_option, print_json, region_option, say, yes_option


@click.command()
@environment_option
@region_option
@click.option("--since", required=True, metavar="TIME", help="The restore point, such as 2026-11-29T10:00:00Z.")
@click.option("--until", metavar="TIME", help="When the functions were certainly stopped (in 16 minutes by default).")
@yes_option
@json_option
def restored(environment: str, region: str | None, since: str, until: str | None, yes: bool, as_json: bool) -> int:
    """Mark payments that a restore left uncertain.

    It counts and asks first. A payment that may have been charged since the restore point becomes UNKNOWN, so the
    gateway is asked before it is charged. Exit 1 if an execution's payment could not be read.
    """
    from dataclasses import asdict

    from payflow_cfn.cli.session import books_of, output_of, place
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
    books, sfn = books_of(here, stack.outputs), here.client("stepfunctions")
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
        say(f"{arn}: its payment cannot be read; check it before you start it again", err=True)
    say(f"{len(found.marked)} payments are UNKNOWN: the gateway is asked before they are charged")
    return 1 if found.unread else 0


def _time(option: str, text: str) -> datetime:
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found
    raise click.UsageError(f"{option} takes a time with its zone, such as 2026-11-29T10:00:00Z, not {text!r}")
