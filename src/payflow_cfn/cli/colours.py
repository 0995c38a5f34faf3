"""Print a plan in colour on a terminal, so that changes that need a decision stand out."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

import click

from payflow_cfn.text import printable

_COLOURS = {"!": "red", "-/+": "red", "-": "red", "+": "green", "~": "yellow"}


def say_plan(text: str, *, err: bool = False) -> None:
    """Print a plan; in colour on a terminal, unless NO_COLOR (https://no-color.org) is set, and in its width."""
    plain = bool(os.environ.get("NO_COLOR"))
    width = shutil.get_terminal_size().columns if (sys.stderr if err else sys.stdout).isatty() else 0
    for number, line in enumerate(printable(text).split("\n")):
        style = {} if plain else _style(line, is_headline=not number)
        for part in _wrapped(line, width):
            click.echo(click.style(part, **style) if style else part, err=err)


def _style(line: str, *, is_headline: bool) -> dict[str, Any]:
    """The line in the style of its mark; click removes the style if the output is not a terminal."""
    colour = _COLOURS.get(line.split(maxsplit=1)[0]) if line.strip() else None
    if colour:
        return {"fg": colour, "bold": line.lstrip().startswith("!") or None}
    return {"bold": True} if is_headline or (line.endswith(":") and not line.startswith(" ")) else {}


def _wrapped(line: str, width: int) -> list[str]:
    """The line in parts of at most `width` columns (0: whole); a longer name or ARN is not split."""
    if not width or len(line) <= width:
        return [line]
    import textwrap

    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
