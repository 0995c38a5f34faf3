"""Text from elsewhere, made safe for one line of a terminal or a log."""

from __future__ import annotations

_LONGEST = 2000


def one_line(text: str, *, longest: int = _LONGEST) -> str:
    """The text without control characters (a terminal would obey them), on one line, cut to `longest` characters."""
    shown = "".join(each if each.isprintable() else " " for each in text[: longest * 2])
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "\u2026"
