"""Make foreign text safe for one line of a terminal or a log."""

from __future__ import annotations

import re

_LONGEST = 2000
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


def shown(value: object) -> str:
    """A foreign value on one line without control characters (ascii() escapes them), cut to 80 characters."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
