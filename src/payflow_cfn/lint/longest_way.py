"""How long the longest way through a state machine lasts, as far as its definition says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.lint.machine import inner_graphs, next_states

# A loop is gone through once, and this many repetitions of a step are counted: the real way may be longer.
_MOST_ATTEMPTS = 1000


def longest_way(graph: Mapping[str, Any]) -> float:
    """Seconds of the longest way on which no state is entered twice, with all attempts and the pauses between."""
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
            after[name] = _longest(states[name]) + max((after.get(each, 0.0) for each in following), default=0.0)
    return after.get(str(graph.get("StartAt")), 0.0)


def _longest(state: Mapping[str, Any]) -> float:
    if state.get("Type") == "Wait":
        return _number(state.get("Seconds"))
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


_MOST_SECONDS = 31_622_400


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
