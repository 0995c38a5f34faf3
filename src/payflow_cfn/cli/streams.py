"""The standard streams of the command: a reader that goes, and a character set that lacks characters, end nothing."""

from __future__ import annotations

import io
import os
from typing import Any, TextIO


class _Lasting(io.FileIO):
    """An output whose reader may go: the rest is dropped, and the command goes on to its own exit status."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            with open(os.devnull, "wb") as nothing:
                os.dup2(nothing.fileno(), self.fileno())
            return len(data)


def lasting(stream: TextIO) -> TextIO:
    """The stream, for a reader that may go; what the terminal's character set lacks is printed as an escape."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Lasting(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
