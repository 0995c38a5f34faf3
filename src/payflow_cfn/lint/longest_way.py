"""The seconds of the longest way through a state machine, as far as its definition has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.state_graph import next_states, reachable
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.machine import inner_graphs

# A loop is gone through once, and this many repetitions of a step are counted: the real way may be longer.
_MOST_ATTEMPTS = 1000
_MOST_SECONDS = 31_622_400


def longest_way(graph: Mapping[str, Any]) -> float:
    """Seconds of the longest way on which no state is entered twice, with all attempts and the pauses between.

    Of a loop that reads a list of waits entry by entry, the way has all of them.
    """
    states: Mapping[str, Any] = graph.get("States", {})
    after: dict[str, float] = {}
    on_the_way: set[str] = set()
    todo = [str(graph.get("StartAt"))]
    while todo:
        name = todo[-1]
        following = next_states(states.get(name, {}))
        if name not in on_the_way and name not in after and name in states:
            on_the_way.add(name)
            todo += [each for each in sorted(following) if each not in after and each not in on_the_way]
            continue
        todo.pop()
        if name in on_the_way:
            on_the_way.discard(name)
            later = max((after.get(each, 0.0) for each in following), default=0.0)
            after[name] = later + longest_step(states[name], is_repeated=_is_repeated(name, states))
    return after.get(str(graph.get("StartAt")), 0.0)


def _is_repeated(name: str, states: Mapping[str, Any]) -> bool:
    """Whether a Wait is in a loop, so that it may read all entries of its list."""
    if states[name].get("Type") != "Wait":
        return False
    edges = {key: next_states(each) for key, each in states.items()}
    return any(name == each or name in reachable(edges, each) for each in edges[name])


def _waited(seconds: Any, is_repeated: bool) -> float:
    """The seconds of a Wait: a number, or all numbers of the list that its loop reads entry by entry."""
    found = expression_in(seconds)
    if found is None:
        return _number(seconds)
    lists = [[_number(each) for each in read.entries] for read in found.indexed]
    return sum(map(sum if is_repeated else min, filter(None, lists)))


def longest_step(state: Mapping[str, Any], *, is_repeated: bool = False) -> float:
    """Seconds of one state: its wait, or all attempts of it with the pauses between."""
    if state.get("Type") == "Wait":
        return _waited(state.get("Seconds"), is_repeated)
    inner = max((longest_way(each) for _, each in inner_graphs(dict(state), "")), default=0.0)
    once = max(inner, _number(state.get("TimeoutSeconds")))
    return max((_repeated(entry, once) for entry in state.get("Retry", [])), default=once)


def _repeated(entry: Mapping[str, Any], once: float) -> float:
    attempts = min(int(_number(entry.get("MaxAttempts", 3))), _MOST_ATTEMPTS)
    delay, rate = _number(entry.get("IntervalSeconds", 1)), _number(entry.get("BackoffRate", 2.0))
    longest = _number(entry.get("MaxDelaySeconds")) or float("inf")
    pauses = 0.0
    for _ in range(attempts):
        pauses += min(delay, longest)
        delay = min(delay * rate, longest, float(_MOST_SECONDS))
    return (attempts + 1) * once + pauses


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
