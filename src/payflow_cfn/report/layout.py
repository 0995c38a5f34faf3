"""Place the nodes of a directed graph in layers, so that most arrows go down and few cross.

The steps are those of Sugiyama's method: turn arrows that close a circle around, put each node below its
predecessors, give long arrows a bend in each layer, sort the layers by the mean place of their neighbours, then pull
the nodes over each other without touching.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

_SWEEPS = 12
_SETTLING = 20  # then each spot goes to the mean of all its neighbours
Arrow = tuple[str, str]
# A node's name, or an arrow with the layer of its bend.
_Spot = tuple[str, ...]


class Layout(NamedTuple):
    """The centre of each node as (place in its layer, layer), and the points of each arrow from its start on."""

    nodes: Mapping[str, tuple[float, int]]
    arrows: Mapping[Arrow, Sequence[tuple[float, int]]]
    layers: int


def layered(names: Sequence[str], arrows: Iterable[Arrow], *, bend: float = 0.3) -> Layout:
    """The layout of a graph; a node is 1 wide and a bend of an arrow `bend`."""
    given = list(dict.fromkeys(each for each in arrows if each[0] != each[1]))
    turned = _closing(names, given)
    straight = {each: each[::-1] if each in turned else each for each in given}
    level = _levels(names, list(straight.values()))
    chains = {each: _chain(way, level) for each, way in straight.items()}
    rows = _rows(names, level, chains.values())
    near = _neighbours(chains.values())
    _sort(rows, near)
    places = _place(rows, near, bend)
    points = {each: [(places[spot], _level(spot, level)) for spot in chain] for each, chain in chains.items()}
    return Layout(
        {name: (places[(name,)], level[name]) for name in names},
        {each: found[::-1] if each in turned else found for each, found in points.items()},
        len(rows),
    )


def _closing(names: Sequence[str], arrows: Sequence[Arrow]) -> set[Arrow]:
    """The arrows that lead back to a node on the way to them."""
    onward: dict[str, list[str]] = {name: [] for name in names}
    for start, end in arrows:
        onward[start].append(end)
    found: set[Arrow] = set()
    done: set[str] = set()
    for name in names:
        way, todo = [name], [iter(onward[name])]
        while todo and name not in done:
            nearest = next(todo[-1], None)
            if nearest is None:
                done.add(way.pop())
                todo.pop()
            elif nearest in way:
                found.add((way[-1], nearest))
            elif nearest not in done:
                way.append(nearest)
                todo.append(iter(onward[nearest]))
    return found


def _levels(names: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    level = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in arrows:
            level[end] = max(level[end], level[start] + 1)
    return level


def _chain(arrow: Arrow, level: Mapping[str, int]) -> list[_Spot]:
    start, end = arrow
    bends: list[_Spot] = [(*arrow, str(each)) for each in range(level[start] + 1, level[end])]
    return [(start,), *bends, (end,)]


def _level(spot: _Spot, level: Mapping[str, int]) -> int:
    return level[spot[0]] if len(spot) == 1 else int(spot[2])


def _rows(names: Sequence[str], level: Mapping[str, int], chains: Iterable[Sequence[_Spot]]) -> list[list[_Spot]]:
    rows: list[list[_Spot]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    bends = dict.fromkeys(spot for chain in chains for spot in chain[1:-1])
    for spot in (*((name,) for name in names), *bends):
        rows[_level(spot, level)].append(spot)
    return rows


def _neighbours(chains: Iterable[Sequence[_Spot]]) -> tuple[dict[_Spot, list[_Spot]], dict[_Spot, list[_Spot]]]:
    above: dict[_Spot, list[_Spot]] = {}
    below: dict[_Spot, list[_Spot]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _sort(rows: list[list[_Spot]], near: tuple[dict[_Spot, list[_Spot]], dict[_Spot, list[_Spot]]]) -> None:
    for sweep in range(_SWEEPS):
        side = near[sweep % 2]
        order = {spot: index for row in rows for index, spot in enumerate(row)}
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=lambda spot: _mean([order[each] for each in side.get(spot, ())], order[spot]))
            order.update({spot: index for index, spot in enumerate(row)})


def _place(
    rows: list[list[_Spot]], near: tuple[dict[_Spot, list[_Spot]], dict[_Spot, list[_Spot]]], bend: float
) -> dict[_Spot, float]:
    places: dict[_Spot, float] = {}
    for row in rows:
        places.update(zip(row, _apart([float(each) for each in range(len(row))], row, bend), strict=True))
    for sweep in range(_SWEEPS + _SETTLING):
        sides = near if sweep >= _SWEEPS else (near[sweep % 2],)
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wished = [
                _mean([places[each] for side in sides for each in side.get(spot, ())], places[spot]) for spot in row
            ]
            places.update(zip(row, _apart(wished, row, bend), strict=True))
    least = min((at - _width(spot, bend) / 2 for spot, at in places.items()), default=0.0)
    return {spot: at - least for spot, at in places.items()}


def _apart(wished: Sequence[float], row: Sequence[_Spot], bend: float) -> list[float]:
    """The nearest places to the wished ones at which no two spots of a layer touch.

    Without the room between them, the places only have to rise: neighbours that do not are put at their common mean.
    """
    room = [0.0, *((_width(one, bend) + _width(other, bend)) / 2 for one, other in pairwise(row))]
    offsets = list(accumulate(room[: len(row)]))
    groups: list[list[float]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        groups.append([wish - offset])
        while len(groups) > 1 and _mean(groups[-2], 0.0) > _mean(groups[-1], 0.0):
            last = groups.pop()
            groups[-1] += last
    places = [_mean(group, 0.0) for group in groups for _ in group]
    return [round(place + offset, 4) for place, offset in zip(places, offsets, strict=True)]


def _width(spot: _Spot, bend: float) -> float:
    return 1.0 if len(spot) == 1 else bend


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
