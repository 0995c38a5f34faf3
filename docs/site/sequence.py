"""Draw a sequence diagram of Mermaid as SVG, in the colours of the page: no script draws it in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import accumulate
from typing import NamedTuple

_PARTICIPANT = re.compile(r"participant (\w+) as (.+)")
_MESSAGE = re.compile(r"(\w+)(-{1,2})(>>|x)(\w+): (.+)")
_NOTE = re.compile(r"Note over (\w+)(?:,(\w+))?: (.+)")
_ARROWS = ("message", "answer", "lost")
_FRAME = re.compile(r"(loop|alt|else) (.+)")
# Pixels: of a letter, of a row, and of the space beside a text, a column and the picture.
_LETTER, _ROW, _BESIDE, _LEAST, _MARGIN = 6.4, 34, 22, 120, 16


class Row(NamedTuple):
    """One line of the diagram: its kind, the columns from which and to which it goes, and its text."""

    kind: str
    start: int
    end: int
    text: str


def sequence(source: str) -> str:
    """The diagram as an SVG element."""
    names: dict[str, str] = dict(_PARTICIPANT.findall(source))
    rows = list(_rows(source, list(names)))
    places = _places(rows, len(names))
    width = max(_edges(row, places)[1] for row in rows) + _MARGIN
    height = (len(rows) + 1) * _ROW + 2 * _MARGIN
    parts = [*_heads(list(names.values()), places, height), *_body(rows, places, width)]
    label = f"Sequence of {', '.join(names.values())}"
    return (
        f'<svg class="sequence" role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">{"".join(parts)}</svg>'
    )


def _rows(source: str, names: list[str]) -> Iterator[Row]:
    for line in map(str.strip, source.splitlines()):
        if found := _MESSAGE.fullmatch(line):
            kind = "lost" if found[3] == "x" else "answer" if len(found[2]) > 1 else "message"
            yield Row(kind, names.index(found[1]), names.index(found[4]), found[5])
        elif found := _NOTE.fullmatch(line):
            first, last = names.index(found[1]), names.index(found[2] or found[1])
            yield Row("note", first, last, found[3])
        elif found := _FRAME.fullmatch(line):
            yield Row(found[1], 0, len(names) - 1, found[2])
        elif line == "end":
            yield Row("end", 0, len(names) - 1, "")
        elif line and line != "sequenceDiagram" and not _PARTICIPANT.fullmatch(line):
            raise ValueError(f"the diagram has a line that is not drawn: {line}")


def _places(rows: list[Row], columns: int) -> list[float]:
    """The middle of each column: as far apart as the texts between them need, from the left edge of the widest row."""
    gaps = [float(_LEAST)] * (columns - 1)
    for row in rows:
        first, last = sorted((row.start, row.end))
        if first < last and (row.kind in _ARROWS or row.kind == "note"):
            missing = max(0.0, _long(row.text) - sum(gaps[first:last])) / (last - first)
            gaps[first:last] = [each + missing for each in gaps[first:last]]
    found = list(accumulate(gaps, initial=0.0))
    left = min(_edges(row, found)[0] for row in rows)
    return [each - left + _MARGIN for each in found]


def _long(text: str) -> float:
    return len(text) * _LETTER + _BESIDE


def _edges(row: Row, places: list[float]) -> tuple[float, float]:
    """Where a row begins and ends, or the name of the outer column."""
    middle, half = (places[row.start] + places[row.end]) / 2, _long(row.text) / 2
    if row.kind not in _ARROWS and row.kind != "note":
        return places[0] - _LEAST / 2, max(places[-1] + _LEAST / 2, places[0] - _LEAST / 2 + _long(row.text) + 60)
    return min(places[0] - _LEAST / 2, middle - half), max(places[-1] + _LEAST / 2, middle + half)


def _heads(names: list[str], places: list[float], height: float) -> Iterator[str]:
    for name, x in zip(names, places, strict=True):
        width = _long(name)
        yield f'<path class="life" d="M{x:.0f} {_MARGIN + 26}V{height - _MARGIN / 2:.0f}"/>'
        yield f'<rect x="{x - width / 2:.0f}" y="{_MARGIN}" width="{width:.0f}" height="26" rx="4"/>'
        yield _text(x, _MARGIN + 17, name)


def _body(rows: list[Row], places: list[float], width: float) -> Iterator[str]:
    open_frames: list[float] = []
    for number, row in enumerate(rows, 2):
        y = number * _ROW
        start, end = places[row.start], places[row.end]
        if row.kind in _ARROWS:
            yield from _arrow(row, start, end, y)
        elif row.kind == "note":
            half = max(_long(row.text), end - start + _BESIDE) / 2
            middle = (start + end) / 2
            yield f'<rect class="note" x="{middle - half:.0f}" y="{y - 17}" width="{2 * half:.0f}" height="24" rx="2"/>'
            yield _text(middle, y, row.text)
        elif row.kind == "end":
            top = open_frames.pop()
            yield f'<rect class="frame" x="4" y="{top:.0f}" width="{width - 8:.0f}" height="{y - top:.0f}" rx="4"/>'
        else:
            if row.kind == "else":
                yield f'<path class="frame" d="M4 {y - 18}H{width - 4:.0f}"/>'
            else:
                open_frames.append(y - 18)
            yield _text(12, y, f"{row.kind}: {row.text}", anchor="start")


def _arrow(row: Row, start: float, end: float, y: float) -> Iterator[str]:
    way = 1 if end >= start else -1
    yield f'<path class="{row.kind}" d="M{start:.0f} {y + 4:.0f}H{end - way * 2:.0f}"/>'
    cross = f"M{end - way * 12:.0f} {y:.0f}l8 8m0 -8l-8 8" if way > 0 else f"M{end + 4:.0f} {y:.0f}l8 8m0 -8l-8 8"
    point = f"M{end:.0f} {y + 4:.0f}l{-way * 8} -4v8z"
    yield f'<path class="head" d="{cross if row.kind == "lost" else point}"/>'
    yield _text((start + end) / 2, y - 2, row.text)


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'
