"""Length limits of every text that is stored, logged or returned, and the function that cuts a text to its limit."""

from __future__ import annotations

from typing import Final

ID_LENGTH: Final = 128
ERROR_LENGTH: Final = 200
ERROR_COUNT: Final = 20
REFERENCE_LENGTH: Final = 255
CODE_LENGTH: Final = 64
MARK: Final = "...(truncated)"


def bounded(text: object, *, limit: int) -> str:
    """Return the text as printable ASCII of at most `limit` characters, marked where it was cut."""
    if isinstance(text, str) and len(text) <= limit and text.isascii() and text.isprintable():
        return text
    plain = str(text)[: limit + 1].encode("ascii", "replace").decode("ascii")
    line = "".join(character if character.isprintable() else " " for character in plain)
    return line if len(line) <= limit else line[: limit - len(MARK)] + MARK
