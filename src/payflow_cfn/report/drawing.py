"""Draw a placed graph as SVG: nodes with a name, arrows with a tooltip; colours come from the page's style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from payflow_cfn.report.html import Html, joined, tag
from payflow_cfn.report.layout import layered

_MARGIN = 12


class Node(NamedTuple):
    """A box: its name, its kind (a class of the style), and what a pointer on it reads."""

    name: str
    kind: str = "plain"
    note: str = ""


class Edge(NamedTuple):
    """An arrow; a dashed one is an error's way."""

    start: str
    end: str
    note: str = ""
    is_dashed: bool = False


class Size(NamedTuple):
    """The room of a node, in pixels: its box is smaller by the gaps."""

    width: int = 164
    height: int = 64
    box: int = 30


def graph(name: str, title: str, nodes: Sequence[Node], edges: Iterable[Edge], size: Size = Size()) -> Html:  # noqa: B008
    """A picture of a graph from the top down."""
    merged = _merged(edges)
    placed = layered([each.name for each in nodes], merged)
    arrows = [
        _arrow(name, edge, [_point(at, size) for at in placed.arrows[key]], size)
        for key, edge in merged.items()
        if key in placed.arrows
    ]
    boxes = [_box(each, _point(placed.nodes[each.name], size), size) for each in nodes]
    width = max((at for at, _ in placed.nodes.values()), default=0) + 0.5
    bends = max((at for points in placed.arrows.values() for at, _ in points), default=0.0) + 0.2
    return _figure(name, title, max(width, bends) * size.width, placed.layers * size.height, [*arrows, *boxes])


def columns(
    name: str, title: str, left: Sequence[Node], right: Sequence[Node], edges: Iterable[Edge], size: Size
) -> Html:
    """A picture with two columns, and the arrows from the left one to the right one."""
    merged = _merged(edges)
    order = {each.name: index for index, each in enumerate(left)}
    right = sorted(right, key=lambda each: _mean([order[start] for start, end in merged if end == each.name]))
    height = max(len(left), len(right)) * size.height
    places: dict[tuple[str, bool], tuple[float, float]] = {}
    for is_right, column in ((False, left), (True, right)):
        step = height / max(len(column), 1)
        x = size.width * (2.0 if is_right else 0.5)
        places.update({(each.name, is_right): (x, step * (index + 0.5)) for index, each in enumerate(column)})
    half = size.width / 2 - 8
    arrows = [
        _path(name, edge, f"M{x + half:.1f} {y:.1f}C{x + half + 70:.1f} {y:.1f} {u - half - 76:.1f} {v:.1f} "
              f"{u - half - 6:.1f} {v:.1f}")
        for edge in merged.values()
        for (x, y), (u, v) in [(places[edge.start, False], places[edge.end, True])]
    ]  # fmt: skip
    boxes = [
        _box(each, places[each.name, is_right], size)
        for is_right, side in ((False, left), (True, right))
        for each in side
    ]
    return _figure(name, title, size.width * 2.5, height, [*arrows, *boxes])


def _merged(edges: Iterable[Edge]) -> dict[tuple[str, str], Edge]:
    """One arrow for each pair; it is dashed where all of its ways are."""
    found: dict[tuple[str, str], Edge] = {}
    for each in edges:
        key = (each.start, each.end)
        known = found.get(key, each)
        notes = dict.fromkeys(filter(None, (*known.note.split("; "), each.note)))
        found[key] = each._replace(note="; ".join(notes), is_dashed=known.is_dashed and each.is_dashed)
    return found


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0


def _point(at: tuple[float, int], size: Size) -> tuple[float, float]:
    return at[0] * size.width, (at[1] + 0.5) * size.height


def _arrow(name: str, edge: Edge, points: Sequence[tuple[float, float]], size: Size) -> Html:
    """A line through the points, from the edge of one box to that of the other."""
    way = 1 if points[-1][1] >= points[0][1] else -1
    first = (points[0][0], points[0][1] + way * size.box / 2)
    last = (points[-1][0], points[-1][1] - way * (size.box / 2 + 5))
    line = [first, *points[1:-1], last]
    # At a bend the line goes in the direction from the point before it to the one after it, at its ends straight down.
    turns = [(v[0] - u[0], v[1] - u[1]) for u, v in zip(line, line[2:], strict=False)]
    ways = [(0.0, way * size.height * 1.5), *turns, (0.0, way * size.height * 1.5)]
    parts = [f"M{first[0]:.1f} {first[1]:.1f}"]
    for index, ((x, y), (u, v)) in enumerate(pairwise(line)):
        (a, b), (c, d) = ways[index], ways[index + 1]
        parts.append(f"C{x + a / 6:.1f} {y + b / 6:.1f} {u - c / 6:.1f} {v - d / 6:.1f} {u:.1f} {v:.1f}")
    return _path(name, edge, "".join(parts))


def _path(name: str, edge: Edge, line: str) -> Html:
    note = f"{edge.start} to {edge.end}" + (f": {edge.note}" if edge.note else "")
    kind = "edge dashed" if edge.is_dashed else "edge"
    return tag("path", tag("title", note), d=line, class_=kind, marker_end=f"url(#{name}-head)")


def _box(node: Node, at: tuple[float, float], size: Size) -> Html:
    width = size.width - 16
    rounding = {"choice": 2, "end": size.box / 2, "bad": size.box / 2}.get(node.kind, 6)
    box = tag("rect", x=f"{at[0] - width / 2:.1f}", y=f"{at[1] - size.box / 2:.1f}", width=width, height=size.box,
              rx=f"{rounding:g}")  # fmt: skip
    label = tag("text", _fitting(node.name, width), x=f"{at[0]:.1f}", y=f"{at[1] + 4:.1f}")
    return tag("g", tag("title", node.note or node.name), box, label, class_=f"node {node.kind}")


def _fitting(text: str, width: float) -> str:
    most = int(width / 6.8)
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _figure(name: str, title: str, width: float, height: float, parts: Iterable[Html]) -> Html:
    head = tag("marker", tag("path", d="M0 0L8 4L0 8z"), id=f"{name}-head", viewBox="0 0 8 8", refX="4", refY="4",
               markerWidth="7", markerHeight="7", orient="auto-start-reverse")  # fmt: skip
    right, bottom = round(width) + 2 * _MARGIN, round(height) + 2 * _MARGIN
    inner = tag("g", *parts, transform=f"translate({_MARGIN} {_MARGIN})")
    drawn = tag("svg", tag("title", title, id=f"{name}-name"), tag("defs", head), inner, role="img",
                aria_labelledby=f"{name}-name", viewBox=f"0 0 {right} {bottom}", width=right,
                height=bottom)  # fmt: skip
    shown = tag("div", drawn, class_="scroll picture", tabindex="0", role="region", aria_label=f"Picture: {title}")
    return joined([tag("figure", shown, tag("figcaption", title))])
