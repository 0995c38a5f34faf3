"""Breadth-first search over every world of a scope: equal worlds are merged, the shortest way to a fault is kept."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from interleavings.promises import broken
from interleavings.world import START, Attempt, Run, Scope, State, World, iso

Promise = Callable[[State], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a schedule: seconds since its start, who, and what."""

    at: int
    who: str
    what: str


@dataclass(slots=True)
class Found:
    """What a search came to: `complete` when every world was seen; the shortest schedule to each fault."""

    scope: Scope
    states: int = 0
    edges: int = 0
    depth: int = 0
    seconds: float = 0.0
    complete: bool = False
    walks: int = 0
    faults: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        said = f"{self.walks} walks by chance" if self.walks else "complete" if self.complete else "cut"
        wrong = "; ".join(self.faults) or "no promise broken"
        seen = f"{self.states} states, {self.edges} edges, depth {self.depth}, {said}, {self.seconds:.0f} s"
        return f"{self.scope.name}: {seen}: {wrong}"


def search(scope: Scope, *, most: int = 50_000_000, stop_at_fault: bool = True, seconds: float = 1e9) -> Found:
    """Look at every world of the scope, nearest first, until a promise is broken."""
    world, found, began = World(scope), Found(scope), time.monotonic()
    first = world.first()
    seen: dict[Any, tuple[Any, str, str, int] | None] = {key(first): None}
    queue = deque([(first, key(first), 0)])
    while queue:
        state, here, found.depth = queue.popleft()
        for event in world.events(state):
            found.edges += 1
            there = key(event.state)
            if there in seen:
                continue
            seen[there] = (here, event.who, event.what, event.state.now)
            for fault in broken(event.state, world.amounts):
                found.faults.setdefault(fault, _schedule(seen, there))
            queue.append((event.state, there, found.depth + 1))
        if (found.faults and stop_at_fault) or len(seen) >= most or time.monotonic() - began > seconds:
            break
    found.states, found.seconds = len(seen), time.monotonic() - began
    found.complete = not queue
    return found


def wander(scope: Scope, *, seed: int, walks: int, seconds: float) -> Found:
    """Walk through the scope by chance, from its beginning to an end each time; the same seed takes the same ways."""
    world, found, began, chance = World(scope), Found(scope), time.monotonic(), random.Random(seed)
    seen: set[Any] = set()
    while found.walks < walks and time.monotonic() - began < seconds and not found.faults:
        state, steps = world.first(), list[Step]()
        while events := list(world.events(state)):
            event = chance.choice(events)
            state = event.state
            steps.append(Step(state.now - START, event.who, event.what))
            seen.add(hash(key(state)))
            for fault in broken(state, world.amounts):
                found.faults.setdefault(fault, tuple(steps))
        found.walks, found.edges = found.walks + 1, found.edges + len(steps)
        found.depth = max(found.depth, len(steps))
    found.states, found.seconds = len(seen), time.monotonic() - began
    return found


def _schedule(seen: dict[Any, tuple[Any, str, str, int] | None], there: Any) -> tuple[Step, ...]:
    steps: list[Step] = []
    while (before := seen[there]) is not None:
        there, who, what, now = before
        steps.append(Step(now - START, who, what))
    return tuple(reversed(steps))


# A time matters only beside others: what is this long over is over for good.
_LONG = 1_000


def key(state: State) -> Any:
    """Return what makes two worlds equal: all that decides about what may still happen, with times beside now."""
    now = state.now
    return (
        _item_key(state.item, now, tuple(run.started for run in state.runs)),
        tuple((c.gateway, c.key, c.said, _age(c.landed, now), _age(c.sent, now), c.run) for c in state.book),
        tuple((f.kind, f.to, _text_key(f.text, f.sent), f.until - now, f.run) for f in state.flying),
        tuple(_run_key(run, now) for run in state.runs),
        tuple(_attempt_key(attempt, now) for attempt in state.attempts),
        state.faults,
        state.notices,
        state.denied,
        state.recorded,
        state.muffled,
        min(state.counted, 1),
        state.operated,
    )


def _age(then: int, now: int) -> int:
    return min(now - then, _LONG)


def _run_key(run: Run, now: int) -> Any:
    return (run.kind, run.node.key, max(run.due - now, 0), run.stopped)


def _attempt_key(attempt: Attempt, now: int) -> Any:
    call = attempt.call
    answers = tuple((got.kind, _answer_key(got.text, got.now), got.now - now) for got in attempt.answers)
    return (call.attempt, call.offset, call.started - now, answers, attempt.slow, attempt.ghost)


@lru_cache(None)
def _answer_key(text: str, now: int) -> Any:
    return _item_key(text, now, ()) if text.startswith("{") else text


@lru_cache(None)
def _text_key(text: str, sent: int) -> str:
    """Return a request's text without its absolute times."""
    return text.replace(iso(sent)[:19], "SENT")


# Times that are told and decide nothing.
_TOLD = ("created_at", "failed_at", "updated_at", "claimed_at", "completed_at", "open_since", "history", "told_by")
_MILLISECONDS = ("sent_from", "sent_until", "lease_until", "notice_until")


@lru_cache(None)
def _item_key(item: str, now: int, started: tuple[int, ...]) -> Any:
    """Return an item with its times beside now, and a failure record's beside the executions' starts."""
    found: dict[str, Any] = json.loads(item)
    parts: list[Any] = []
    for name, value in sorted(found.items()):
        if name in _TOLD:
            continue
        ((_, content),) = value.items()
        if name in _MILLISECONDS:
            content = max(int(content) // 1000 - now, -_LONG)
        elif name == "closed_until":
            left = int(datetime.fromisoformat(content).timestamp()) - now
            content = (max(left, -1), tuple(iso(each) <= content for each in started))
        elif name in ("acknowledged_at", "told_at", "result"):
            content = True
        parts.append((name, content))
    return tuple(parts)
