"""A plan's lines in colour, for a terminal: what needs a decision stands out."""

from __future__ import annotations

import os

import click

from payflow_cfn.text import printable

_COLOURS = {"!": "red", "-/+": "red", "-": "red", "+": "green", "~": "yellow"}


def say_plan(text: str, *, err: bool = False) -> None:
    """Print a plan; in colour on a terminal, unless NO_COLOR (https://no-color.org) is set."""
    plain = bool(os.environ.get("NO_COLOR"))
    for line in printable(text).split("\n"):
        click.echo(line if plain else _styled(line), err=err)


def _styled(line: str) -> str:
    """The line in the colour of its mark; click takes colours out again where no terminal is."""
    colour = _COLOURS.get(line.split(maxsplit=1)[0]) if line.strip() else None
    if colour:
        return click.style(line, fg=colour, bold=line.lstrip().startswith("!") or None)
    return click.style(line, bold=True) if line.endswith(":") and not line.startswith(" ") else line
