"""Retry calls that get no answer for a minute or more, and print why."""

from __future__ import annotations

from typing import Any

import click

from payflow_cfn.text import one_line

# The second silence in a row: a single one is over before anybody wonders.
_SILENCES = 2


def tell_of_retries(client: Any) -> Any:
    """The client, which says once on standard error that it goes on trying."""
    told: list[str] = []

    def tell(*, attempts: int, caught_exception: Exception | None, **_: Any) -> None:
        if caught_exception is not None and attempts >= _SILENCES and not told:
            told.append(one_line(str(caught_exception)))
            click.echo(f"no answer yet ({told[0]}), trying again ...", err=True)

    client.meta.events.register("needs-retry", tell)
    return client
