"""Choose the call that fails by a seed and by the call itself, never by time or thread."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that a stand-in got.

    `operation` is "POST" or "GET" for the gateway, the DynamoDB operation for the table; `key` is the idempotency key
    or the transaction id; `attempt` counts from 1 the calls with the same operation and key; `body` is the JSON sent.
    """

    operation: str
    key: str
    attempt: int
    body: Mapping[str, Any] = field(hash=False, default_factory=dict)


def no_faults(_: Call) -> None:
    """The plan that lets every call pass."""


def seeded(
    seed: int, choices: Mapping[str, Sequence[F]], *, rate: float, last_attempt: int = 3
) -> Callable[[Call], F | None]:
    """A plan that strikes `rate` (0 to 1) of the calls with one of `choices[operation]`.

    The same seed, operation, key and attempt always get the same fault. Attempts after `last_attempt` pass, so that a
    retried payment ends.
    """

    def plan(call: Call) -> F | None:
        faults = choices.get(call.operation, ())
        if not faults or call.attempt > last_attempt:
            return None
        digest = hashlib.sha256(f"{seed}:{call.operation}:{call.key}:{call.attempt}".encode()).digest()
        number = int.from_bytes(digest[:6], "big") / 2**48  # from 0 up to, but without, 1
        return faults[int(number / rate * len(faults))] if number < rate else None

    return plan


class Attempts:
    """Counts the calls of each operation and key; safe to share between threads."""

    def __init__(self) -> None:
        """Start with no call counted."""
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def next(self, operation: str, key: str) -> int:
        """The number of this call, from 1."""
        with self._lock:
            self._counts[operation, key] += 1
            return self._counts[operation, key]
