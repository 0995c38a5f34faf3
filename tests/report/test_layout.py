"""Test the layout of graphs: layers, no two nodes in one place, arrows that end at their nodes."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.report.layout import layered

NAMES = [f"n{index}" for index in range(8)]
ARROWS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20)


@given(ARROWS)
def test_nodes_of_a_layer_do_not_touch_and_arrows_lead_from_node_to_node(arrows: list[tuple[str, str]]) -> None:
    placed = layered(NAMES, arrows)
    for one, other in combinations(NAMES, 2):
        (x, layer), (u, level) = placed.nodes[one], placed.nodes[other]
        assert layer != level or abs(x - u) > 0.99
    assert set(placed.arrows) == {each for each in arrows if each[0] != each[1]}
    for (start, end), points in placed.arrows.items():
        assert (points[0], points[-1]) == (placed.nodes[start], placed.nodes[end])
        assert {abs(one[1] - other[1]) for one, other in pairwise(points)} == {1}


def test_without_circles_arrows_go_down() -> None:
    placed = layered(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])
    assert [placed.nodes[name][1] for name in "abc"] == [0, 1, 2]
    assert len(placed.arrows["a", "c"]) == 3


def test_a_circle_is_cut_where_it_closes() -> None:
    placed = layered(["a", "b"], [("a", "b"), ("b", "a")])
    assert placed.nodes["a"][1] < placed.nodes["b"][1]
    assert placed.arrows["b", "a"][0] == placed.nodes["b"]


def test_no_node_is_no_layer() -> None:
    assert layered([], []).layers == 0
