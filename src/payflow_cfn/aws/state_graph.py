"""The graph of a state machine's states: what may follow a state, and what is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def parts_of(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The state, each of its Catch and each of its Choices: what may assign variables and lead on."""
    return [state, *state.get("Catch", ()), *state.get("Choices", ())]


def next_states(state: Mapping[str, Any]) -> set[str]:
    """The states that may follow, also after a failure."""
    found = {state.get("Default"), *(each.get("Next") for each in parts_of(state))}
    return {each for each in found if isinstance(each, str)}


def reachable(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """What the edges lead to from `start`, directly or not; `start` itself only by a circle."""
    seen: set[str] = set()
    todo = list(edges.get(start, ()))
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo.extend(edges.get(each, ()))
    return seen
