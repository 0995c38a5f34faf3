"""Make foreign text safe for one line of a terminal or a log."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 2000
_NAMED = 10
# "User: ARN is not authorized to perform: ACTION on resource: ARN" reads as a sentence without its colons.
_LABELS = r"\b(User|perform|resource): "


def one_line(text: str, *, longest: int = _LONGEST) -> str:
    """The text on one line, without control characters (they could control a terminal), cut to `longest` characters."""
    line = " ".join(_without_controls(text[: longest * 2]).split())
    return line if len(line) <= longest else line[: longest - 1] + "\u2026"


def clause(text: str) -> str:
    """A foreign text as a part of our sentence: on one line, without colons and a full stop."""
    return re.sub(_LABELS, r"\1 ", one_line(text)).replace(": ", ", ").removesuffix(".")


def printable(text: str) -> str:
    """The lines of a text without characters that could control a terminal: escapes, and ones that hide text."""
    return "\n".join(_without_controls(line) for line in text.split("\n"))


def _without_controls(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def safe(line: str) -> str:
    """One line that a terminal prints and does not obey: control and format characters are written as escapes."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)


def nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for a name that is not known: the nearest known one, or the known ones."""
    import difflib

    every = sorted(known)
    close = difflib.get_close_matches(name, every, n=1)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(every[:_NAMED]) or 'none'}{more}"


def shown(value: object) -> str:
    """A foreign value on one line without control characters (ascii() escapes them), cut to 80 characters."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
